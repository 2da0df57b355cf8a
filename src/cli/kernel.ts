import { readFileSync } from 'node:fs';
import type { World } from '../apply/index.js';
import { Failure } from '../diagnostics/index.js';
import { procSysctls } from '../sysctl/index.js';
import type { Context } from './context.js';

/** Bit of CAP_NET_ADMIN (uapi linux/capability.h), which nf_tables asks for even to read. */
const CAP_NET_ADMIN = 12n;

/** Runs `act` on the kernel, with the records of what was applied to it. Native code is loaded here and not before. */
export async function withKernel<T>({ options, files, clock }: Context, act: (world: World) => Promise<T>): Promise<T> {
  if (!mayAdministrate()) {
    throw new Failure('no-permission', 'reading and changing the kernel’s rules and links needs root (CAP_NET_ADMIN)', {
      help: 'run it with sudo; `ringwall check` and `ringwall compile` need no privileges',
    });
  }
  const { inNamespace, openNftables, openRoute } = await import('../netlink/index.js');
  const nftables = openNftables(options.netns);
  const sysctls = procSysctls((act) => inNamespace(options.netns, act));
  try {
    const route = openRoute(options.netns);
    try {
      return await act({ state: { files, path: options.state }, clock, nftables, sysctls, route });
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
