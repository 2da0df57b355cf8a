import type { Reader } from '../ruleset/index.js';
import type { Attribute, AttributeTable } from './attributes.js';
import { pick } from './defined.js';

/** Are two values of an attribute the same? Lists are, with the same items in the same order. */
const isSame = (one: unknown, other: unknown): boolean =>
  Array.isArray(one) && Array.isArray(other)
    ? one.length === other.length && one.every((item, at) => item === other[at])
    : one === other;

export const hasAny = (options: object): boolean => Object.keys(options).length > 0;

/** The options that are wanted and not what they are now. */
export const changedOptions = <Options extends object>(wanted: Options, now: Options): Partial<Options> =>
  pick(wanted, (name, value) => !isSame(value, Reflect.get(now, name)));

/** The options of `now` under the names that `changed` has. */
export const sameOptionsOf = <Options extends object>(changed: Options, now: Options): Partial<Options> =>
  pick(now, (name) => Object.hasOwn(changed, name));

/** What was asked for before and is not any more, as it is where nobody asks. */
export function forgottenOptions<Options extends object>(
  table: AttributeTable<Options>,
  before: Options,
  now: Options,
): Partial<Options> {
  const forgotten = attributesOf(table).flatMap(([name, { initial }]) =>
    initial === undefined || !Object.hasOwn(before, name) || Object.hasOwn(now, name) ? [] : [[name, initial] as const],
  );
  // Each value comes from the entry of its own name, so it has the type the options have there.
  return Object.fromEntries(forgotten) as Partial<Options>;
}

/** The words of `ip link` for options, in the order of the table. */
export const spellOptions = <Options extends object>(table: AttributeTable<Options>, options: Options): string[] =>
  attributesOf(table).flatMap(([name, { words }]) =>
    Object.hasOwn(options, name) ? words(Reflect.get(options, name)) : [],
  );

/** Options from a record. */
export const readOptions = <Options extends object>(table: AttributeTable<Options>, reader: Reader): Partial<Options> =>
  Object.fromEntries(
    attributesOf(table).flatMap(([name, { read }]) => {
      const value = reader.optional(name, read);
      return value === undefined ? [] : [[name, value] as const];
    }),
  ) as Partial<Options>;

const attributesOf = (table: object): [string, Attribute<unknown>][] => Object.entries(table);

/** The options as they are where nobody ever set one. */
export const initialOptions = <Options extends object>(table: AttributeTable<Options>): Partial<Options> =>
  // Each value comes from the entry of its own name.
  Object.fromEntries(
    attributesOf(table).flatMap(([name, { initial }]) => (initial === undefined ? [] : [[name, initial] as const])),
  ) as Partial<Options>;
