import type {
  Field,
  Interval,
  Match,
  NameField,
  Operation,
  Rule,
  Ruleset,
  Statement,
  TableFamily,
  TableRef,
} from '../../src/ruleset/index.js';

/** The field's value is in the intervals. */
export const is = (field: Field, ...values: Interval[]): Match => ({ kind: 'values', field, negated: false, values });
export const isNot = (field: Field, ...values: Interval[]): Match => ({ kind: 'values', field, negated: true, values });

export const inSet = (field: Field, set: string, negated = false): Match => ({ kind: 'set', field, negated, set });

export const names = (field: NameField, ...list: string[]): Match => ({
  kind: 'names',
  field,
  negated: false,
  names: list,
});
export const notNames = (field: NameField, ...list: string[]): Match => ({
  kind: 'names',
  field,
  negated: true,
  names: list,
});

export const anyFlag = (field: 'ct state' | 'tcp flags', mask: number): Match => ({
  kind: 'flags',
  field,
  test: 'any',
  mask,
});
export const exactFlags = (field: 'ct state' | 'tcp flags', mask: number, value: number, negated = false): Match => ({
  kind: 'flags',
  field,
  test: 'exactly',
  mask,
  value,
  negated,
});

export const drop: Statement = { kind: 'verdict', verdict: { kind: 'drop' } };
export const accept: Statement = { kind: 'verdict', verdict: { kind: 'accept' } };
export const counter: Statement = { kind: 'counter' };
export const jump = (chain: string): Statement => ({ kind: 'verdict', verdict: { kind: 'jump', chain } });

/** A rule without origin that drops what it matches, or does what the statements say. */
export const rule = (matches: readonly Match[], statements: readonly Statement[] = [drop]): Rule => ({
  matches,
  statements,
  origin: null,
});

export const ours = (family: TableFamily): TableRef => ({ family, name: 'ringwall' });

/** IPv4 addresses as numbers. */
export const ip = (address: string): bigint =>
  address.split('.').reduce((value, part) => (value << 8n) | BigInt(part), 0n);

/** The operations that create everything of a ruleset, in the order the kernel wants. */
export function createAll(ruleset: Ruleset): Operation[] {
  return ruleset.tables.flatMap(({ family, name, chains, sets, maps, dynamicSets = [], helpers = [] }): Operation[] => {
    const table = { family, name };
    return [
      { kind: 'add table', table },
      ...chains.map((chain): Operation => ({ kind: 'add chain', table, chain })),
      ...sets.flatMap((set): Operation[] => [
        { kind: 'add set', table, set },
        ...(set.elements.length > 0 ? [{ kind: 'add elements', table, set, elements: set.elements } as const] : []),
      ]),
      ...helpers.map((helper): Operation => ({ kind: 'add helper', table, helper })),
      ...dynamicSets.map((set): Operation => ({ kind: 'add dynamic set', table, set })),
      ...maps.map((map): Operation => ({ kind: 'add map', table, map })),
      ...chains.flatMap((chain) =>
        chain.rules.map(
          (added): Operation => ({ kind: 'add rule', table, chain: chain.name, rule: added, position: { at: 'end' } }),
        ),
      ),
      ...maps.flatMap((map): Operation[] =>
        map.elements.length > 0 ? [{ kind: 'add map elements', table, map: map.name, elements: map.elements }] : [],
      ),
    ];
  });
}
