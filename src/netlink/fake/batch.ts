import type { Operation } from '../../ruleset/index.js';

/** What the fake keeps where the kernel is sent messages: the operations themselves. */
export interface FakeBatch {
  readonly operations: readonly Operation[];
  readonly generation: number | null;
}

/** As JSON, where a bigint is an object of one field. */
export const encodeBatch = (batch: FakeBatch): Uint8Array =>
  Buffer.from(
    JSON.stringify(batch, (_key, value: unknown) => (typeof value === 'bigint' ? { bigint: `${value}` } : value)),
  );

/** Null for bytes that are nothing `encodeBatch` gave. */
export function decodeBatch(bytes: Uint8Array): FakeBatch | null {
  try {
    const value: unknown = JSON.parse(Buffer.from(bytes).toString(), (_key, item: unknown) =>
      isBigint(item) ? BigInt(item.bigint) : item,
    );
    return isBatch(value) ? value : null;
  } catch (error) {
    if (error instanceof SyntaxError) return null;
    throw error;
  }
}

const isBigint = (value: unknown): value is { readonly bigint: string } =>
  typeof value === 'object' && value !== null && 'bigint' in value && typeof value.bigint === 'string';

function isBatch(value: unknown): value is FakeBatch {
  if (typeof value !== 'object' || value === null || !('operations' in value) || !('generation' in value)) return false;
  const { operations, generation } = value;
  return Array.isArray(operations) && (generation === null || typeof generation === 'number');
}
