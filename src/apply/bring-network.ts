import type { HookRun } from '../bridges/index.js';
import { Failure } from '../diagnostics/index.js';
import { bringLinks, type LinkGoal } from './bring-links.js';
import { type DhcpCommand, opposite, runDhcp } from './dhcp-client.js';
import { runHooks } from './hooks.js';
import type { LinksPlan } from './plan.js';
import type { World } from './world.js';

/** `warnings` are what failed and holds nothing up. */
export type NetworkBrought =
  | { readonly ok: true; readonly warnings: readonly string[] }
  | { readonly ok: false; readonly failure: Failure };

/**
 * Brings the links, and what programs do for them: the DHCP client, and the commands of the files when the administrator
 * asked for them. A DHCP client that cannot be started is a failure, after which all is taken back.
 */
export async function bringNetwork(
  world: World,
  goal: LinkGoal,
  plan: LinksPlan,
  hooks: boolean,
): Promise<NetworkBrought> {
  const { state, route, processes } = world;
  const warnings: string[] = [];
  const run = async (runs: readonly HookRun[]): Promise<void> => {
    if (hooks) warnings.push(...(await runHooks(processes, runs)));
  };
  const ask = async (commands: readonly DhcpCommand[]): Promise<void> => {
    for (const command of commands) {
      const problem = await runDhcp(processes, state.files, command);
      if (problem !== null) warnings.push(problem);
    }
  };

  await run(plan.hooks.before);
  await ask(plan.dhcp.release);
  const there = await bringLinks(state, route, goal, plan, () => startClients(world, plan.dhcp.start));
  if (there.ok) {
    await run(plan.hooks.after);
    return { ok: true, warnings };
  }
  await ask(plan.dhcp.release.flatMap(opposite));
  await run(plan.hooks.undo);
  const { code, message, help, exit } = there.failure;
  const all = [message, ...warnings].join('; ');
  return {
    ok: false,
    failure: new Failure(code, all, { ...(help === undefined ? {} : { help }), exit, cause: there.failure }),
  };
}

/** All of them, or none and why. */
async function startClients({ processes, state }: World, commands: readonly DhcpCommand[]): Promise<Failure | null> {
  for (const [at, command] of commands.entries()) {
    const problem = await runDhcp(processes, state.files, command);
    if (problem === null) continue;
    for (const back of commands.slice(0, at).flatMap(opposite).reverse()) {
      await runDhcp(processes, state.files, back);
    }
    return new Failure('dhcp-client-failed', `the DHCP client failed: ${problem}`);
  }
  return null;
}
