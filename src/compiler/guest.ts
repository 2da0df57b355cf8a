import type { Diagnostic, Located, Report, Span } from '../diagnostics/index.js';
import { diagnose } from '../diagnostics/index.js';
import type { Chain, MapElement, NamedSet, Rule, Statement } from '../ruleset/index.js';
import { originOf, range, spanOf } from '../ruleset/index.js';
import type { Guest, GuestConfig, HostOptions, LogLimit, Nic } from '../site/index.js';
import { goTo, implied, is, isNot, nd, ofFamily, UDP, verdict, written } from './build.js';
import { type Callee, type EarlyPlace, earlyChain, earlyName } from './early.js';
import { blacklistRules, icmpv6Errors, neighborDiscovery, smurfJump, stateRules, tcpFlagsJump } from './first-steps.js';
import type { GroupUse } from './group.js';
import { sourceFilter } from './ipfilter.js';
import { checkListedFrames, filterNotIp, listedFrames, passNotIp } from './layer2.js';
import type { Place } from './lower.js';
import { lowerRules } from './lower.js';
import type { Names } from './names.js';
import { policyRules } from './policy.js';
import { acceptAnswers, rejectInBridge } from './reject.js';
import { SetUse } from './set-use.js';

/** All that one guest's chains depend on. */
export interface GuestInput {
  readonly guest: Guest;
  readonly firewall: GuestConfig;
  readonly host: HostOptions;
  readonly logLimit: LogLimit;
  readonly names: Names;
  /** The security groups of the bridge table; they belong to no guest. */
  readonly groups: GroupUse;
  /** The chains of the bridge table that guests' chains call. */
  readonly callee: Callee;
  /** Where frames to the guest's NICs can be answered, by port. */
  readonly earlyPlaces: ReadonlyMap<string, EarlyPlace>;
  readonly report: Report;
}

/** One guest compiled: its chains, its sets, and the map elements that send its ports there. */
export interface GuestUnit {
  readonly id: number;
  readonly chains: readonly Chain[];
  /** Sets only this guest uses. */
  readonly sets: readonly NamedSet[];
  /** Sets of the cluster that the guest's rules name; several guests may. */
  readonly sharedSets: readonly NamedSet[];
  readonly in: readonly MapElement[];
  readonly out: readonly MapElement[];
  /** Sends what may pass to a program that looks into it; none without the option `ips`. */
  readonly inspected: readonly MapElement[];
  /** By MAC address, for what is refused with an answer. */
  readonly early: readonly MapElement[];
}

/** The NICs the firewall looks at: those with `firewall=1`, on a bridge. */
export const guardedNics = ({ nics }: Guest): Nic[] =>
  nics.filter(({ firewall, bridge }) => firewall && bridge !== null);

/** Compiles one guest (spec firewall.md 7.1.3, 7.1.4), for its ports in the bridge family. */
export function compileGuest(input: GuestInput): GuestUnit {
  const { guest, firewall, names, groups, report } = input;
  const sets = new SetUse();
  const nics = guardedNics(guest);
  checkSourceFilters(input);
  checkListedFrames(input);
  names.checkSets();
  const place = (direction: 'in' | 'out'): Place => ({
    table: 'bridge',
    direction,
    names,
    sets,
    groups,
    log: { guest: guest.id, chain: rulesChain(guest, direction), limit: input.logLimit },
    reject: rejectInBridge(direction),
    link: (iface) => portOf(iface, guest, report),
    report,
  });
  const { options } = firewall;
  const into = place('in');
  const out = place('out');
  const rulesIn: Chain = {
    name: rulesChain(guest, 'in'),
    rules: [
      ...lowerRules(firewall.rules, into),
      ...policyRules('policy_in', options.policy_in, options.log_level_in.value, into),
    ],
  };
  const early = nics.flatMap((nic) => {
    const place = input.earlyPlaces.get(nic.port);
    if (place === undefined) return [];
    const rules = [...firstStepsIn(nic, input, sets), ...rulesIn.rules];
    return earlyChain(earlyName(`guest-${guest.id}-net${nic.index}`), place, rules, input.callee) ?? [];
  });
  const chains = [
    ...nics.flatMap((nic) => [nicIn(nic, input, sets), nicOut(nic, input, sets)]),
    ...early.map(({ chain }) => chain),
    rulesIn,
    {
      name: rulesChain(guest, 'out'),
      rules: [
        ...lowerRules(firewall.rules, out),
        ...policyRules('policy_out', options.policy_out, options.log_level_out.value, out),
      ],
    },
  ];
  const own = `guest-${guest.id}/`;
  const inspection = inspectionChain(guest, options);
  const element = ({ port, origin }: Nic, chain: string): MapElement => ({ key: port, verdict: goTo(chain), origin });
  return {
    id: guest.id,
    chains: [...chains, ...(inspection === null ? [] : [inspection])],
    sets: sets.all().filter(({ name }) => name.startsWith(own)),
    sharedSets: sets.all().filter(({ name }) => !name.startsWith(own)),
    in: nics.map((nic) => element(nic, nicChain(guest, nic, 'in'))),
    out: nics.map((nic) => element(nic, nicChain(guest, nic, 'out'))),
    inspected: inspection === null ? [] : nics.map((nic) => element(nic, inspection.name)),
    early: early.map(({ element }) => element),
  };
}

const rulesChain = (guest: Guest, direction: 'in' | 'out'): string => `guest-${guest.id}-${direction}`;
const nicChain = (guest: Guest, nic: Nic, direction: 'in' | 'out'): string =>
  `guest-${guest.id}-net${nic.index}-${direction}`;

/**
 * Where the option `ips` sends every IP packet the guest may have, established connections included: to a program behind
 * nfqueue. A chain behind the rules and not a verdict in them, so that each line stays what it is, in shared groups too.
 */
function inspectionChain(guest: Guest, { ips, ips_queues }: GuestConfig['options']): Chain | null {
  if (!ips.value || ips.span === null) return null;
  const queue: Statement = { kind: 'queue', ...ips_queues.value };
  const rule = written(originOf(ips.span), [is('meta protocol', 0x0800, 0x86dd)], queue);
  return { name: `guest-${guest.id}-ips`, rules: [{ ...rule, note: 'ips' }] };
}

function nicIn(nic: Nic, input: GuestInput, sets: SetUse): Chain {
  const { guest } = input;
  return {
    name: nicChain(guest, nic, 'in'),
    rules: [...firstStepsIn(nic, input, sets), goOn(rulesChain(guest, 'in'))],
  };
}

/** What every frame to this port goes through before the guest's own rules. */
function firstStepsIn(nic: Nic, input: GuestInput, sets: SetUse): Rule[] {
  const { guest, firewall, host, names, logLimit } = input;
  const { options } = firewall;
  const log = { guest: guest.id, chain: nicChain(guest, nic, 'in'), limit: logLimit };
  return [
    ...everyGuestIn(host, filterNotIp(options), blacklistRules(names, sets, host.log_level_out.value, log)),
    markRule(guest),
    ...(options.dhcp.value ? dhcp('server') : []),
    icmpv6Errors,
    ...(options.ndp.value ? [neighborDiscovery(Object.values(nd))] : []),
  ];
}

/** What keeps bad packets from any NIC with `firewall=1`, its guest's own firewall on or off (spec firewall.md 7.1.3). */
const everyGuestIn = (host: HostOptions, notIp: readonly Rule[], blacklist: readonly Rule[]): Rule[] => [
  acceptAnswers,
  ...notIp,
  ...stateRules(host.nf_conntrack_allow_invalid.value),
  ...blacklist,
  ...(host.nosmurfs.value ? [smurfJump('bridge')] : []),
  ...(host.tcpflags.value ? [tcpFlagsJump] : []),
];

/** Where the NICs go whose guest has no firewall of its own, or has it switched off. */
export function unfilteredChain(host: HostOptions, names: Names, sets: SetUse, limit: LogLimit): Chain {
  const log = { guest: 0, chain: UNFILTERED_CHAIN, limit };
  const blacklist = blacklistRules(names, sets, host.log_level_out.value, log);
  return { name: UNFILTERED_CHAIN, rules: everyGuestIn(host, [passNotIp], blacklist) };
}

/** The element that sends what goes to an unfiltered NIC to `unfilteredChain`. */
export const unfilteredElement = ({ port, origin }: Nic): MapElement => ({
  key: port,
  verdict: goTo(UNFILTERED_CHAIN),
  origin,
});

const UNFILTERED_CHAIN = 'unfiltered-in';

/** What every frame from this port goes through: first who it says it is, then what it wants. */
function nicOut(nic: Nic, input: GuestInput, sets: SetUse): Chain {
  const { guest, firewall, host } = input;
  const { options } = firewall;
  return {
    name: nicChain(guest, nic, 'out'),
    rules: [
      ...(options.macfilter.value ? macFilter(nic, input) : []),
      ...listedFrames(options),
      ...(options.dhcp.value ? dhcp('client') : []),
      ...sourceFilter(nic, input, sets),
      ...filterNotIp(options),
      ...stateRules(host.nf_conntrack_allow_invalid.value),
      markRule(guest),
      ...(options.radv.value
        ? []
        : [implied('router advertisement', [is('icmpv6 type', nd.routerAdvertisement)], verdict('drop'))]),
      icmpv6Errors,
      ...(options.ndp.value
        ? [
            neighborDiscovery([
              nd.routerSolicitation,
              ...(options.radv.value ? [nd.routerAdvertisement] : []),
              nd.neighborSolicitation,
              nd.neighborAdvertisement,
            ]),
          ]
        : []),
      goOn(rulesChain(guest, 'out')),
    ],
  };
}

const goOn = (chain: string): Rule => ({
  matches: [],
  statements: [{ kind: 'verdict', verdict: goTo(chain) }],
  origin: null,
});

/** Conntrack entries carry their guest's id, so that tools can tell whose they are. */
const markRule = (guest: Guest): Rule => {
  const mark: Statement = { kind: 'set mark', field: 'ct mark', value: guest.id };
  return { matches: [], statements: [mark], origin: null, note: 'guest id' };
};

function macFilter(nic: Nic, { report, guest }: GuestInput): Rule[] {
  if (nic.mac === null) {
    if (!nic.macUnreadable) report(noMac(nic, guest));
    return [implied('no MAC address known', [], verdict('drop'))];
  }
  return [
    implied('macfilter', [isNot('ether saddr', nic.mac)], verdict('drop')),
    implied('macfilter', [isNot('arp saddr ether', nic.mac)], verdict('drop')),
    ...linkLayerOptions(nic.mac),
  ];
}

/**
 * The MAC address a guest gives its neighbours for its own. Nothing in the kernel walks the options of neighbour
 * discovery, so the first is looked at, where systems put it. The interval of its type and length holds the options
 * Source and Target Link-Layer Address, one unit long (RFC 4861 section 4.6.1), and wrong lengths of both.
 */
const linkLayerOptions = (mac: bigint): Rule[] => [
  implied(
    'macfilter',
    [
      is('icmpv6 type', range(nd.neighborSolicitation, nd.neighborAdvertisement)),
      is('nd option', range(0x0101, 0x0201)),
      isNot('nd option ether', mac),
    ],
    verdict('drop'),
  ),
  implied(
    'macfilter',
    [is('icmpv6 type', nd.routerSolicitation), is('rs option', 0x0101), isNot('rs option ether', mac)],
    verdict('drop'),
  ),
];

function noMac(nic: Nic, guest: Guest): Diagnostic {
  const span = spanOf(nic.origin);
  const message = `net${nic.index} of guest ${guest.id} has no MAC address to check, so nothing may leave it`;
  return diagnose('guest/no-mac', span, message, { help: 'give the MAC address, or set macfilter: 0' });
}

/** DHCP as a client sends it (`client`) or as the answers come back (`server`), both versions. */
function dhcp(from: 'client' | 'server'): Rule[] {
  return ([4, 6] as const).map((family) => {
    const [client, server] = family === 4 ? [68, 67] : [546, 547];
    const [sport, dport] = from === 'client' ? [client, server] : [server, client];
    return implied(
      'dhcp',
      [ofFamily('bridge', family), is('meta l4proto', UDP), is('th sport', sport), is('th dport', dport)],
      verdict('accept'),
    );
  });
}

function portOf(iface: Located<string>, guest: Guest, report: Report): string | undefined {
  const nic = guardedNics(guest).find(({ index }) => `net${index}` === iface.value);
  if (nic === undefined) report(noSuchNic(iface.value, iface.span, guest));
  return nic?.port;
}

/** Source filters are for the guest's filtered NICs; one for another NIC would go unnoticed. */
function checkSourceFilters({ guest, firewall, report }: GuestInput): void {
  const filters = new Set(guardedNics(guest).map(({ index }) => `net${index}`));
  for (const { name, span } of firewall.ipsets) {
    const [, nic] = /^ipfilter-(net(?:[0-9]|[1-9][0-9]))$/.exec(name) ?? [];
    if (nic !== undefined && !filters.has(nic)) report(noSuchNic(nic, span, guest));
  }
}

function noSuchNic(name: string, span: Span, guest: Guest): Diagnostic {
  const known = guest.nics.find(({ index }) => `net${index}` === name);
  if (known === undefined) {
    const names = guest.nics.map(({ index }) => `net${index}`).join(', ');
    return diagnose('name/no-nic', span, `guest ${guest.id} has no ${name}`, {
      help: `its configuration has ${names || 'no network device'}`,
    });
  }
  return diagnose('name/no-nic', span, `${name} of guest ${guest.id} is not filtered`, {
    help: `${known.bridge === null ? 'give it a bridge' : 'set firewall=1 on it'}, or remove what names it`,
  });
}
