import { type LinkChange, linkChange, noLinks, stepsBetween } from '../bridges/index.js';
import { asCurrent, type Change, diffRuleset, type Origin } from '../ruleset/index.js';
import type { Sysctl, SysctlName } from '../sysctl/index.js';
import { noSuchGeneration, readGeneration, readSources, type Sources, storedGenerations } from './generation.js';
import { diffLines, type LineChange } from './line-diff.js';
import { checkStateDirectory, type StateDirectory } from './state-directory.js';

/** What two stored generations do not have in common. */
export interface GenerationDifference {
  readonly files: readonly FileDifference[];
  /** Of the kernel settings, the rules and the links, in the order in which they would be made. */
  readonly changes: readonly Difference[];
}

export interface FileDifference {
  readonly action: 'create' | 'update' | 'delete';
  /** Relative to the site's root. */
  readonly file: string;
  readonly lines: readonly LineChange[];
}

export type Difference = Change | LinkChange | SettingDifference;

/** Null where no line asks for a value. */
export interface SettingDifference {
  readonly action: 'create' | 'update' | 'delete';
  readonly kind: 'setting';
  readonly name: SysctlName;
  readonly from: number | null;
  readonly to: number | null;
  readonly origin: Origin | null;
}

/** What leads from one generation to the other. Looks at the records alone. Failures `no-generation`, `damaged-file`. */
export function compareGenerations(state: StateDirectory, from: number, to: number): GenerationDifference {
  const stored = checkStateDirectory(state) ? storedGenerations(state) : [];
  for (const wanted of [from, to]) if (!stored.includes(wanted)) throw noSuchGeneration(stored, wanted);
  const [old, fresh] = [readGeneration(state, from), readGeneration(state, to)];
  const rules = diffRuleset(fresh.firewall?.ruleset ?? nothing, asCurrent(old.firewall?.ruleset ?? nothing));
  return {
    files: compareSources(readSources(state, from), readSources(state, to)),
    changes: [
      ...compareSettings(old.firewall?.sysctls ?? [], fresh.firewall?.sysctls ?? []),
      ...rules.changes,
      ...stepsBetween(old.links ?? noLinks, fresh.links ?? noLinks).map(linkChange),
    ],
  };
}

const nothing = { tables: [] };

function compareSources(old: Sources, fresh: Sources): FileDifference[] {
  const paths = [...new Set([...old.keys(), ...fresh.keys()])].sort();
  return paths.flatMap((file): FileDifference[] => {
    const [before, after] = [textOf(old.get(file)), textOf(fresh.get(file))];
    if (before === after) return [];
    const action = before === null ? 'create' : after === null ? 'delete' : 'update';
    return [{ action, file, lines: diffLines(before ?? '', after ?? '') }];
  });
}

const textOf = (content: string | Uint8Array | undefined): string | null =>
  content === undefined ? null : typeof content === 'string' ? content : Buffer.from(content).toString('latin1');

function compareSettings(old: readonly Sysctl[], fresh: readonly Sysctl[]): SettingDifference[] {
  const gone = old.filter(({ name }) => !fresh.some((other) => other.name === name));
  return [
    ...fresh.flatMap(({ name, value, origin }): SettingDifference[] => {
      const before = old.find((other) => other.name === name)?.value ?? null;
      if (before === value) return [];
      return [
        { action: before === null ? 'create' : 'update', kind: 'setting', name, from: before, to: value, origin },
      ];
    }),
    ...gone.map(
      ({ name, value }): SettingDifference => ({
        action: 'delete',
        kind: 'setting',
        name,
        from: value,
        to: null,
        origin: null,
      }),
    ),
  ];
}
