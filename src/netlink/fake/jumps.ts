import type { Verdict } from '../../ruleset/index.js';
import { type FakeTable, Refusal, verdictOf } from './objects.js';

/** NFT_JUMP_STACK_SIZE: a packet can be at most this many jumps away from the base chain it came from. */
const JUMP_STACK = 16;

/** Throws EMLINK when a packet could jump in a circle or too deep. */
export function checkJumps(tables: ReadonlyMap<string, FakeTable>): void {
  for (const table of tables.values()) {
    // Per chain the longest way down; chains on the way are marked by null.
    const depths = new Map<string, number | null>();
    for (const name of table.chains.keys()) depthBelow(table, name, depths);
  }
}

function depthBelow(table: FakeTable, name: string, depths: Map<string, number | null>): number {
  const known = depths.get(name);
  if (known === null) throw new Refusal('EMLINK');
  if (known !== undefined) return known;
  depths.set(name, null);
  let deepest = 0;
  for (const target of targetsOf(table, name)) deepest = Math.max(deepest, 1 + depthBelow(table, target, depths));
  if (deepest >= JUMP_STACK) throw new Refusal('EMLINK');
  depths.set(name, deepest);
  return deepest;
}

function targetsOf(table: FakeTable, name: string): Set<string> {
  const targets = new Set<string>();
  const add = (verdict: Verdict | null): void => {
    if (verdict?.kind === 'jump' || verdict?.kind === 'goto') targets.add(verdict.chain);
  };
  for (const { rule } of table.chains.get(name)?.rules ?? []) {
    for (const statement of rule.statements) {
      add(verdictOf(statement));
      if (statement.kind === 'dispatch') {
        for (const { verdict } of table.maps.get(statement.map)?.elements ?? []) add(verdict);
      }
    }
  }
  return targets;
}
