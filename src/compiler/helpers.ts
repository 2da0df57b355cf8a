import type { Chain, CtHelper, Hook, Rule, TableFamily } from '../ruleset/index.js';
import { originOf } from '../ruleset/index.js';
import type { ConntrackHelper, HostOptions } from '../site/index.js';
import { is, TCP, UDP, written } from './build.js';

/** What one table has of the helpers. */
export interface Helpers {
  readonly chains: readonly Chain[];
  readonly helpers: readonly CtHelper[];
}

/** What each helper listens to (spec firewall.md 7.6). */
const listens: Readonly<Record<ConntrackHelper, Pick<CtHelper, 'protocol' | 'l3proto'> & { readonly port: number }>> = {
  amanda: { protocol: 'udp', port: 10080, l3proto: 'inet' },
  ftp: { protocol: 'tcp', port: 21, l3proto: 'inet' },
  irc: { protocol: 'tcp', port: 6667, l3proto: 'ip' },
  'netbios-ns': { protocol: 'udp', port: 137, l3proto: 'ip' },
  pptp: { protocol: 'tcp', port: 1723, l3proto: 'ip' },
  sane: { protocol: 'tcp', port: 6566, l3proto: 'inet' },
  sip: { protocol: 'udp', port: 5060, l3proto: 'inet' },
  snmp: { protocol: 'udp', port: 161, l3proto: 'ip' },
  tftp: { protocol: 'udp', port: 69, l3proto: 'inet' },
};

/** Behind the lookup of the connection (-200), while a new one is not confirmed yet: later nothing is assigned. */
const AFTER_CONNTRACK = -150;

/**
 * Where connections begin: what arrives, and what the host itself sends. A frame of the host has its connection from the
 * IP layer, confirmed before it comes to the bridge's output hook (seen on Linux 6.1: nothing is assigned there).
 */
const hooks: Readonly<Record<TableFamily, readonly Hook[]>> = {
  inet: ['prerouting', 'output'],
  bridge: ['prerouting'],
};

/** Assigns the helpers a line names. That accepts nothing: it makes the connections that they see coming `related`. */
export function conntrackHelpers(table: TableFamily, { nf_conntrack_helpers }: HostOptions): Helpers {
  const { value: names, span } = nf_conntrack_helpers;
  if (names.length === 0 || span === null) return { chains: [], helpers: [] };
  const origin = originOf(span);
  const rules = names.map((name): Rule => {
    const { protocol, port } = listens[name];
    const ports = [is('meta l4proto', protocol === 'tcp' ? TCP : UDP), is('th dport', port)];
    return written(origin, ports, { kind: 'set helper', helper: name });
  });
  return {
    chains: hooks[table].map((hook) => ({
      name: `helpers-${hook}`,
      base: { hook, priority: AFTER_CONNTRACK, policy: 'accept' },
      rules,
    })),
    helpers: names.map((name) => {
      const { protocol, l3proto } = listens[name];
      return { name, type: name, protocol, l3proto, origin };
    }),
  };
}
