import type { Chain, MapElement, Rule, Statement } from '../ruleset/index.js';
import type { Guest, HostOptions, LogLimit, Nic } from '../site/index.js';
import { goTo, implied, is, nd, ofFamily, UDP, verdict } from './build.js';
import { blacklistRules, icmpv6Errors, neighborDiscovery, smurfJump, stateRules, tcpFlagsJump } from './first-steps.js';
import type { GuestInput } from './guest-input.js';
import { sourceFilter } from './ipfilter.js';
import { filterNotIp, listedFrames, passNotIp } from './layer2.js';
import { macFilter } from './macfilter.js';
import type { Names } from './names.js';
import { acceptAnswers } from './reject.js';
import type { SetUse } from './set-use.js';

/** The chain of a guest's own rules, where the chains of its NICs end. */
export const rulesChain = (guest: Guest, direction: 'in' | 'out'): string => `guest-${guest.id}-${direction}`;
const nicChain = (guest: Guest, nic: Nic, direction: 'in' | 'out'): string =>
  `guest-${guest.id}-net${nic.index}-${direction}`;

/** The element that sends what goes through the NIC's port to the chain. */
export const leadTo = (chain: string, { port, origin }: Nic): MapElement => ({
  key: port,
  verdict: goTo(chain),
  origin,
});

/** What goes to a NIC: first what holds for every frame, then the guest's rules. */
export function nicIn(nic: Nic, input: GuestInput, sets: SetUse): Chain {
  const { guest } = input;
  return {
    name: nicChain(guest, nic, 'in'),
    rules: [...firstStepsIn(nic, input, sets), goOn(rulesChain(guest, 'in'))],
  };
}

/** What every frame to this port goes through before the guest's own rules. */
export function firstStepsIn(nic: Nic, input: GuestInput, sets: SetUse): Rule[] {
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

/** What comes from a NIC: first who it says it is, then what it wants. */
export function nicOut(nic: Nic, input: GuestInput, sets: SetUse): Chain {
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

const UNFILTERED_CHAIN = 'unfiltered-in';

/** Where the NICs go whose guest has no firewall of its own, or has it switched off. */
export function unfilteredChain(host: HostOptions, names: Names, sets: SetUse, limit: LogLimit): Chain {
  const log = { guest: 0, chain: UNFILTERED_CHAIN, limit };
  const blacklist = blacklistRules(names, sets, host.log_level_out.value, log);
  return { name: UNFILTERED_CHAIN, rules: everyGuestIn(host, [passNotIp], blacklist) };
}

/** The element that sends what goes to an unfiltered NIC to `unfilteredChain`. */
export const unfilteredElement = (nic: Nic): MapElement => leadTo(UNFILTERED_CHAIN, nic);
