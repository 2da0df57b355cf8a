import type { Chain, MapElement, Rule, VerdictMap } from '../ruleset/index.js';
import { originOf } from '../ruleset/index.js';
import type { HostOptions, RuleDirection, VnetConfig } from '../site/index.js';
import { ARP, IPV4, IPV6, implied, is, nd, verdict } from './build.js';
import { neighborDiscovery, stateRules } from './first-steps.js';
import type { Place } from './lower.js';
import { lowerRules } from './lower.js';
import { policyRules } from './policy.js';

/** The verdict map from the names of bridges to the chains of their vnets; both tables have one of their own. */
export const VNETS = 'vnets';

/** The vnets of one table: a chain for each that is switched on, and the map that leads there; nothing without any. */
export interface VnetOutput {
  readonly chains: readonly Chain[];
  readonly maps: readonly VerdictMap[];
}

/**
 * Compiles the vnets' files for one table (spec firewall.md 7.2.7): in the bridge table for what a bridge forwards, in the
 * inet table for what goes between a bridge and the host. `place` says how rules are lowered there. A file that is switched
 * off is compiled for what is wrong in it.
 */
export function compileVnets(
  vnets: readonly VnetConfig[],
  host: HostOptions,
  place: (direction: RuleDirection, chain: string) => Place,
): VnetOutput {
  const compiled = vnets.map((vnet) => ({ vnet, chain: vnetChain(vnet, host, place('forward', `vnet-${vnet.name}`)) }));
  const inForce = compiled.filter(({ vnet }) => vnet.options.enable.value);
  const elements = inForce.map(
    ({ vnet: { name, options }, chain }): MapElement => ({
      key: name,
      verdict: { kind: 'jump', chain: chain.name },
      origin: options.enable.span && originOf(options.enable.span),
    }),
  );
  return {
    chains: inForce.map(({ chain }) => chain),
    maps: elements.length === 0 ? [] : [{ name: VNETS, type: 'ifname', elements }],
  };
}

function vnetChain({ rules, options }: VnetConfig, host: HostOptions, place: Place): Chain {
  return {
    name: place.log.chain,
    rules: [
      ...(place.table === 'bridge' ? [arp] : []),
      ...stateRules(host.nf_conntrack_allow_invalid.value, place.table === 'bridge' ? ip : []),
      // What ARP is to IPv4: connection tracking leaves it out, so that a policy of DROP would be the end of IPv6.
      neighborDiscovery(Object.values(nd)),
      ...lowerRules(rules, place),
      ...policyRules('policy_forward', options.policy_forward, options.log_level_forward.value, place),
    ],
  };
}

/** Of other frames, which connection tracking never sees, the kernel says invalid (nft_ct.c): the rules decide on them. */
const ip = [is('meta protocol', IPV4, IPV6)];

const arp: Rule = implied('arp', [is('meta protocol', ARP)], verdict('accept'));
