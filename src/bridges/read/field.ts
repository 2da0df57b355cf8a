import type { Value } from './option-value.js';
import type { Options } from './options.js';

/** Reads one option of an interface into a field of its values; null where the interface does not have it. */
export interface Field<T> {
  (options: Options): T | null;
  /** The spellings of the option. */
  readonly keys: readonly string[];
}

/** An option of these spellings as a field, such as `{ stp: true }`. */
export function field<V, T>(
  read: (text: string) => Value<V>,
  as: (value: V) => T,
  ...keys: readonly [string, ...string[]]
): Field<T> {
  const readField = (options: Options): T | null => {
    const value = options.read(read, ...keys);
    return value === null ? null : as(value);
  };
  return Object.assign(readField, { keys });
}

export const keysOf = (fields: readonly Field<unknown>[]): string[] => fields.flatMap(({ keys }) => keys);

/** All fields an interface has. */
export function readFields<T extends object>(options: Options, fields: readonly Field<Partial<T>>[]): Partial<T> {
  let all: Partial<T> = {};
  for (const read of fields) all = { ...all, ...read(options) };
  return all;
}
