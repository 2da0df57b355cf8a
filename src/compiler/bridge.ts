import type { Report } from '../diagnostics/index.js';
import type { Chain, MapElement, Table, VerdictMap } from '../ruleset/index.js';
import { REJECT_CHAIN, TABLE_NAME } from '../ruleset/index.js';
import type { RuleDirection, Site } from '../site/index.js';
import { baseChains, GUEST_EARLY, GUEST_IN, GUEST_OUT, INSPECTED } from './bridge-base.js';
import { type Callee, earlyPlaces, earlyVariant } from './early.js';
import { smurfChain, tcpFlagsChain } from './first-steps.js';
import { GroupUse } from './group.js';
import type { GuestUnit } from './guest.js';
import { compileGuest } from './guest.js';
import { conntrackHelpers } from './helpers.js';
import { guestBridges, knownOpen, lateChains } from './late-port.js';
import { notIpChain } from './layer2.js';
import type { Place } from './lower.js';
import type { ClusterNames } from './names.js';
import { unfilteredChain, unfilteredElement } from './nic.js';
import { guardedNics } from './nic-names.js';
import { noiseRules } from './policy.js';
import { reachable } from './reachable.js';
import { rejectChain, rejectInBridge, unansweredChain } from './reject.js';
import { mergeSets, SetUse, usesSet } from './set-use.js';
import { synflood } from './synflood.js';
import { compileVnets } from './vnet.js';

/** The bridge table, given the guests it is to hold. */
export interface Bridges {
  readonly units: ReadonlyMap<number, GuestUnit>;
  /** Without chains when it has nothing to do. */
  readonly table: (units: readonly GuestUnit[]) => Table;
}

/** Compiles every guest and vnet that has a firewall file, the switched-off ones only for what is wrong in them. */
export function compileBridges(site: Site, cluster: ClusterNames, report: Report): Bridges {
  const host = site.host.options;
  const logLimit = site.cluster.options.log_ratelimit.value;
  const sets = new SetUse();
  const place = (direction: RuleDirection, chain: string): Place => ({
    table: 'bridge',
    direction,
    names: cluster.names,
    sets,
    groups,
    log: { guest: 0, chain, limit: logLimit },
    reject: rejectInBridge(direction),
    link: () => undefined,
    report,
  });
  const groups: GroupUse = new GroupUse(place);
  const called = calledChains(site);
  const units = compileGuests(site, cluster, groups, called, report);
  // Nobody may use them, but what is wrong in them is said: chains without a caller are left out below.
  for (const group of site.cluster.groups)
    for (const direction of ['in', 'out', 'forward'] as const) groups.chain(group, direction);
  const vnets = compileVnets(site.vnets, host, place);
  const unfiltered = site.guests
    .filter(({ id }) => !units.has(id))
    .flatMap((guest) => guardedNics(guest).map(unfilteredElement));
  const common: readonly Chain[] = [
    unfilteredChain(host, cluster.names, sets, logLimit),
    ...vnets.chains,
    ...groups.all(),
    ...called,
    ...[...groups.all(), ...called].map(earlyVariant),
    rejectChain(),
    unansweredChain(),
  ];
  const parts = { units: [...units.values()], unfiltered, vnetMaps: vnets.maps, common, sets };
  return { units, table: bridgeTable(site, parts) };
}

/** The chains of no group that rules may call. */
function calledChains({ host: { options }, cluster }: Site): readonly Chain[] {
  const log = { guest: 0, chain: '', limit: cluster.options.log_ratelimit.value };
  return [
    notIpChain,
    smurfChain('bridge', options.smurf_log_level.value, log),
    tcpFlagsChain(options.tcp_flags_log_level.value, log),
    noiseRules('bridge', 'drop'),
    noiseRules('bridge', 'reject'),
    noiseRules('bridge', 'silent'),
    noiseRules('bridge', 'unanswered'),
  ];
}

/** The guests that are filtered. */
function compileGuests(
  site: Site,
  cluster: ClusterNames,
  groups: GroupUse,
  called: readonly Chain[],
  report: Report,
): ReadonlyMap<number, GuestUnit> {
  const callee: Callee = (name) => groups.find(name) ?? called.find((chain) => chain.name === name);
  const places = earlyPlaces(site);
  const units = new Map<number, GuestUnit>();
  for (const guest of site.guests) {
    const { firewall } = guest;
    if (firewall === null) continue;
    const unit = compileGuest({
      guest,
      firewall,
      host: site.host.options,
      logLimit: site.cluster.options.log_ratelimit.value,
      names: cluster.forGuest(guest.id, firewall),
      groups,
      callee,
      earlyPlaces: places,
      report,
    });
    if (firewall.options.enable.value && unit.in.length > 0) units.set(guest.id, unit);
  }
  return units;
}

/** What the table is made of. */
interface Parts {
  /** Every filtered guest, whether the table is to hold it or not: what is shared does not depend on that. */
  readonly units: readonly GuestUnit[];
  /** The ports of guests without an enabled firewall. */
  readonly unfiltered: readonly MapElement[];
  readonly vnetMaps: readonly VerdictMap[];
  /** Chains of no single guest; those that nobody calls are left out. */
  readonly common: readonly Chain[];
  /** The sets these use. */
  readonly sets: SetUse;
}

function bridgeTable(
  site: Site,
  { units, unfiltered, vnetMaps, common, sets }: Parts,
): (members: readonly GuestUnit[]) => Table {
  const host = site.host.options;
  const bridges = guestBridges(site);
  const open = knownOpen(site, new Set(units.map(({ id }) => id)));
  const used = reachable(
    [...units.flatMap(({ chains }) => chains), ...common],
    [
      ...units.flatMap((unit) => [...unit.in, ...unit.out, ...unit.early]),
      ...unfiltered,
      ...vnetMaps.flatMap(({ elements }) => elements),
    ],
  );
  const kept = new Set(used.map(({ name }) => name));
  const shared = common.filter(({ name }) => kept.has(name));
  const needs = {
    answersIn: units.some(({ early }) => early.length > 0),
    anyVnet: vnetMaps.length > 0,
    rejects: kept.has(REJECT_CHAIN),
    inspects: units.some(({ inspected }) => inspected.length > 0),
    anyBridge: bridges.length > 0,
  };
  const filters = units.length > 0 || unfiltered.length > 0 || needs.anyVnet;
  const looks = filters || needs.anyBridge;
  const guard = synflood('bridge', host);
  // Where no rule asks for the state of a connection, none is tracked.
  const { chains: assignments, helpers } = filters ? conntrackHelpers('bridge', host) : { chains: [], helpers: [] };
  const sharedSets = mergeSets([
    sets.all().filter((set) => usesSet(shared, set)),
    ...units.map((unit) => unit.sharedSets),
  ]);
  const maps = (members: readonly GuestUnit[]): VerdictMap[] => [
    { name: GUEST_IN, type: 'ifname', elements: [...unfiltered, ...open.to, ...members.flatMap((unit) => unit.in)] },
    { name: GUEST_OUT, type: 'ifname', elements: [...open.from, ...members.flatMap((unit) => unit.out)] },
    ...vnetMaps,
    ...(needs.answersIn
      ? [{ name: GUEST_EARLY, type: 'ether_addr' as const, elements: members.flatMap((unit) => unit.early) }]
      : []),
    ...(needs.inspects
      ? [{ name: INSPECTED, type: 'ifname' as const, elements: members.flatMap((unit) => unit.inspected) }]
      : []),
  ];
  return (members) => ({
    family: 'bridge',
    name: TABLE_NAME,
    sets: [...sharedSets, ...members.flatMap((unit) => unit.sets)],
    maps: looks ? maps(members) : [],
    dynamicSets: guard.dynamicSets,
    helpers,
    chains: [
      ...guard.chains,
      ...assignments,
      ...(looks ? baseChains(needs) : []),
      ...(needs.anyBridge ? lateChains(bridges) : []),
      ...shared,
      ...members.flatMap(({ chains }) => chains),
    ],
  });
}
