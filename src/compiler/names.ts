import type { Diagnostic, Located, Report, Span } from '../diagnostics/index.js';
import { diagnose } from '../diagnostics/index.js';
import { nearest } from '../parser/index.js';
import type { Interval } from '../ruleset/index.js';
import { merge, prefixLength, subtract } from '../ruleset/index.js';
import type { AddressFamily, AddressRange, Alias, Group, IpSet, NameRef, Scope, Site } from '../site/index.js';
import { widthOf } from '../site/index.js';

/** What a set holds, one list of merged intervals for each family. */
export type SetContent = Readonly<Record<AddressFamily, readonly Interval[]>>;

export interface ResolvedSet {
  /** Unique within a table: the scope, the guest for a guest's own set, and the name. */
  readonly key: string;
  readonly set: IpSet;
  readonly content: SetContent;
  /** The first entry that leaves out nobody knows what: the set may hold less than `content`. */
  readonly unclear: Span | null;
}

/** The names a rule can use, as seen from the file it stands in. Every lookup that fails reports it. */
export interface Names {
  alias(ref: Located<NameRef>): AddressRange | undefined;
  set(ref: Located<NameRef>): ResolvedSet | undefined;
  /** A set by its own name, without report; for sets that need no reference, such as `blacklist`. */
  ownSet(scope: Scope, name: string): ResolvedSet | undefined;
  group(name: Located<string>): Group | undefined;
  /** Looks up every alias in the sets that the file itself declares, used or not. */
  checkSets(): void;
}

type KnownAlias = Pick<Alias, 'name' | 'spelling' | 'address'>;

/** The names one kind of file declares. */
interface ScopeNames {
  readonly scope: Scope;
  readonly prefix: string;
  readonly aliases: ReadonlyMap<string, KnownAlias>;
  /** By name; several under one name only where vnets, whose names the SDN tells apart by case, differ by nothing else. */
  readonly sets: ReadonlyMap<string, readonly IpSet[]>;
  /** Sets whose content is known already: a cluster's set is worked out once, however many guests use it. */
  readonly resolved: Map<IpSet, ResolvedSet>;
}

/** The names of cluster, host, group and vnet rules: those of cluster.fw, then the generated SDN sets. */
export function clusterNames(site: Site, report: Report): ClusterNames {
  const scopes = [
    declared('dc', 'dc', [...localNetwork(site), ...site.cluster.aliases], site.cluster.ipsets),
    declared('sdn', 'sdn', [], site.sdnSets),
  ];
  const groups = byName(site.cluster.groups);
  return {
    names: new ScopedNames(scopes, groups, report),
    forGuest: (id, own) =>
      new ScopedNames([declared('guest', `guest-${id}`, own.aliases, own.ipsets), ...scopes], groups, report),
  };
}

/** Rules may use the alias `local_network` whether cluster.fw declares it or not (spec firewall.md 5.5). */
function localNetwork({ network: { local } }: Site): KnownAlias[] {
  const name = 'local_network';
  return local === null ? [] : [{ name, spelling: name, address: local.network }];
}

export interface ClusterNames {
  readonly names: Names;
  /** The names of a guest's rules: its own first, then those of the cluster (spec firewall.md 2.4). */
  forGuest(id: number, own: Declarations): Names;
}

interface Declarations {
  readonly aliases: readonly Alias[];
  readonly ipsets: readonly IpSet[];
}

const declared = (
  scope: Scope,
  prefix: string,
  aliases: readonly KnownAlias[],
  sets: readonly IpSet[],
): ScopeNames => ({
  scope,
  prefix,
  aliases: byName(aliases),
  sets: grouped(sets),
  resolved: new Map(),
});

const byName = <T extends { readonly name: string }>(items: readonly T[]): ReadonlyMap<string, T> =>
  new Map(items.map((item) => [item.name, item]));

function grouped(sets: readonly IpSet[]): ReadonlyMap<string, readonly IpSet[]> {
  const groups = new Map<string, IpSet[]>();
  for (const set of sets) groups.set(set.name, [...(groups.get(set.name) ?? []), set]);
  return groups;
}

class ScopedNames implements Names {
  readonly #scopes: readonly ScopeNames[];
  readonly #groups: ReadonlyMap<string, Group>;
  readonly #report: Report;

  constructor(scopes: readonly ScopeNames[], groups: ReadonlyMap<string, Group>, report: Report) {
    this.#scopes = scopes;
    this.#groups = groups;
    this.#report = report;
  }

  alias({ value: ref, span }: Located<NameRef>): AddressRange | undefined {
    const found = this.#find(ref, ({ aliases }) => aliases.get(ref.name));
    if (found?.item.address) return found.item.address;
    if (found !== undefined) {
      const message = `what the alias \`${ref.text}\` stands for cannot be read`;
      this.#report(diagnose('name/unknown-alias', span, message, { help: 'correct the line that declares it' }));
      return undefined;
    }
    this.#report(
      diagnose('name/unknown-alias', span, `there is no alias \`${ref.text}\``, {
        help: this.#advice(ref, this.#aliasNames(), 'declare it under [ALIASES]'),
      }),
    );
    return undefined;
  }

  set({ value: ref, span }: Located<NameRef>): ResolvedSet | undefined {
    const found = this.#find(ref, ({ sets }) => sets.get(ref.name));
    const set = found && meant(ref, found.item);
    if (found !== undefined && set !== undefined) return this.#resolve(found.scope, set);
    const twins = (found?.item ?? []).map(({ spelling }) => spelling);
    this.#report(
      diagnose('name/unknown-set', span, `there is no IP set \`${ref.text}\``, {
        help:
          twins.length > 0
            ? `names that differ by case only are told apart here: write ${twins.join(' or ')}`
            : this.#advice(ref, this.#setNames(), `declare it as [IPSET ${ref.name}]`),
      }),
    );
    return undefined;
  }

  ownSet(scope: Scope, name: string): ResolvedSet | undefined {
    const names = this.#scopes.find((candidate) => candidate.scope === scope);
    const set = names?.sets.get(name)?.[0];
    return names && set && this.#resolve(names, set);
  }

  group({ value, span }: Located<string>): Group | undefined {
    const group = this.#groups.get(value.toLowerCase());
    if (group === undefined) {
      const near = nearest(
        value,
        [...this.#groups.values()].map(({ spelling }) => spelling),
      );
      this.#report(
        diagnose('name/unknown-group', span, `there is no security group \`${value}\``, {
          help: near === null ? `declare it in cluster.fw as [group ${value}]` : `did you mean ${near}?`,
        }),
      );
    }
    return group;
  }

  checkSets(): void {
    for (const sets of this.#scopes[0]?.sets.values() ?? []) for (const set of sets) membersOf(set, this);
  }

  #find<T>(ref: NameRef, lookup: (scope: ScopeNames) => T | undefined): { scope: ScopeNames; item: T } | undefined {
    for (const scope of this.#scopes) {
      if (ref.scope !== null && scope.scope !== ref.scope) continue;
      const item = lookup(scope);
      if (item !== undefined) return { scope, item };
    }
    return undefined;
  }

  /** Names one after the other: there may be many, and of most nobody asks. */
  *#aliasNames(): Generator<string> {
    for (const { aliases } of this.#scopes) for (const { spelling } of aliases.values()) yield spelling;
  }

  *#setNames(): Generator<string> {
    for (const { sets } of this.#scopes)
      for (const twins of sets.values()) for (const { spelling } of twins) yield spelling;
  }

  #advice(ref: NameRef, known: Iterable<string>, otherwise: string): string {
    if (ref.scope === 'guest' && this.#scopes.every(({ scope }) => scope !== 'guest'))
      return 'guest/ names exist in guest files only';
    const near = nearest(ref.name, known);
    return near === null
      ? otherwise
      : near.toLowerCase() === ref.name
        ? `it exists in another scope: leave ${ref.scope}/ away`
        : `did you mean ${near}?`;
  }

  /** The members of a set mean what they mean in the file that declares it, whoever uses the set. */
  #resolve(scope: ScopeNames, set: IpSet): ResolvedSet {
    const known = scope.resolved.get(set);
    if (known !== undefined) return known;
    const alone = scope.sets.get(set.name)?.length === 1;
    const visible = new ScopedNames(this.#scopes.slice(this.#scopes.indexOf(scope)), this.#groups, this.#report);
    const { members, unclear } = membersOf(set, visible);
    const key = `${scope.prefix}/${alone ? set.name : set.spelling}`;
    const resolved = { key, set, content: setContent(members), unclear };
    scope.resolved.set(set, resolved);
    return resolved;
  }
}

/** The set that is meant: the only one of this name, or the one that is written so. */
function meant({ text }: NameRef, sets: readonly IpSet[]): IpSet | undefined {
  const spelling = text.replace(/^\+(?:[^/]*\/)?/, '');
  return sets.length === 1 ? sets[0] : sets.find((set) => set.spelling === spelling);
}

/** A member of a set whose addresses are known. */
export interface Member {
  readonly nomatch: boolean;
  readonly range: AddressRange;
}

/**
 * The members of a set; an alias that nobody declares is reported and left out. `unclear` is the first entry that is to
 * leave out addresses nobody knows: whoever lets something pass for being in the set cannot go by the members then.
 */
export function membersOf(
  set: IpSet,
  names: Pick<Names, 'alias'>,
): { readonly members: readonly Member[]; readonly unclear: Span | null } {
  const members: Member[] = [];
  let { unclear } = set;
  for (const { member, nomatch, span } of set.entries) {
    const range = 'kind' in member ? names.alias({ value: member, span }) : member;
    if (range !== undefined) members.push({ nomatch, range });
    else if (nomatch) unclear ??= span;
  }
  return { members, unclear };
}

/** Those of a set that is not declared. */
export const NO_MEMBERS: ReturnType<typeof membersOf> = { members: [], unclear: null };

/** What became of those who are let pass for being in the set; `set` is named as written. */
export const unclearSet = (set: string, place: Span, unclear: Span, consequence: string): Diagnostic =>
  diagnose('name/unclear-set', place, `nobody knows who is not in \`${set}\`, so ${consequence}`, {
    help: 'correct the line that cannot be read',
    related: [{ message: 'because of this line', span: unclear }],
  });

/**
 * The addresses a set holds. As in the kernel's hash:net with `nomatch`, the entry with the longest prefix that covers
 * an address decides: entries are laid over each other from the shortest prefix to the longest (spec firewall.md 5.2).
 */
export function setContent(members: readonly Member[]): SetContent {
  const layers: Record<AddressFamily, Map<number, { match: Interval[]; nomatch: Interval[] }>> = {
    4: new Map(),
    6: new Map(),
  };
  for (const { nomatch, range } of members) {
    const length = prefixLength(range.interval, widthOf(range.family)) ?? widthOf(range.family);
    const layer = layers[range.family].get(length) ?? { match: [], nomatch: [] };
    (nomatch ? layer.nomatch : layer.match).push(range.interval);
    layers[range.family].set(length, layer);
  }
  const flatten = (family: AddressFamily): Interval[] => {
    const ordered = [...layers[family]].sort(([a], [b]) => a - b);
    if (ordered.every(([, { nomatch }]) => nomatch.length === 0))
      return merge(ordered.flatMap(([, { match }]) => match));
    let held: Interval[] = [];
    for (const [, { match, nomatch }] of ordered) {
      held = subtract(merge([...held, ...match]), merge(nomatch));
    }
    return held;
  };
  return { 4: flatten(4), 6: flatten(6) };
}
