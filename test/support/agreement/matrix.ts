import { tcpFlag } from '../../../src/ruleset/index.js';
import type { NetworkHeader } from '../../../src/simulate/index.js';
import { ipProtocol } from './frame.js';
import { type Layout, sinkOf } from './layout.js';
import type { End, Wish } from './probe.js';
import { bridgeOf, directionName, withIcmp, withPorts, withProtocol } from './probe.js';
import type { Random } from './random.js';
import type { Named } from './values.js';

const { fin, syn, rst, psh, ack, urg } = tcpFlag;
const { tcp, udp, sctp, gre, esp, vrrp, igmp } = ipProtocol;

type Kind = (choice: Choice) => NetworkHeader;

/** Addresses and ports for one packet. */
interface Choice {
  addresses(family: 4 | 6): readonly [bigint, bigint];
  readonly ports: readonly [number, number];
  readonly sourceMac: bigint;
}

/** No machine has it. */
const STRANGE_MAC = 0x0200_dead_beefn;

const families = [4, 6] as const;
const tcpWith = (flags: number): Kind[] =>
  families.map(
    (family) =>
      ({ addresses, ports }) =>
        withPorts(family, addresses(family), tcp, ports, flags),
  );
const icmpOf = (family: 4 | 6, ...types: readonly (readonly [number, number])[]): Kind[] =>
  types.map(
    ([type, code]) =>
      ({ addresses }) =>
        withIcmp(family, addresses(family), type, code),
  );

/** Neighbour discovery that says whose MAC address is whose: the sender's own, and another. */
const neighborKinds: readonly Kind[] = (
  [
    [133, 1],
    [135, 1],
    [136, 2],
  ] as const
).flatMap(([type, option]): Kind[] => [
  ({ addresses, sourceMac }) => withIcmp(6, addresses(6), type, 0, { option: { type: option, mac: sourceMac } }),
  ({ addresses }) => withIcmp(6, addresses(6), type, 0, { option: { type: option, mac: STRANGE_MAC } }),
  ({ addresses }) => withIcmp(6, [0n, addresses(6)[1]], type, 0, { target: addresses(6)[0] }),
]);

/** Packets that go to one place: one of each kind there is. */
const kinds: readonly Kind[] = [
  ...tcpWith(syn),
  ...tcpWith(syn),
  ...[ack, syn | ack, rst, rst | ack, fin | ack, fin, 0, fin | psh | urg, syn | fin, syn | rst].flatMap(tcpWith),
  ...families.flatMap((family): Kind[] => [
    ({ addresses, ports }) => withPorts(family, addresses(family), udp, ports),
    ({ addresses, ports }) => withPorts(family, addresses(family), udp, ports),
    ({ addresses, ports }) => withPorts(family, addresses(family), sctp, ports),
    ({ addresses, ports: [, dest] }) => withPorts(family, addresses(family), udp, [53, dest]),
    ({ addresses, ports: [, dest] }) => withPorts(family, addresses(family), udp, [137, dest]),
    ({ addresses }) => withProtocol(family, addresses(family), gre),
    ({ addresses }) => withProtocol(family, addresses(family), esp),
    ({ addresses }) => withProtocol(family, addresses(family), vrrp),
  ]),
  ({ addresses }) => withProtocol(4, addresses(4), igmp),
  ({ addresses, ports: [source] }) => withPorts(4, addresses(4), tcp, [0, source]),
  ({ addresses }) => withPorts(4, addresses(4), udp, [68, 67]),
  ({ addresses }) => withPorts(4, addresses(4), udp, [67, 68]),
  ({ addresses }) => withPorts(6, addresses(6), udp, [546, 547]),
  ({ addresses }) => withPorts(6, addresses(6), udp, [547, 546]),
  ({ addresses }) => withPorts(6, addresses(6), tcp, [40000, 43]),
  ({ addresses }) => withPorts(4, addresses(4), tcp, [40000, 139]),
  ({ addresses }) => withPorts(4, addresses(4), udp, [40000, 1900]),
  ...icmpOf(4, [8, 0], [8, 0], [0, 0], [13, 0], [3, 1], [3, 4], [11, 0], [5, 1], [9, 0]),
  ...icmpOf(
    6,
    [128, 0],
    [128, 0],
    [129, 0],
    [1, 4],
    [2, 0],
    [3, 0],
    [4, 1],
    [133, 0],
    [134, 0],
    [135, 0],
    [136, 0],
    [139, 0],
  ),
  ...neighborKinds,
  ({ addresses, sourceMac }) => ({ kind: 'arp', senderAddress: addresses(4)[0], senderMac: sourceMac }),
  ({ addresses }) => ({ kind: 'arp', senderAddress: addresses(4)[0], senderMac: STRANGE_MAC }),
  () => ({ kind: 'other', etherType: 0x88b5 }),
  () => ({ kind: 'other', etherType: 0x8137 }),
];

const ALL = 0xffff_ffff_ffffn;
const GROUP_4 = 0x01005e000000n;
const GROUP_6 = 0x333300000000n;
const ALL_NODES = (0xff02n << 112n) | 1n;
const ALL_ROUTERS = (0xff02n << 112n) | 2n;

/** Frames that a bridge floods, with the group address they go to. */
const floods: readonly { readonly to: bigint; readonly kind: Kind }[] = [
  {
    to: ALL,
    kind: ({ addresses, sourceMac }) => ({ kind: 'arp', senderAddress: addresses(4)[0], senderMac: sourceMac }),
  },
  { to: ALL, kind: () => withPorts(4, [0n, 0xffffffffn], udp, [68, 67]) },
  { to: ALL, kind: ({ addresses }) => withPorts(4, [addresses(4)[0], 0xffffffffn], udp, [67, 68]) },
  { to: ALL, kind: ({ addresses, ports }) => withPorts(4, [addresses(4)[0], 0xffffffffn], udp, ports) },
  { to: GROUP_4 + 1n, kind: ({ addresses }) => withProtocol(4, [addresses(4)[0], 0xe0000001n], igmp) },
  { to: GROUP_4 + 0xfbn, kind: ({ addresses }) => withPorts(4, [addresses(4)[0], 0xe00000fbn], udp, [5353, 5353]) },
  { to: GROUP_4 + 0x12n, kind: ({ addresses }) => withProtocol(4, [addresses(4)[0], 0xe0000012n], vrrp) },
  { to: GROUP_4 + 1n, kind: ({ addresses, ports }) => withPorts(4, [addresses(4)[0], 0xe0000001n], udp, ports) },
  { to: GROUP_6 + 2n, kind: ({ addresses }) => withIcmp(6, [addresses(6)[0], ALL_ROUTERS], 133) },
  { to: GROUP_6 + 1n, kind: ({ addresses }) => withIcmp(6, [addresses(6)[0], ALL_NODES], 134) },
  { to: GROUP_6 + 1n, kind: ({ addresses }) => withIcmp(6, [addresses(6)[0], ALL_NODES], 135) },
  { to: GROUP_6 + 1n, kind: ({ addresses }) => withIcmp(6, [addresses(6)[0], ALL_NODES], 136) },
  { to: GROUP_6 + 1n, kind: ({ addresses, ports }) => withPorts(6, [addresses(6)[0], ALL_NODES], udp, ports) },
];

/** `count` packets of all kinds in all directions that a world has. */
export function matrix(layout: Layout, named: Named, random: Random, count: number): Wish[] {
  const directions = directionsOf(layout);
  const whole = kinds.flatMap((kind) => directions.map((pairs) => ({ kind, pairs })));
  const single = random.sample(whole, count).flatMap(({ kind, pairs }): Wish[] => {
    const [from, to] = random.pick(pairs) ?? [];
    if (from === undefined || to === undefined) return [];
    const tagged = from !== 'host' && to !== 'host' && from.zone.bridge === to.zone.bridge && random.below(12) === 0;
    const spoofed = from !== 'host' && random.below(12) === 0 ? { sourceMac: STRANGE_MAC } : {};
    const network = kind(choose(layout, named, random, from, to));
    return [{ from, to, network, ...spoofed, ...(tagged ? { vlan: 5 } : {}) }];
  });
  const flooded = random.sample(floods, Math.ceil(count / 20)).flatMap(({ to: flood, kind }): Wish[] => {
    const sink = sinkOf(layout);
    const from = random.pick<End>([...layout.ports, 'host']);
    if (from === undefined || sink === undefined) return [];
    const to = from === 'host' ? sink : 'host';
    const network = kind(choose(layout, named, random, from, to));
    // The host's IPv6 asks for a device with each group address.
    return from === 'host' && network.kind === 'ip' && network.family === 6 ? [] : [{ from, to, network, flood }];
  });
  return [...single, ...flooded];
}

/** How much strangers weigh beside the addresses a ruleset names. */
const STRANGERS = 8;

/** All pairs of ends, those of one direction together. */
export function directionsOf({ ports }: Layout): (readonly [End, End])[][] {
  const ends: End[] = ['host', ...ports];
  const found = new Map<string, (readonly [End, End])[]>();
  for (const from of ends) {
    for (const to of ends) {
      if (from === to) continue;
      const name = directionName(from, to);
      found.set(name, [...(found.get(name) ?? []), [from, to]]);
    }
  }
  return [...found.values()];
}

export function choose(layout: Layout, named: Named, random: Random, from: End, to: End): Choice {
  const own = (end: End, family: 4 | 6): bigint | undefined => {
    if (end !== 'host') return end.nic?.addresses.find((address) => address.family === family)?.interval[0];
    return bridgeOf(layout, from === 'host' ? to : from).own[family];
  };
  const address = (end: End, family: 4 | 6): bigint => {
    const fixed = own(end, family);
    if (fixed !== undefined && (end === 'host' || random.below(2) === 0)) return fixed;
    const known = named[family];
    return known[random.below(known.length + STRANGERS)] ?? stranger(family, random);
  };
  return {
    addresses: (family) => [address(from, family), address(to, family)],
    ports: [32768 + random.below(28000), random.pick(named.ports) ?? 80],
    sourceMac: from === 'host' ? 0n : from.mac,
  };
}

/** An address of the benchmark or documentation networks that stands for anybody. */
const stranger = (family: 4 | 6, random: Random): bigint =>
  (family === 4 ? 0xc6120000n : 0x20010db8_0b0b0000n << 64n) + BigInt(1 + random.below(60000));
