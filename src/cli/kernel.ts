import { readFileSync } from 'node:fs';
import type { World } from '../apply/index.js';
import { Failure } from '../diagnostics/index.js';
import { nodeProcesses } from '../ports/index.js';
import { procSysctls } from '../sysctl/index.js';
import type { Context } from './context.js';

/** Bit of CAP_NET_ADMIN (uapi linux/capability.h), which nf_tables asks for even to read. */
const CAP_NET_ADMIN = 12n;

/** Runs a function that reads of the network namespace the command acts on. */
export type Within = <T>(read: () => T) => T;

/** Runs `act` on the kernel, with the records of what was applied to it. Native code is loaded here and not before. */
export async function withKernel<T>(
  { options, files, clock }: Context,
  act: (world: World, within: Within) => Promise<T>,
): Promise<T> {
  if (!mayAdministrate()) {
    throw new Failure('no-permission', 'reading and changing the kernel’s rules and links needs root (CAP_NET_ADMIN)', {
      help: 'run it with sudo; `ringwall check` and `ringwall compile` need no privileges',
    });
  }
  const { inNamespace, openNftables, openRoute } = await import('../netlink/index.js');
  const nftables = openNftables(options.netns);
  const within: Within = (read) => inNamespace(options.netns, read);
  const sysctls = procSysctls(within);
  const processes = nodeProcesses(within);
  try {
    const route = openRoute(options.netns);
    try {
      return await act({ state: { files, path: options.state }, clock, nftables, sysctls, route, processes }, within);
    } finally {
      route.close();
    }
  } finally {
    nftables.close();
  }
}

function mayAdministrate(): boolean {
  const effective = /^CapEff:\s*([0-9a-f]+)$/m.exec(readFileSync('/proc/self/status', 'utf8'))?.[1];
  return effective !== undefined && ((BigInt(`0x${effective}`) >> CAP_NET_ADMIN) & 1n) === 1n;
}
