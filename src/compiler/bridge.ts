import type { Report } from '../diagnostics/index.js';
import type { Chain, Table } from '../ruleset/index.js';
import { REJECT_CHAIN, TABLE_NAME } from '../ruleset/index.js';
import type { RuleDirection, Site } from '../site/index.js';
import { dispatch } from './build.js';
import { type Callee, earlyPlaces, earlyVariant } from './early.js';
import { smurfChain, tcpFlagsChain } from './first-steps.js';
import { GroupUse } from './group.js';
import type { GuestUnit } from './guest.js';
import { compileGuest } from './guest.js';
import { conntrackHelpers } from './helpers.js';
import { guestBridges, knownOpen, lateChains, lateFrom, lateTo } from './late-port.js';
import { notIpChain } from './layer2.js';
import type { Place } from './lower.js';
import type { ClusterNames } from './names.js';
import { unfilteredChain, unfilteredElement } from './nic.js';
import { guardedNics } from './nic-names.js';
import { noiseRules } from './policy.js';
import { reachable } from './reachable.js';
import { answersChain, rejectChain, rejectInBridge, unansweredChain } from './reject.js';
import { mergeSets, SetUse, usesSet } from './set-use.js';
import { synflood } from './synflood.js';
import { compileVnets, VNETS } from './vnet.js';

/** The verdict maps with an element for each port, or each MAC address, of filtered guests. */
export const GUEST_IN = 'guest-in';
export const GUEST_OUT = 'guest-out';
export const INSPECTED = 'inspected';
export const GUEST_EARLY = 'guest-early';

/** The bridge table, given the guests it is to hold. */
export interface Bridges {
  readonly units: Map<number, GuestUnit>;
  /** Without chains when it has nothing to do. */
  readonly table: (units: readonly GuestUnit[]) => Table;
}

/** Compiles every guest and vnet that has a firewall file, the switched-off ones only for what is wrong in them. */
export function compileBridges(site: Site, cluster: ClusterNames, report: Report): Bridges {
  const host = site.host.options;
  const logLimit = site.cluster.options.log_ratelimit.value;
  const groupSets = new SetUse();
  const { names } = cluster;
  const place = (direction: RuleDirection, chain: string): Place => ({
    table: 'bridge',
    direction,
    names,
    sets: groupSets,
    groups,
    log: { guest: 0, chain, limit: logLimit },
    reject: rejectInBridge(direction),
    link: () => undefined,
    report,
  });
  const groups: GroupUse = new GroupUse(place);
  const log = { guest: 0, chain: '', limit: logLimit };
  const called: readonly Chain[] = [
    notIpChain,
    smurfChain('bridge', host.smurf_log_level.value, log),
    tcpFlagsChain(host.tcp_flags_log_level.value, log),
    noiseRules('bridge', 'drop'),
    noiseRules('bridge', 'reject'),
    noiseRules('bridge', 'silent'),
    noiseRules('bridge', 'unanswered'),
  ];
  const callee: Callee = (name) => groups.find(name) ?? called.find((chain) => chain.name === name);
  const places = earlyPlaces(site);
  const units = new Map<number, GuestUnit>();
  for (const guest of site.guests) {
    const { firewall } = guest;
    if (firewall === null) continue;
    const unit = compileGuest({
      guest,
      firewall,
      host,
      logLimit,
      names: cluster.forGuest(guest.id, firewall),
      groups,
      callee,
      earlyPlaces: places,
      report,
    });
    if (firewall.options.enable.value && unit.in.length > 0) units.set(guest.id, unit);
  }
  // Nobody may use them, but what is wrong in them is said: chains without a caller are left out below.
  for (const group of site.cluster.groups)
    for (const direction of ['in', 'out', 'forward'] as const) groups.chain(group, direction);
  const vnets = compileVnets(site.vnets, host, place);
  const anyVnet = vnets.maps.length > 0;
  const unfiltered = site.guests
    .filter(({ id }) => !units.has(id))
    .flatMap((guest) => guardedNics(guest).map(unfilteredElement));
  const bridges = guestBridges(site);
  const open = knownOpen(site, new Set(units.keys()));
  const common: readonly Chain[] = [
    unfilteredChain(host, names, groupSets, logLimit),
    ...vnets.chains,
    ...groups.all(),
    ...called,
    ...[...groups.all(), ...called].map(earlyVariant),
    rejectChain(),
    unansweredChain(),
  ];
  const used = reachable(
    [...[...units.values()].flatMap(({ chains }) => chains), ...common],
    [...units.values()]
      .flatMap((unit) => [...unit.in, ...unit.out, ...unit.early])
      .concat(
        unfiltered,
        vnets.maps.flatMap(({ elements }) => elements),
      ),
  );
  const inspects = [...units.values()].some(({ inspected }) => inspected.length > 0);
  const kept = new Set(used.map(({ name }) => name));
  const shared = common.filter(({ name }) => kept.has(name));
  const answersIn = [...units.values()].some(({ early }) => early.length > 0);
  const rejects = kept.has(REJECT_CHAIN);
  const base = baseChains({ answersIn, anyVnet, rejects, inspects, anyBridge: bridges.length > 0 });
  const filters = units.size > 0 || unfiltered.length > 0 || anyVnet;
  const guard = synflood('bridge', host);
  const looks = filters || bridges.length > 0;
  // Where no rule asks for the state of a connection, none is tracked.
  const { chains: assignments, helpers } = filters ? conntrackHelpers('bridge', host) : { chains: [], helpers: [] };
  const sharedSets = mergeSets([
    groupSets.all().filter((set) => usesSet(shared, set)),
    ...[...units.values()].map((unit) => unit.sharedSets),
  ]);
  return {
    units,
    table: (members) => ({
      family: 'bridge',
      name: TABLE_NAME,
      sets: [...sharedSets, ...members.flatMap(({ sets }) => sets)],
      maps: looks
        ? [
            {
              name: GUEST_IN,
              type: 'ifname',
              elements: [...unfiltered, ...open.to, ...members.flatMap((unit) => unit.in)],
            },
            { name: GUEST_OUT, type: 'ifname', elements: [...open.from, ...members.flatMap((unit) => unit.out)] },
            ...vnets.maps,
            ...(answersIn
              ? [{ name: GUEST_EARLY, type: 'ether_addr' as const, elements: members.flatMap((unit) => unit.early) }]
              : []),
            ...(inspects
              ? [{ name: INSPECTED, type: 'ifname' as const, elements: members.flatMap((unit) => unit.inspected) }]
              : []),
          ]
        : [],
      dynamicSets: guard.dynamicSets,
      helpers,
      chains: [
        ...guard.chains,
        ...assignments,
        ...(looks ? base : []),
        ...(bridges.length > 0 ? lateChains(bridges) : []),
        ...shared,
        ...members.flatMap(({ chains }) => chains),
      ],
    }),
  };
}

/** What is in the table, as far as base chains depend on it. */
interface Needs {
  /** Some guest refuses with an answer what goes to it. */
  readonly answersIn: boolean;
  readonly anyVnet: boolean;
  /** Some rule rejects. */
  readonly rejects: boolean;
  /** Some guest has the option `ips`. */
  readonly inspects: boolean;
  /** There is a bridge where ports of guests may come. */
  readonly anyBridge: boolean;
}

/** The hooks the table is called from, in the order in which a frame passes them. */
const baseChains = ({ answersIn, anyVnet, rejects, inspects, anyBridge }: Needs): readonly Chain[] => [
  {
    name: 'prerouting',
    base: { hook: 'prerouting', priority: 0, policy: 'accept' },
    rules: [dispatch('iifname', GUEST_OUT), ...(anyBridge ? lateFrom : [])],
  },
  ...(answersIn ? [earlyBase] : []),
  ...(anyVnet ? [vnetForward] : []),
  {
    name: 'postrouting',
    base: { hook: 'postrouting', priority: 0, policy: 'accept' },
    rules: [dispatch('oifname', GUEST_IN), ...(anyBridge ? lateTo : [])],
  },
  ...(rejects ? [answersChain] : []),
  ...(inspects ? [inspectionBase] : []),
];

/** A bridge forwards between its own ports: the bridge of arrival is the one of departure, too. */
const vnetForward: Chain = {
  name: 'forward',
  base: { hook: 'forward', priority: 0, policy: 'accept' },
  rules: [dispatch('meta ibrname', VNETS)],
};

/** After the guests' OUT rules, which decide first whether a frame goes anywhere. */
const earlyBase: Chain = {
  name: 'early',
  base: { hook: 'prerouting', priority: 1, policy: 'accept' },
  rules: [dispatch('ether daddr', GUEST_EARLY)],
};

/** Right behind the rules: an accept there ends its own base chain, and the packet comes here. */
const inspectionBase: Chain = {
  name: 'inspection',
  base: { hook: 'postrouting', priority: 1, policy: 'accept' },
  rules: [dispatch('oifname', INSPECTED)],
};
