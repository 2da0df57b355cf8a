import type { Change } from './change.js';
import type { CurrentMap, CurrentSet } from './current.js';
import type { DataType } from './field.js';
import { fields } from './field.js';
import type { Interval } from './interval.js';
import type { Operation, TableRef } from './operation.js';
import { printMapKey, printVerdict } from './print.js';
import { chainsOf } from './references.js';
import type { MapElement, MapKey, NamedSet, Verdict, VerdictMap } from './ruleset.js';
import { spellInterval } from './spelling.js';

export interface ElementSteps {
  readonly removals: readonly Operation[];
  readonly additions: readonly Operation[];
  readonly changes: readonly Change[];
}

/** The steps from a set's current elements to the desired ones; intervals are compared whole, as the kernel does. */
export function diffSetElements(table: TableRef, desired: NamedSet, current: CurrentSet): ElementSteps {
  const had = new Set(current.elements.map(intervalKey));
  const wanted = new Set(desired.elements.map(intervalKey));
  const gone = current.elements.filter((element) => !wanted.has(intervalKey(element)));
  const fresh = desired.elements.filter((element) => !had.has(intervalKey(element)));
  const change = (action: Change['action'], element: Interval): Change => ({
    action,
    kind: 'element',
    table,
    name: desired.name,
    text: spellInterval(desired.type, widthOf(desired.type), element),
    origin: action === 'delete' ? null : desired.origin,
  });
  return {
    removals: gone.length === 0 ? [] : [{ kind: 'delete elements', table, set: desired, elements: gone }],
    additions: fresh.length === 0 ? [] : [{ kind: 'add elements', table, set: desired, elements: fresh }],
    changes: [
      ...gone.map((element) => change('delete', element)),
      ...fresh.map((element) => change('create', element)),
    ],
  };
}

/**
 * The steps from a map's current elements to the desired ones. The kernel refuses another verdict for a key it holds,
 * so a changed one is deleted and added. `chainIsNew` tells chains that are made anew: a verdict that names one of
 * them has to be written again.
 */
export function diffMapElements(
  table: TableRef,
  desired: VerdictMap,
  current: CurrentMap,
  chainIsNew: (chain: string) => boolean,
): ElementSteps {
  const had = new Map(current.elements.map(({ key, verdict }) => [key, verdict]));
  const wanted = new Map(desired.elements.map((element) => [element.key, element]));
  const stays = (key: MapKey, verdict: Verdict): boolean => {
    const element = wanted.get(key);
    return element !== undefined && sameVerdict(element.verdict, verdict) && !chainsOf(verdict).some(chainIsNew);
  };
  const gone = current.elements.filter(({ key, verdict }) => !stays(key, verdict));
  const fresh = desired.elements.filter(({ key }) => {
    const verdict = had.get(key);
    return verdict === undefined || !stays(key, verdict);
  });

  const describe = (action: Change['action'], key: MapKey, verdict: Verdict, origin: MapElement['origin']): Change => ({
    action,
    kind: 'element',
    table,
    name: desired.name,
    text: `${printMapKey(key)} : ${printVerdict(verdict)}`,
    origin,
  });
  return {
    removals:
      gone.length === 0
        ? []
        : [{ kind: 'delete map elements', table, map: desired.name, keys: gone.map(({ key }) => key) }],
    additions: fresh.length === 0 ? [] : [{ kind: 'add map elements', table, map: desired.name, elements: fresh }],
    changes: [
      ...gone.filter(({ key }) => !wanted.has(key)).map(({ key, verdict }) => describe('delete', key, verdict, null)),
      ...fresh.map((element) =>
        describe(had.has(element.key) ? 'update' : 'create', element.key, element.verdict, element.origin),
      ),
    ],
  };
}

const intervalKey = ([first, last]: Interval): string => `${first}-${last}`;

export function sameVerdict(a: Verdict, b: Verdict): boolean {
  return printVerdict(a) === printVerdict(b);
}

function widthOf(type: DataType): number {
  const field = Object.values(fields).find((candidate) => candidate.type === type);
  if (field === undefined) throw new Error(`no field has the type ${type}`);
  return field.width;
}
