import { readFileSync } from 'node:fs';
import { Failure } from '../diagnostics/index.js';
import type { NftablesPort } from '../netlink/index.js';
import type { Context } from './context.js';

/** Bit of CAP_NET_ADMIN (uapi linux/capability.h), which nf_tables asks for even to read. */
const CAP_NET_ADMIN = 12n;

/** Runs `act` with the kernel's nf_tables. Native code is loaded here and not before. */
export async function withKernel<T>({ options }: Context, act: (nftables: NftablesPort) => Promise<T>): Promise<T> {
  if (!mayAdministrate()) {
    throw new Failure('no-permission', 'reading and changing the kernel’s rules needs root (CAP_NET_ADMIN)', {
      help: 'run it with sudo; `ringwall check` and `ringwall compile` need no privileges',
    });
  }
  const { openNftables } = await import('../netlink/index.js');
  const nftables = openNftables(options.netns);
  try {
    return await act(nftables);
  } finally {
    nftables.close();
  }
}

function mayAdministrate(): boolean {
  const effective = /^CapEff:\s*([0-9a-f]+)$/m.exec(readFileSync('/proc/self/status', 'utf8'))?.[1];
  return effective !== undefined && ((BigInt(`0x${effective}`) >> CAP_NET_ADMIN) & 1n) === 1n;
}
