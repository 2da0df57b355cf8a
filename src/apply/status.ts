import { Failure } from '../diagnostics/index.js';
import type { NftablesPort } from '../netlink/index.js';
import type { Change } from '../ruleset/index.js';
import { readGenerationRuleset } from './generation.js';
import { makePlan } from './plan.js';
import { readPosition } from './position.js';
import { checkStateDirectory, type StateDirectory } from './state-directory.js';

/** One thing the kernel holds otherwise than the current generation says. */
export interface Drift {
  readonly kind: Change['kind'];
  readonly name: string;
  readonly problem: string;
}

export interface Status {
  readonly generation: number;
  readonly drift: readonly Drift[];
  /** The generation a run was going to when it was cut short; null when none was. */
  readonly interrupted: number | null;
}

/** Compares the kernel with the current generation. Changes nothing. */
export async function status(state: StateDirectory, nftables: NftablesPort): Promise<Status> {
  const position = checkStateDirectory(state) ? readPosition(state) : null;
  if (position === null || position.current === null) {
    throw new Failure('no-generation', `nothing was applied yet, as far as ${state.path} knows`, {
      help: '`ringwall plan` shows what would be applied, `ringwall apply` does it',
    });
  }
  const { changes } = await makePlan(nftables, readGenerationRuleset(state, position.current));
  return {
    generation: position.current,
    drift: changes.map(driftOf),
    interrupted: position.applying?.generation ?? null,
  };
}

/** What would repair it says what is wrong: to create is missing, to delete is foreign. */
function driftOf({ action, kind, table, name, text }: Change): Drift {
  const words = { create: 'is missing', update: 'was changed', delete: 'does not belong here' } as const;
  const what = text === '' ? '' : `: ${text}`;
  return {
    kind,
    name: kind === 'table' ? `${table.family} ${name}` : `${table.family}/${name}`,
    problem: words[action] + what,
  };
}
