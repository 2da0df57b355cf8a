// Numbers in the bytes of a message, in host order unless they say otherwise. Node's own readers (`readUInt32LE`) check
// their arguments through a function that collects and spreads them, which costs a cold process several times what the
// reading does, and a dump has tens of thousands. Who calls knows the length: a byte beyond the end counts as zero.

export const u8At = (bytes: Uint8Array, at: number): number => bytes[at] ?? 0;

export const u16At = (bytes: Uint8Array, at: number): number => (bytes[at] ?? 0) | ((bytes[at + 1] ?? 0) << 8);

export const s32At = (bytes: Uint8Array, at: number): number =>
  (bytes[at] ?? 0) | ((bytes[at + 1] ?? 0) << 8) | ((bytes[at + 2] ?? 0) << 16) | ((bytes[at + 3] ?? 0) << 24);

export const u32At = (bytes: Uint8Array, at: number): number => s32At(bytes, at) >>> 0;

export const u16beAt = (bytes: Uint8Array, at: number): number => ((bytes[at] ?? 0) << 8) | (bytes[at + 1] ?? 0);

export const s32beAt = (bytes: Uint8Array, at: number): number =>
  ((bytes[at] ?? 0) << 24) | ((bytes[at + 1] ?? 0) << 16) | ((bytes[at + 2] ?? 0) << 8) | (bytes[at + 3] ?? 0);

export const u32beAt = (bytes: Uint8Array, at: number): number => s32beAt(bytes, at) >>> 0;
