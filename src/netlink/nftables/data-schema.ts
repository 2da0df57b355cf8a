import { bytes, type ObjectOf, object, s32be, string, u32be } from '../tlv.js';

/** A value in a register or set: raw bytes of at most 64, or a verdict. */
export const data = object({
  value: [1, bytes],
  verdict: [2, object({ code: [1, s32be], chain: [2, string], chainId: [3, u32be] })],
});

export type Data = ObjectOf<typeof data.attributes>;

/** Verdict codes (uapi netfilter.h, nf_tables.h). */
export const verdictCode = { drop: 0, accept: 1, jump: -3, goto: -4, return: -5 } as const;
