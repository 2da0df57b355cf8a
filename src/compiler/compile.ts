import type { Diagnostic, Report } from '../diagnostics/index.js';
import { diagnose } from '../diagnostics/index.js';
import type { Chain, MapElement, NamedSet, Ruleset, Table } from '../ruleset/index.js';
import { printMapElement, printRuleset, printTable, spanOf, TABLE_NAME } from '../ruleset/index.js';
import type { RuleDirection, Site } from '../site/index.js';
import type { Sysctl } from '../sysctl/index.js';
import { dispatch } from './build.js';
import { type Callee, earlyPlaces, earlyVariant, refuses } from './early.js';
import { smurfChain, tcpFlagsChain } from './first-steps.js';
import { GroupUse } from './group.js';
import type { GuestUnit } from './guest.js';
import { compileGuest } from './guest.js';
import { conntrackHelpers } from './helpers.js';
import { compileHost } from './host.js';
import { notIpChain, reservedChain } from './layer2.js';
import type { Place } from './lower.js';
import type { ClusterNames } from './names.js';
import { clusterNames } from './names.js';
import { unfilteredChain, unfilteredElement } from './nic.js';
import { guardedNics } from './nic-names.js';
import { noiseRules } from './policy.js';
import { reachable } from './reachable.js';
import { answersChain, rejectChain, rejectInBridge, unansweredChain } from './reject.js';
import { SetUse } from './set-use.js';
import { synflood } from './synflood.js';
import { sysctlsOf } from './sysctls.js';
import { compileVnets, VNETS } from './vnet.js';
import { checkWhole } from './whole.js';

export interface Compiled {
  /** Everything: what the kernel is to hold. No table at all when the firewall is off. */
  readonly ruleset: Ruleset;
  /** The part that belongs to no single guest. */
  readonly shared: Ruleset;
  /** Each filtered guest on its own, by id. */
  readonly units: ReadonlyMap<number, GuestUnit>;
  /** Kernel settings, which are no rules. */
  readonly sysctls: readonly Sysctl[];
  readonly diagnostics: readonly Diagnostic[];
}

const GUEST_IN = 'guest-in';
const GUEST_OUT = 'guest-out';
const INSPECTED = 'inspected';
const GUEST_EARLY = 'guest-early';

/** Compiles a site. Pure: the same site gives the same ruleset, and no diagnostic is ever thrown. */
export function compile(site: Site): Compiled {
  const found = new Map<string, Diagnostic>();
  // A group is compiled for both tables; what is wrong in it is said once.
  const report = (diagnostic: Diagnostic): void => {
    const { span, code, message } = diagnostic;
    found.set(`${span.file}:${span.line}:${span.column} ${code} ${message}`, diagnostic);
  };
  const cluster = clusterNames(site, report);
  cluster.names.checkSets();
  // What is switched off is compiled all the same, for what is wrong in it.
  const own = compileHostTable(site, cluster, report);
  const { units, table } = compileBridges(site, cluster, report);
  const host: Table = units.size === 0 ? own : { ...own, chains: [reservedChain, ...own.chains] };
  const tables = (members: readonly GuestUnit[]): Table[] =>
    site.enabled ? [host, table(members)].filter(({ chains }) => chains.length > 0) : [];
  const whole = tables([...units.values()]);
  checkWhole(site, report);
  if (site.enabled) mentionUnanswered(whole, report);
  return {
    ruleset: { tables: whole },
    shared: { tables: tables([]) },
    units: site.enabled ? units : new Map(),
    sysctls: sysctlsOf(site),
    diagnostics: [...found.values()],
  };
}

/** The shared part as text: loading it replaces both tables, guests and all. */
export const printHost = (compiled: Compiled): string => printRuleset(compiled.shared);

/** One guest as text, to be loaded after the shared part. */
export function printGuest({ units }: Compiled, id: number): string | undefined {
  const unit = units.get(id);
  if (unit === undefined) return undefined;
  const table: Table = { family: 'bridge', name: TABLE_NAME, sets: unit.sets, maps: [], chains: unit.chains };
  const publish = (map: string, elements: readonly MapElement[]): string[] =>
    elements.map((element) => `add element bridge ${TABLE_NAME} ${map} { ${printMapElement(element)} }\n`);
  return `${printTable(table)}\n${[...publish(GUEST_IN, unit.in), ...publish(GUEST_OUT, unit.out), ...publish(GUEST_EARLY, unit.early), ...publish(INSPECTED, unit.inspected)].join('')}`;
}

/** Says once that some refusals are silent, and where the first one is asked for. */
function mentionUnanswered(tables: readonly Table[], report: Report): void {
  const rules = tables.flatMap(({ chains }) => chains.flatMap((chain) => chain.rules));
  const [first] = rules.filter(refuses).flatMap(({ origin }) => origin ?? []);
  if (first === undefined) return;
  report(
    diagnose(
      'rule/reject-unanswered',
      spanOf(first),
      'REJECT drops without an answer what this node sends or routes to a guest, and what a bridge forwards',
      { help: 'nothing needs to be done: what others on its bridge send to a guest is answered' },
    ),
  );
}

/** Without chains when it has nothing to do. The host's `enable` switches its rules, not what protects all traffic. */
function compileHostTable(site: Site, { names }: ClusterNames, report: Report): Table {
  const { options } = site.host;
  const compiled = compileHost(site, names, report);
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

/** The bridge table, given the guests it is to hold. */
interface Bridges {
  readonly units: Map<number, GuestUnit>;
  /** Without chains when it has nothing to do. */
  readonly table: (units: readonly GuestUnit[]) => Table;
}

/** Compiles every guest and vnet that has a firewall file, the switched-off ones only for what is wrong in them. */
function compileBridges(site: Site, cluster: ClusterNames, report: Report): Bridges {
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
  const base: readonly Chain[] = [
    {
      name: 'prerouting',
      base: { hook: 'prerouting', priority: 0, policy: 'accept' },
      rules: [dispatch('iifname', GUEST_OUT)],
    },
    ...(answersIn ? [earlyBase] : []),
    ...(anyVnet ? [vnetForward] : []),
    {
      name: 'postrouting',
      base: { hook: 'postrouting', priority: 0, policy: 'accept' },
      rules: [dispatch('oifname', GUEST_IN)],
    },
    ...(kept.has(rejectChain().name) ? [answersChain] : []),
    ...(inspects ? [inspectionBase] : []),
  ];
  const filters = units.size > 0 || unfiltered.length > 0 || anyVnet;
  const guard = synflood('bridge', host);
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
      maps: filters
        ? [
            { name: GUEST_IN, type: 'ifname', elements: [...unfiltered, ...members.flatMap((unit) => unit.in)] },
            { name: GUEST_OUT, type: 'ifname', elements: members.flatMap((unit) => unit.out) },
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
        ...(filters ? base : []),
        ...shared,
        ...members.flatMap(({ chains }) => chains),
      ],
    }),
  };
}

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

const usesSet = (chains: readonly Chain[], { name }: NamedSet): boolean =>
  chains.some(({ rules }) =>
    rules.some(({ matches }) => matches.some((match) => match.kind === 'set' && match.set === name)),
  );

function mergeSets(lists: readonly (readonly NamedSet[])[]): NamedSet[] {
  const byName = new Map(lists.flat().map((set) => [set.name, set]));
  return [...byName.values()].sort((a, b) => (a.name < b.name ? -1 : 1));
}
