export type Defined<T> = { readonly [K in keyof T]?: Exclude<T[K], undefined> };

/** The properties that have a value: an absent one is left alone everywhere, an undefined one would be written. */
export const defined = <T extends object>(values: T): Defined<T> =>
  // Only properties without a value are left out.
  Object.fromEntries(Object.entries(values).filter(([, value]) => value !== undefined)) as Defined<T>;
