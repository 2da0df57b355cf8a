import type { Chain, NamedSet, Origin } from '../ruleset/index.js';
import { originOf } from '../ruleset/index.js';
import type { AddressFamily } from '../site/index.js';
import type { ResolvedSet } from './names.js';

/** Collects the named sets the rules of one table use; a set no rule uses is not loaded. */
export class SetUse {
  readonly #sets = new Map<string, NamedSet>();

  /** The name of the set's half for `family`; null when that half is empty, so that no packet can match it. */
  use(resolved: ResolvedSet, family: AddressFamily): string | null {
    const { key, set, content } = resolved;
    const elements = content[family];
    if (elements.length === 0) return null;
    return this.add(`${key}-v${family}`, family, elements, originOf(set.span));
  }

  /** Adds a set that no file declares as such. */
  add(name: string, family: AddressFamily, elements: NamedSet['elements'], origin: Origin | null): string {
    if (!this.#sets.has(name))
      this.#sets.set(name, { name, type: family === 4 ? 'ipv4_addr' : 'ipv6_addr', elements, origin });
    return name;
  }

  /** By name, so that the outcome does not depend on the order of use. */
  all(): NamedSet[] {
    return [...this.#sets.values()].sort((a, b) => (a.name < b.name ? -1 : 1));
  }
}

/** Some rule of the chains looks into the set. */
export const usesSet = (chains: readonly Chain[], { name }: NamedSet): boolean =>
  chains.some(({ rules }) =>
    rules.some(({ matches }) => matches.some((match) => match.kind === 'set' && match.set === name)),
  );

/** Each set once, by name. */
export function mergeSets(lists: readonly (readonly NamedSet[])[]): NamedSet[] {
  const byName = new Map(lists.flat().map((set) => [set.name, set]));
  return [...byName.values()].sort((a, b) => (a.name < b.name ? -1 : 1));
}
