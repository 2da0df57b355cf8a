import type { Chain, DynamicSet, Rule, TableFamily } from '../ruleset/index.js';
import { fields, originOf } from '../ruleset/index.js';
import type { AddressFamily, HostOptions } from '../site/index.js';
import { address, ofFamily, tcpFlags, verdict } from './build.js';

/** What one table has of the protection. */
export interface Synflood {
  readonly chains: readonly Chain[];
  readonly dynamicSets: readonly DynamicSet[];
}

/** NF_IP_PRI_RAW; connection tracking looks at packets at -200, in the bridge family too (nf_conntrack_bridge.c). */
const BEFORE_CONNTRACK = -300;

/**
 * Sources that are counted at a time, of each address family. Who can invent more of them than this is under no limit by
 * source anyway. The kernel makes the buckets at once: 1 MiB for each set.
 */
const SOURCES = 65_536;

/** Seconds a half-open connection is kept: the kernel's nf_conntrack_tcp_timeout_syn_recv. */
const SYN_RECV_TIMEOUT = 60;

/** What counts as one source: an IPv4 address, or the smallest network an IPv6 host gets. */
const sourcePrefix: Readonly<Record<AddressFamily, number>> = { 4: 32, 6: 64 };

/**
 * Drops the TCP connections that one source opens too fast, before they cost an entry of connection tracking (spec
 * firewall.md 7.5). The inet table has all packets for the host or routed by it, the bridge table all frames of bridges.
 */
export function synflood(table: TableFamily, host: HostOptions): Synflood {
  const { protection_synflood, protection_synflood_rate, protection_synflood_burst } = host;
  if (!protection_synflood.value) return { chains: [], dynamicSets: [] };
  const origin = protection_synflood.span && originOf(protection_synflood.span);
  const families = ([4, 6] as const).map((family) => {
    const field = address(family, 'saddr');
    const set: DynamicSet = {
      name: `synflood-v${family}`,
      type: fields[field].type,
      timeout: host.nf_conntrack_tcp_timeout_syn_recv.value ?? SYN_RECV_TIMEOUT,
      size: SOURCES,
      origin,
    };
    const rule: Rule = {
      matches: [ofFamily(table, family), tcpFlags(['fin', 'syn', 'rst', 'ack'], ['syn'])],
      statements: [
        {
          kind: 'update',
          set: set.name,
          field,
          prefix: sourcePrefix[family],
          rate: protection_synflood_rate.value,
          unit: 'second',
          burst: protection_synflood_burst.value,
        },
        { kind: 'counter' },
        verdict('drop'),
      ],
      origin,
      note: 'synflood',
    };
    return { set, rule };
  });
  return {
    chains: [
      {
        name: 'synflood',
        base: { hook: 'prerouting', priority: BEFORE_CONNTRACK, policy: 'accept' },
        rules: families.map(({ rule }) => rule),
      },
    ],
    dynamicSets: families.map(({ set }) => set),
  };
}
