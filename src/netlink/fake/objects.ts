import type {
  BaseHook,
  CtHelper,
  DynamicSet,
  Interval,
  MapKey,
  NamedSet,
  Rule,
  Statement,
  TableRef,
  Verdict,
  VerdictMap,
} from '../../ruleset/index.js';
import { referencesOf } from '../../ruleset/index.js';

export interface FakeRule {
  readonly handle: bigint;
  readonly rule: Rule;
  readonly counter: { readonly packets: bigint; readonly bytes: bigint };
}

export interface FakeChain {
  readonly name: string;
  readonly base?: BaseHook;
  readonly rules: FakeRule[];
}

export interface FakeTable {
  readonly ref: TableRef;
  readonly chains: Map<string, FakeChain>;
  readonly sets: Map<string, NamedSet>;
  readonly maps: Map<string, VerdictMap>;
  readonly dynamicSets: Map<string, DynamicSet>;
  readonly helpers: Map<string, CtHelper>;
}

/** One kernel's errno for one operation; caught by the transaction it belongs to. */
export class Refusal extends Error {}

export const verdictOf = (statement: Statement): Verdict | null =>
  statement.kind === 'verdict' ? statement.verdict : null;

export function existing<T>(values: ReadonlyMap<string, T>, name: string): T {
  const value = values.get(name);
  if (value === undefined) throw new Refusal('ENOENT');
  return value;
}

export function addChain(table: FakeTable, name: string, base: BaseHook | undefined): void {
  const present = table.chains.get(name);
  if (present === undefined) {
    table.chains.set(name, base === undefined ? { name, rules: [] } : { name, base, rules: [] });
    return;
  }
  if (base === undefined) return;
  // A chain cannot be hooked, moved to another hook or given another priority once it exists.
  if (present.base?.hook !== base.hook || present.base.priority !== base.priority) throw new Refusal('EOPNOTSUPP');
  table.chains.set(name, { ...present, base });
}

export function deleteChain(table: FakeTable, name: string): void {
  existing(table.chains, name);
  const jumps = (verdict: Verdict | null): boolean =>
    (verdict?.kind === 'jump' || verdict?.kind === 'goto') && verdict.chain === name;
  const inRules = [...table.chains.values()].some(
    (chain) => chain.name !== name && chain.rules.some(({ rule }) => rule.statements.some((s) => jumps(verdictOf(s)))),
  );
  const inMaps = [...table.maps.values()].some((map) => map.elements.some(({ verdict }) => jumps(verdict)));
  if (inRules || inMaps) throw new Refusal('EBUSY');
  table.chains.delete(name);
}

/** Sets of all kinds and maps share their names. */
const takenIn = (name: string, ...others: readonly ReadonlyMap<string, unknown>[]): void => {
  if (others.some((other) => other.has(name))) throw new Refusal('EEXIST');
};

export function addSet(table: FakeTable, set: NamedSet): void {
  takenIn(set.name, table.maps, table.dynamicSets);
  const present = table.sets.get(set.name);
  if (present === undefined) table.sets.set(set.name, { ...set, elements: [] });
  else if (present.type !== set.type) throw new Refusal('EEXIST');
}

export function addMap(table: FakeTable, { name, type }: VerdictMap): void {
  takenIn(name, table.sets, table.dynamicSets);
  const present = table.maps.get(name);
  if (present === undefined) table.maps.set(name, { name, type, elements: [] });
  else if (present.type !== type) throw new Refusal('EEXIST');
}

export function addDynamicSet(table: FakeTable, set: DynamicSet): void {
  takenIn(set.name, table.sets, table.maps);
  const present = table.dynamicSets.get(set.name);
  if (present === undefined) table.dynamicSets.set(set.name, set);
  else if (present.type !== set.type) throw new Refusal('EEXIST');
}

export function deleteNamed(table: FakeTable, name: string): void {
  const holder = [table.sets, table.maps, table.dynamicSets].find((values) => values.has(name));
  if (holder === undefined) throw new Refusal('ENOENT');
  const used = [...table.chains.values()].some(({ rules }) =>
    rules.some(({ rule }) => referencesOf(rule).sets.includes(name)),
  );
  if (used) throw new Refusal('EBUSY');
  holder.delete(name);
}

/** A helper that is there already stays what it is, and nothing is said. */
export function addHelper(table: FakeTable, helper: CtHelper): void {
  if (!table.helpers.has(helper.name)) table.helpers.set(helper.name, helper);
}

export function deleteHelper(table: FakeTable, name: string): void {
  existing(table.helpers, name);
  const used = [...table.chains.values()].some(({ rules }) =>
    rules.some(({ rule }) => referencesOf(rule).helpers.includes(name)),
  );
  if (used) throw new Refusal('EBUSY');
  table.helpers.delete(name);
}

const overlap = (a: Interval, b: Interval): boolean => a[0] <= b[1] && b[0] <= a[1];

const same = (a: Interval, b: Interval): boolean => a[0] === b[0] && a[1] === b[1];

export function addElements(table: FakeTable, name: string, added: readonly Interval[]): void {
  const set = existing(table.sets, name);
  const elements = [...set.elements];
  for (const interval of added) {
    if (elements.some((present) => same(present, interval))) continue;
    if (elements.some((present) => overlap(present, interval))) throw new Refusal('EEXIST');
    elements.push(interval);
  }
  elements.sort((a, b) => (a[0] < b[0] ? -1 : 1));
  table.sets.set(name, { ...set, elements });
}

export function deleteElements(table: FakeTable, name: string, deleted: readonly Interval[]): void {
  const set = existing(table.sets, name);
  let elements = [...set.elements];
  for (const interval of deleted) {
    if (!elements.some((present) => same(present, interval))) throw new Refusal('ENOENT');
    elements = elements.filter((present) => !same(present, interval));
  }
  table.sets.set(name, { ...set, elements });
}

const sameVerdict = (a: Verdict, b: Verdict): boolean =>
  a.kind === b.kind && ('chain' in a ? a.chain : null) === ('chain' in b ? b.chain : null);

export function addMapElements(table: FakeTable, name: string, added: VerdictMap['elements']): void {
  const map = existing(table.maps, name);
  const elements = [...map.elements];
  for (const element of added) {
    checkKey(map, element.key);
    checkTarget(table, element.verdict);
    const present = elements.find(({ key }) => key === element.key);
    if (present === undefined) elements.push(element);
    else if (!sameVerdict(present.verdict, element.verdict)) throw new Refusal('EEXIST');
  }
  table.maps.set(name, { ...map, elements });
}

/** The kernel knows a key by its length alone. */
function checkKey({ type }: VerdictMap, key: MapKey): void {
  if ((typeof key === 'string') !== (type === 'ifname')) throw new Refusal('EINVAL');
}

export function deleteMapElements(table: FakeTable, name: string, keys: readonly MapKey[]): void {
  const map = existing(table.maps, name);
  let elements = [...map.elements];
  for (const key of keys) {
    checkKey(map, key);
    if (!elements.some((present) => present.key === key)) throw new Refusal('ENOENT');
    elements = elements.filter((present) => present.key !== key);
  }
  table.maps.set(name, { ...map, elements });
}

export function deleteRule(table: FakeTable, chain: string, handle: bigint): void {
  const { rules } = existing(table.chains, chain);
  rules.splice(indexOfRule(rules, handle), 1);
}

export function indexOfRule(rules: readonly FakeRule[], handle: bigint): number {
  const index = rules.findIndex((rule) => rule.handle === handle);
  if (index === -1) throw new Refusal('ENOENT');
  return index;
}

export function checkTarget(table: FakeTable, verdict: Verdict): void {
  if (verdict.kind !== 'jump' && verdict.kind !== 'goto') return;
  if (existing(table.chains, verdict.chain).base !== undefined) throw new Refusal('EOPNOTSUPP');
}
