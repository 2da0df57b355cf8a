import type { Located, Report } from '../diagnostics/index.js';
import type { Chain, NamedSet, Rule, Table, VerdictMap } from '../ruleset/index.js';
import { TABLE_NAME } from '../ruleset/index.js';
import type { RuleDirection, Site, Rule as SiteRule } from '../site/index.js';
import { byName, dispatch, IGMP, implied, is, jump, nd, verdict } from './build.js';
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
import { conntrackHelpers } from './helpers.js';
import { corosyncRules, managementIn, managementOut } from './implied-accepts.js';
import type { Place } from './lower.js';
import { lowerRules } from './lower.js';
import type { Names } from './names.js';
import { noiseRules, policyRules } from './policy.js';
import { reachable } from './reachable.js';
import { rejectChain, toReject } from './reject.js';
import { SetUse, usesSet } from './set-use.js';
import { synflood } from './synflood.js';
import { compileVnets, VNETS } from './vnet.js';

/** The inet table, without chains when it has nothing to do. The host's `enable` switches its rules, not what protects all traffic. */
export function compileHost(site: Site, names: Names, report: Report): Table {
  const { options } = site.host;
  const compiled = hostChains(site, names, report);
  const { chains, sets, maps } = options.enable.value ? compiled : { chains: [], sets: [], maps: [] };
  const used = reachable(
    chains,
    maps.flatMap(({ elements }) => elements),
  );
  const guard = synflood('inet', options);
  const { chains: assignments, helpers } = conntrackHelpers('inet', options);
  return {
    family: 'inet',
    name: TABLE_NAME,
    sets: sets.filter((set) => usesSet(used, set)),
    maps,
    dynamicSets: guard.dynamicSets,
    helpers,
    chains: [...guard.chains, ...assignments, ...used],
  };
}

interface HostOutput {
  readonly chains: readonly Chain[];
  readonly sets: readonly NamedSet[];
  readonly maps: readonly VerdictMap[];
}

/** What reaches, leaves and crosses the host itself (spec firewall.md 7.1.1, 7.1.2, 7.2.4). */
function hostChains(site: Site, names: Names, report: Report): HostOutput {
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
