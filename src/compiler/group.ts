import type { Chain } from '../ruleset/index.js';
import type { Group, RuleDirection } from '../site/index.js';
import type { Place } from './lower.js';
import { lowerRules } from './lower.js';

/**
 * The security groups one table uses. A group is compiled once for each direction it is called in; its chain decides
 * for the caller: an accept there ends the caller's zone too, and falling off its end goes on after the GROUP line.
 */
export class GroupUse {
  readonly #chains = new Map<string, Chain>();
  readonly #place: (direction: RuleDirection, chain: string) => Place;

  /** `place` says how a group's rules are lowered in this table: without interfaces and without guest names. */
  constructor(place: (direction: RuleDirection, chain: string) => Place) {
    this.#place = place;
  }

  /** The name of the group's chain, or null when the group has no rule for the direction. */
  chain(group: Group, direction: RuleDirection): string | null {
    const name = `group-${group.name}-${direction}`;
    const known = this.#chains.get(name);
    if (known !== undefined) return known.rules.length === 0 ? null : name;
    const rules = lowerRules(
      group.rules.filter((rule) => rule.kind === 'match'),
      this.#place(direction, name),
    );
    this.#chains.set(name, { name, rules });
    return rules.length === 0 ? null : name;
  }

  /** A chain that was asked for before, by its name. */
  find(name: string): Chain | undefined {
    return this.#chains.get(name);
  }

  /** By name; chains without rules are not called and left out. */
  all(): Chain[] {
    return [...this.#chains.values()]
      .filter(({ rules }) => rules.length > 0)
      .sort((a, b) => (a.name < b.name ? -1 : 1));
  }
}
