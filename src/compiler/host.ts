import type { Located, Report } from '../diagnostics/index.js';
import type { Chain, Match, NamedSet, Rule, VerdictMap } from '../ruleset/index.js';
import { managementSet, merge, originOf, range } from '../ruleset/index.js';
import type { AddressRange, RuleDirection, Site, Rule as SiteRule } from '../site/index.js';
import { address, byName, dispatch, IGMP, implied, inSet, is, jump, nd, TCP, UDP, verdict } from './build.js';
import {
  blacklistRules,
  icmpv6Errors,
  neighborDiscovery,
  smurfChain,
  smurfJump,
  stateRules,
  tcpFlagsChain,
  tcpFlagsJump,
} from './first-steps.js';
import { GroupUse } from './group.js';
import type { Place } from './lower.js';
import { lowerRules } from './lower.js';
import type { Names } from './names.js';
import { membersOf, NO_MEMBERS, setContent, unclearSet } from './names.js';
import { noiseRules, policyRules } from './policy.js';
import { rejectChain, toReject } from './reject.js';
import { SetUse } from './set-use.js';
import { compileVnets, VNETS } from './vnet.js';

/** Web interface, SSH, SPICE proxy, VNC, and the ports of unencrypted migration (spec firewall.md 5.8). */
const MANAGEMENT_IN = [22, 3128, range(5900, 5999), 8006, range(60000, 60050)] as const;
const MANAGEMENT_OUT = [22, 3128, range(5900, 5999), 8006] as const;
/** udp and udpu use one pair of ports; knet one port for each link from 5405 on (corosync.conf(5)). */
const COROSYNC_PORTS = { udp: range(5404, 5405), udpu: range(5404, 5405), knet: range(5404, 5412) } as const;

export interface HostOutput {
  readonly chains: readonly Chain[];
  readonly sets: readonly NamedSet[];
  readonly maps: readonly VerdictMap[];
}

/** The inet table: what reaches, leaves and crosses the host itself (spec firewall.md 7.1.1, 7.1.2, 7.2.4). */
export function compileHost(site: Site, names: Names, report: Report): HostOutput {
  const sets = new SetUse();
  const log = { guest: 0, limit: site.cluster.options.log_ratelimit.value };
  const place = (direction: RuleDirection, chain: string): Place => ({
    table: 'inet',
    direction,
    names,
    sets,
    groups,
    log: { ...log, chain },
    reject: toReject,
    link: (iface: Located<string>) => iface.value,
    report,
  });
  const groups: GroupUse = new GroupUse(place);
  const host = site.host.options;
  const user = (direction: RuleDirection): Chain[] =>
    [
      lowered(`host-${direction}`, site.host.rules, direction),
      lowered(`cluster-${direction}`, site.cluster.rules, direction),
    ].filter(({ rules }) => rules.length > 0);
  const lowered = (name: string, rules: readonly SiteRule[], direction: RuleDirection): Chain => ({
    name,
    rules: lowerRules(rules, place(direction, name)),
  });
  const jumps = (chains: readonly Chain[]): Rule[] =>
    chains.map(({ name }) => ({ matches: [], statements: [jump(name)], origin: null }));

  const into = user('in');
  const out = user('out');
  const across = user('forward');
  const input: Chain = {
    name: 'input',
    base: { hook: 'input', priority: 0, policy: 'accept' },
    rules: [
      implied('loopback', [byName('iifname', 'lo')], verdict('accept')),
      ...stateRules(false),
      ...(host.ndp.value ? [neighborDiscovery(Object.values(nd))] : []),
      ...blacklistRules(names, sets, host.log_level_in.value, { ...log, chain: 'input' }),
      icmpv6Errors,
      ...(host.nosmurfs.value ? [smurfJump('inet')] : []),
      ...(host.tcpflags.value ? [tcpFlagsJump] : []),
      implied('igmp', [is('meta l4proto', IGMP)], verdict('accept')),
      ...jumps(into),
      ...managementIn(site, names, sets, report),
      ...corosyncRules(site, 'in'),
      ...policyRules('policy_in', site.cluster.options.policy_in, host.log_level_in.value, place('in', 'input')),
    ],
  };
  const output: Chain = {
    name: 'output',
    base: { hook: 'output', priority: 0, policy: 'accept' },
    rules: [
      implied('loopback', [byName('oifname', 'lo')], verdict('accept')),
      ...stateRules(false),
      icmpv6Errors,
      ...(host.ndp.value
        ? [neighborDiscovery([nd.routerSolicitation, nd.neighborSolicitation, nd.neighborAdvertisement])]
        : []),
      implied('igmp', [is('meta l4proto', IGMP)], verdict('accept')),
      ...jumps(out),
      ...managementOut(site),
      ...corosyncRules(site, 'out'),
      ...policyRules('policy_out', site.cluster.options.policy_out, host.log_level_out.value, place('out', 'output')),
    ],
  };
  const forward: Chain = {
    name: 'forward',
    base: { hook: 'forward', priority: 0, policy: 'accept' },
    rules: [
      ...stateRules(host.nf_conntrack_allow_invalid.value),
      ...jumps(across),
      ...policyRules(
        'policy_forward',
        site.cluster.options.policy_forward,
        host.log_level_forward.value,
        place('forward', 'forward'),
      ),
    ],
  };
  const vnets = compileVnets(site.vnets, host, place);
  const anyVnet = vnets.maps.length > 0;
  // Routed traffic is left alone until somebody asks for more.
  const forwards = across.length > 0 || site.cluster.options.policy_forward.value !== 'accept';
  return {
    chains: [
      ...(anyVnet ? [vnetsIn] : []),
      ...[input, output, ...(forwards ? [forward] : [])],
      ...(anyVnet ? [vnetsOut] : []),
      ...[...into, ...out, ...across, ...vnets.chains, ...groups.all()],
      smurfChain('inet', host.smurf_log_level.value, { ...log, chain: '' }),
      tcpFlagsChain(host.tcp_flags_log_level.value, { ...log, chain: '' }),
      noiseRules('inet', 'drop'),
      noiseRules('inet', 'reject'),
      rejectChain(),
    ],
    sets: sets.all(),
    maps: vnets.maps,
  };
}

/** Vnets see what comes to the host before its own chains do, and what leaves it after them (spec firewall.md 7.2.1). */
const vnetsIn: Chain = {
  name: 'input-vnets',
  base: { hook: 'input', priority: -1, policy: 'accept' },
  rules: [dispatch('iifname', VNETS)],
};
const vnetsOut: Chain = {
  name: 'output-vnets',
  base: { hook: 'output', priority: 1, policy: 'accept' },
  rules: [dispatch('oifname', VNETS)],
};

/** The set `management` with the local network added (spec firewall.md 5.3). */
function managementIn(site: Site, names: Names, sets: SetUse, report: Report): Rule[] {
  const declared = names.ownSet('dc', 'management');
  const local = site.network.local?.network;
  const span = declared?.set.span ?? site.network.local?.span ?? null;
  const { members, unclear } = declared === undefined ? NO_MEMBERS : membersOf(declared.set, names);
  if (declared && unclear !== null) {
    report(unclearSet('management', declared.set.span, unclear, 'nobody gets to the management ports for being in it'));
    return [];
  }
  const content = setContent([...members, ...(local === undefined ? [] : [{ nomatch: false, range: local }])]);
  return ([4, 6] as const).flatMap((family) => {
    const elements = content[family];
    if (elements.length === 0) return [];
    const set = sets.add(managementSet(family), family, elements, span && originOf(span));
    return [
      implied(
        'management',
        [inSet(address(family, 'saddr'), set), is('meta l4proto', TCP), is('th dport', ...MANAGEMENT_IN)],
        verdict('accept'),
      ),
    ];
  });
}

function managementOut(site: Site): Rule[] {
  const local = site.network.local?.network;
  if (local === undefined) return [];
  return [
    implied(
      'management',
      [to('daddr', local), is('meta l4proto', TCP), is('th dport', ...MANAGEMENT_OUT)],
      verdict('accept'),
    ),
  ];
}

/** Peer by peer and link by link: an address of one link never speaks to another (spec firewall.md 5.8). */
function corosyncRules({ network: { corosync } }: Site, direction: 'in' | 'out'): Rule[] {
  if (corosync === null) return [];
  const ports = [is('meta l4proto', UDP), is('th dport', COROSYNC_PORTS[corosync.transport])];
  const [peerSide, ownSide] = direction === 'in' ? (['saddr', 'daddr'] as const) : (['daddr', 'saddr'] as const);
  const rules = corosync.links.flatMap(({ link, own, peers }) => {
    if (peers.length === 0) return [];
    const peerAddresses = is(address(own.family, peerSide), ...merge(peers.map(({ interval }) => interval)));
    const pair = direction === 'in' ? [peerAddresses, to(ownSide, own)] : [to(ownSide, own), peerAddresses];
    return [implied(`corosync link ${link}`, [...pair, ...ports], verdict('accept'))];
  });
  const multicast = implied('corosync multicast', [is('fib daddr type', 5), ...ports], verdict('accept'));
  return corosync.transport === 'udp' ? [...rules, multicast] : rules;
}

const to = (direction: 'saddr' | 'daddr', { family, interval }: AddressRange): Match =>
  is(address(family, direction), interval);
