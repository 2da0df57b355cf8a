import { commentOf } from './comment.js';
import type { CurrentRuleset } from './current.js';
import { ruleDigest } from './digest.js';
import type { Ruleset } from './ruleset.js';

/** A ruleset as a kernel would hold it that was given nothing else, to be compared with another; handles are made up. */
export function asCurrent({ tables }: Ruleset): CurrentRuleset {
  let handle = 0n;
  return {
    generation: 0,
    tables: tables.map(({ family, name, chains, sets, maps, dynamicSets = [], helpers = [] }) => ({
      family,
      name,
      chains: chains.map((chain) => ({
        ...chain,
        rules: chain.rules.map((rule) => {
          handle += 1n;
          return { handle, digest: ruleDigest(rule), comment: commentOf(rule), counter: null };
        }),
      })),
      sets,
      maps,
      dynamicSets,
      helpers,
      foreignSets: [],
    })),
  };
}
