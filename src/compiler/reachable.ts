import type { Chain, MapElement } from '../ruleset/index.js';

/** The chains a packet can get to, from base chains and from the elements of verdict maps; order is kept. */
export function reachable(chains: readonly Chain[], elements: readonly MapElement[]): Chain[] {
  const byName = new Map(chains.map((chain) => [chain.name, chain]));
  const reached = new Set<string>();
  const visit = (name: string): void => {
    if (reached.has(name)) return;
    reached.add(name);
    for (const target of byName.get(name)?.rules.flatMap(targetsOf) ?? []) visit(target);
  };
  for (const chain of chains) if (chain.base !== undefined) visit(chain.name);
  for (const { verdict } of elements) if ('chain' in verdict) visit(verdict.chain);
  return chains.filter(({ name }) => reached.has(name));
}

const targetsOf = (rule: Chain['rules'][number]): string[] =>
  rule.statements.flatMap((statement) =>
    statement.kind === 'verdict' && 'chain' in statement.verdict ? [statement.verdict.chain] : [],
  );
