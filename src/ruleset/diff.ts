import { type Change, describeRule } from './change.js';
import type {
  CurrentChain,
  CurrentDynamicSet,
  CurrentHelper,
  CurrentRuleset,
  CurrentTable,
  ForeignObject,
} from './current.js';
import { diffMapElements, diffSetElements } from './diff-elements.js';
import { diffRules } from './diff-rules.js';
import { ruleDigest } from './digest.js';
import type { Operation, TableRef } from './operation.js';
import { referencesOf } from './references.js';
import type { Chain, NamedSet, Rule, Ruleset, Table, VerdictMap } from './ruleset.js';

/** What has to be sent, in order, and the same as people see it. Both are empty when nothing differs. */
export interface RulesetDiff {
  readonly operations: readonly Operation[];
  readonly changes: readonly Change[];
}

/**
 * The steps from the current ruleset to the desired one. In each table everything that goes is taken out first, those
 * who refer before what they refer to; then everything new goes in the other way round, verdict map elements last. So
 * every step finds what it refers to, a name can be used again, and a changed interval never overlaps its old self.
 * What we did not write but is in our tables goes too.
 */
export function diffRuleset(desired: Ruleset, current: CurrentRuleset): RulesetDiff {
  const operations: Operation[] = [];
  const changes: Change[] = [];
  for (const table of current.tables) {
    if (desired.tables.some((other) => sameTable(other, table))) continue;
    const ref: TableRef = { family: table.family, name: table.name };
    operations.push({ kind: 'delete table', table: ref });
    changes.push({ action: 'delete', kind: 'table', table: ref, name: table.name, text: '', origin: null });
  }
  for (const table of desired.tables) {
    const found = current.tables.find((other) => sameTable(other, table));
    const ref: TableRef = { family: table.family, name: table.name };
    const nothing: CurrentTable = { ...ref, chains: [], sets: [], maps: [], foreignSets: [] };
    const report = (action: 'create' | 'update', text: string) =>
      changes.push({ action, kind: 'table', table: ref, name: table.name, text, origin: null });
    if (found === undefined) {
      operations.push({ kind: 'add table', table: ref });
      report('create', '');
    } else if (found.dormant) {
      // Waking it up in place: nf_tables_addchain takes no new base chain in that transaction since Linux 6.9.
      operations.push({ kind: 'delete table', table: ref }, { kind: 'add table', table: ref });
      report('update', 'switched off (flags dormant)');
    }
    const steps = diffTable(ref, table, found ?? nothing);
    operations.push(...(found?.dormant ? diffTable(ref, table, nothing) : steps).operations);
    changes.push(...steps.changes);
  }
  return { operations, changes };
}

const sameTable = (a: TableRef, b: TableRef): boolean => a.family === b.family && a.name === b.name;

/** The operations of one table by what has to happen first; `inOrder` is the only order they are used in. */
interface Phases {
  readonly unpublish: Operation[];
  readonly deleteRules: Operation[];
  readonly deleteObjects: Operation[];
  readonly deleteElements: Operation[];
  readonly addObjects: Operation[];
  readonly addElements: Operation[];
  readonly addRules: Operation[];
  readonly publish: Operation[];
}

const inOrder = (phases: Phases): Operation[] => [
  ...phases.unpublish,
  ...phases.deleteRules,
  ...phases.deleteObjects,
  ...phases.deleteElements,
  ...phases.addObjects,
  ...phases.addElements,
  ...phases.addRules,
  ...phases.publish,
];

function diffTable(table: TableRef, desired: Table, current: CurrentTable): RulesetDiff {
  const phases: Phases = {
    unpublish: [],
    deleteRules: [],
    deleteObjects: [],
    deleteElements: [],
    addObjects: [],
    addElements: [],
    addRules: [],
    publish: [],
  };
  const changes: Change[] = [];
  const newSets = namesMadeAnew(desired, current);
  const newChains = chainsMadeAnew(desired, current);
  const newHelpers = helpersMadeAnew(desired, current);

  // Sets before chains: a foreign verdict map may hold the last reference to a chain that goes.
  diffSets(table, desired, current, { newSets, newChains }, phases, changes);
  diffHelpers(table, desired, current, newHelpers, phases, changes);
  diffChains(table, desired, current, { newSets, newChains, newHelpers }, phases, changes);
  // Last of what goes: a rule or a map may refer to them, they to nothing.
  for (const object of current.foreignObjects ?? []) {
    phases.deleteObjects.push({ kind: 'delete foreign object', table, object });
    const text = `foreign ${describeObject(object)}`;
    changes.push({ action: 'delete', kind: 'object', table, name: object.name, text, origin: null });
  }
  return { operations: inOrder(phases), changes };
}

/** Names of sets and maps, of chains, and of helpers, that are not there yet or have to be deleted and created again. */
interface MadeAnew {
  readonly newSets: ReadonlySet<string>;
  readonly newChains: ReadonlySet<string>;
  readonly newHelpers: ReadonlySet<string>;
}

function diffSets(
  table: TableRef,
  desired: Table,
  current: CurrentTable,
  { newSets, newChains }: Omit<MadeAnew, 'newHelpers'>,
  phases: Phases,
  changes: Change[],
): void {
  const currentSets = new Map(current.sets.map((set) => [set.name, set]));
  const currentMaps = new Map(current.maps.map((map) => [map.name, map]));
  const desiredNames = new Set(
    [...desired.sets, ...(desired.dynamicSets ?? []), ...desired.maps].map(({ name }) => name),
  );
  const currentDynamicSets = (current.dynamicSets ?? []).map(({ name }) => name);
  const names = new Set([...currentSets.keys(), ...currentDynamicSets, ...currentMaps.keys(), ...current.foreignSets]);
  const stays = (name: string): boolean => desiredNames.has(name) && !newSets.has(name);
  const report = (
    action: Change['action'],
    kind: 'set' | 'map',
    name: string,
    text: string,
    origin: Change['origin'],
  ) => changes.push({ action, kind, table, name, text, origin });

  for (const map of current.maps) {
    if (stays(map.name)) continue;
    const keys = map.elements.map(({ key }) => key);
    if (keys.length > 0) phases.unpublish.push({ kind: 'delete map elements', table, map: map.name, keys });
    phases.deleteObjects.push({ kind: 'delete map', table, map: map.name });
    if (!desiredNames.has(map.name)) report('delete', 'map', map.name, '', null);
  }
  const foreign = new Set(current.foreignSets);
  for (const name of [...currentSets.keys(), ...currentDynamicSets, ...foreign]) {
    if (stays(name)) continue;
    phases.deleteObjects.push({ kind: 'delete set', table, set: name });
    if (!desiredNames.has(name)) report('delete', 'set', name, foreign.has(name) ? 'foreign' : '', null);
  }

  for (const set of desired.sets) {
    const found = currentSets.get(set.name);
    if (newSets.has(set.name) || found === undefined) {
      phases.addObjects.push({ kind: 'add set', table, set: { ...set, elements: [] } });
      if (set.elements.length > 0)
        phases.addElements.push({ kind: 'add elements', table, set, elements: set.elements });
      report(names.has(set.name) ? 'update' : 'create', 'set', set.name, describeSet(set), set.origin);
      continue;
    }
    const steps = diffSetElements(table, set, found);
    phases.deleteElements.push(...steps.removals);
    phases.addElements.push(...steps.additions);
    changes.push(...steps.changes);
  }
  for (const set of desired.dynamicSets ?? []) {
    if (!newSets.has(set.name)) continue;
    phases.addObjects.push({ kind: 'add dynamic set', table, set });
    report(names.has(set.name) ? 'update' : 'create', 'set', set.name, describeDynamicSet(set), set.origin);
  }
  for (const map of desired.maps) {
    const found = currentMaps.get(map.name);
    if (newSets.has(map.name) || found === undefined) {
      phases.addObjects.push({ kind: 'add map', table, map: { ...map, elements: [] } });
      if (map.elements.length > 0) {
        phases.publish.push({ kind: 'add map elements', table, map: map.name, elements: map.elements });
      }
      report(names.has(map.name) ? 'update' : 'create', 'map', map.name, describeMap(map), null);
      continue;
    }
    const steps = diffMapElements(table, map, found, (chain) => newChains.has(chain));
    phases.unpublish.push(...steps.removals);
    phases.publish.push(...steps.additions);
    changes.push(...steps.changes);
  }
}

function diffHelpers(
  table: TableRef,
  desired: Table,
  current: CurrentTable,
  newHelpers: ReadonlySet<string>,
  phases: Phases,
  changes: Change[],
): void {
  const held = new Set((current.helpers ?? []).map(({ name }) => name));
  const wanted = new Set((desired.helpers ?? []).map(({ name }) => name));
  for (const name of held) {
    if (wanted.has(name) && !newHelpers.has(name)) continue;
    phases.deleteObjects.push({ kind: 'delete helper', table, helper: name });
    if (!wanted.has(name)) changes.push({ action: 'delete', kind: 'helper', table, name, text: '', origin: null });
  }
  for (const helper of desired.helpers ?? []) {
    const { name, origin } = helper;
    if (!newHelpers.has(name)) continue;
    phases.addObjects.push({ kind: 'add helper', table, helper });
    const action = held.has(name) ? 'update' : 'create';
    changes.push({ action, kind: 'helper', table, name, text: describeHelper(helper), origin });
  }
}

/** A helper that exists keeps its type, whatever is sent. */
function helpersMadeAnew(desired: Table, current: CurrentTable): Set<string> {
  const shapes = new Map((current.helpers ?? []).map((helper) => [helper.name, describeHelper(helper)]));
  const wanted = desired.helpers ?? [];
  return new Set(wanted.flatMap((helper) => (shapes.get(helper.name) === describeHelper(helper) ? [] : [helper.name])));
}

function diffChains(
  table: TableRef,
  desired: Table,
  current: CurrentTable,
  { newSets, newChains, newHelpers }: MadeAnew,
  phases: Phases,
  changes: Change[],
): void {
  const currentChains = new Map(current.chains.map((chain) => [chain.name, chain]));
  const desiredNames = new Set(desired.chains.map(({ name }) => name));
  const report = (action: Change['action'], name: string, text: string) =>
    changes.push({ action, kind: 'chain', table, name, text, origin: null });
  const keepable = (rule: Rule): boolean => {
    const { chains, sets, helpers } = referencesOf(rule);
    return !(
      chains.some((name) => newChains.has(name)) ||
      sets.some((name) => newSets.has(name)) ||
      helpers.some((name) => newHelpers.has(name))
    );
  };

  for (const chain of current.chains) {
    if (desiredNames.has(chain.name) && !newChains.has(chain.name)) continue;
    if (chain.rules.length > 0) phases.deleteRules.push({ kind: 'flush chain', table, chain: chain.name });
    phases.deleteObjects.push({ kind: 'delete chain', table, chain: chain.name });
    if (!desiredNames.has(chain.name)) report('delete', chain.name, describeRules(chain.rules.length));
  }
  for (const chain of desired.chains) {
    const found = currentChains.get(chain.name);
    if (found === undefined || newChains.has(chain.name)) {
      phases.addObjects.push({ kind: 'add chain', table, chain: { ...chain, rules: [] } });
      for (const rule of chain.rules) {
        phases.addRules.push({ kind: 'add rule', table, chain: chain.name, rule, position: { at: 'end' } });
      }
      if (found === undefined) {
        report('create', chain.name, describeChain(chain));
        for (const rule of chain.rules) {
          const text = describeRule(rule);
          changes.push({ action: 'create', kind: 'rule', table, name: chain.name, text, origin: rule.origin });
        }
      } else {
        report('update', chain.name, `${describeChain(chain)}, ${describeRules(chain.rules.length)}`);
      }
      continue;
    }
    if (policyOf(found.base) !== policyOf(chain.base)) {
      phases.addObjects.push({ kind: 'add chain', table, chain: { ...chain, rules: [] } });
      report('update', chain.name, describeChain(chain));
    }
    const steps = diffRules(table, chain.name, chain.rules, found.rules, keepable);
    phases.deleteRules.push(...steps.removals);
    phases.addRules.push(...steps.additions);
    changes.push(...steps.changes);
  }
}

/** Sets and maps share one name space in the kernel, and neither kind nor type of one that exists can be changed. */
function namesMadeAnew(desired: Table, current: CurrentTable): Set<string> {
  const shapes = new Map<string, string>();
  for (const { name, type } of current.sets) shapes.set(name, type);
  for (const set of current.dynamicSets ?? []) shapes.set(set.name, describeDynamicSet(set));
  for (const { name, type } of current.maps) shapes.set(name, `map of ${type}`);
  for (const name of current.foreignSets) shapes.set(name, 'foreign');
  const wanted = [
    ...desired.sets.map(({ name, type }) => [name, type] as const),
    ...(desired.dynamicSets ?? []).map((set) => [set.name, describeDynamicSet(set)] as const),
    ...desired.maps.map(({ name, type }) => [name, `map of ${type}`] as const),
  ];
  const reshaped = wanted.flatMap(([name, shape]) => (shapes.get(name) === shape ? [] : [name]));
  return new Set([...reshaped, ...setsOfNewRules(desired, current)]);
}

/**
 * Dynamic sets that a rule updates which is not there yet: an element keeps the rate of the rule that put it there
 * (the kernel clones it, nft_dynset.c) for as long as its packets come, so another rate needs another set.
 */
function setsOfNewRules(desired: Table, current: CurrentTable): string[] {
  const updates = desired.chains.flatMap(({ rules }) =>
    rules.flatMap((rule) =>
      rule.statements.flatMap((statement) => (statement.kind === 'update' ? [{ set: statement.set, rule }] : [])),
    ),
  );
  if (updates.length === 0) return [];
  const held = new Set(current.chains.flatMap(({ rules }) => rules.map(({ digest }) => digest)));
  return updates.flatMap(({ set, rule }) => (held.has(ruleDigest(rule)) ? [] : [set]));
}

/** The kernel can change the policy of a chain it has, not its hook or priority (EOPNOTSUPP; EEXIST on 6.1). */
function chainsMadeAnew(desired: Table, current: CurrentTable): Set<string> {
  const hooks = new Map(current.chains.map(({ name, base }) => [name, hookOf(base)]));
  return new Set(desired.chains.flatMap(({ name, base }) => (hooks.get(name) === hookOf(base) ? [] : [name])));
}

function hookOf(base: CurrentChain['base']): string {
  if (base === undefined) return '';
  return base === 'foreign' ? 'foreign' : `${base.hook} ${base.priority}`;
}

const policyOf = (base: CurrentChain['base']): string | undefined => (base === 'foreign' ? undefined : base?.policy);

const describeChain = ({ base }: Chain): string =>
  base === undefined ? '' : `hook ${base.hook} priority ${base.priority} policy ${base.policy}`;

const describeRules = (count: number): string => (count === 1 ? '1 rule' : `${count} rules`);
const describeElements = (count: number): string => (count === 1 ? '1 element' : `${count} elements`);
const describeSet = (set: NamedSet): string => `${set.type}, ${describeElements(set.elements.length)}`;
const describeHelper = ({ type, protocol, l3proto }: CurrentHelper): string =>
  `type "${type}" protocol ${protocol} l3proto ${l3proto}`;
const describeDynamicSet = ({ type, timeout, size }: CurrentDynamicSet): string =>
  `${type}, filled by the kernel, at most ${size} elements, ${timeout} s each`;
const describeMap = (map: VerdictMap): string => `${map.type}, ${describeElements(map.elements.length)}`;

/** NFT_OBJECT_* (uapi linux/netfilter/nf_tables.h) in nft's words. */
const objectWords: Readonly<Record<number, string>> = {
  1: 'counter',
  2: 'quota',
  3: 'ct helper',
  4: 'limit',
  5: 'ct count',
  6: 'tunnel',
  7: 'ct timeout',
  8: 'secmark',
  9: 'ct expectation',
  10: 'synproxy',
};

const describeObject = (object: ForeignObject): string =>
  object.kind === 'flowtable' ? 'flowtable' : (objectWords[object.type] ?? `object of type ${object.type}`);
