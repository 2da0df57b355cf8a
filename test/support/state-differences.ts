/** Where ringwall leaves a link otherwise than ifupdown2, on purpose. */
export interface StateDifference {
  readonly case: string;
  /** In `state.json`, such as `links.vmbr0.mtu`. */
  readonly path: string;
  readonly ours: unknown;
  readonly because: string;
}

export const stateDifferences: readonly StateDifference[] = [];

/** The leaves of two values that differ: path, expected, found. */
export function differingLeaves(
  expected: unknown,
  found: unknown,
  path = '',
): { path: string; expected: unknown; found: unknown }[] {
  if (JSON.stringify(expected) === JSON.stringify(found)) return [];
  if (!isRecord(expected) || !isRecord(found)) return [{ path, expected, found }];
  const names = [...new Set([...Object.keys(expected), ...Object.keys(found)])];
  return names.flatMap((name) => differingLeaves(expected[name], found[name], path === '' ? name : `${path}.${name}`));
}

const isRecord = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
