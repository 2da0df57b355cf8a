export type Defined<T> = { readonly [K in keyof T]?: Exclude<T[K], undefined> };

/** The properties that have a value: an absent one is left alone everywhere, an undefined one would be written. */
export const defined = <T extends object>(values: T): Defined<T> =>
  // Only properties without a value are left out.
  pick(values, (_name, value) => value !== undefined) as Defined<T>;

/** The properties whose names and values pass. */
export function pick<T extends object>(values: T, passes: (name: string, value: unknown) => boolean): Partial<T> {
  const picked: Record<string, unknown> = {};
  for (const [name, value] of Object.entries(values)) if (passes(name, value)) picked[name] = value;
  // Each has the name and the value that it has in `values`.
  return picked as Partial<T>;
}
