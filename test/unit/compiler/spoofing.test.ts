import { describe, expect, it } from 'vitest';
import { ctState } from '../../../src/ruleset/index.js';
import type { NeighborMessage, NetworkHeader, Packet, Passage } from '../../../src/simulate/index.js';
import { etherType, evaluate, noMarks } from '../../../src/simulate/index.js';
import { parseAddress } from '../../../src/site/index.js';
import { packet } from '../simulate/packets.js';
import type { SmallSite } from './small-site.js';
import { smallSite } from './small-site.js';

const MAC = 0xbc2411000100n;
const OTHER_MAC = 0xbc2411666666n;
const LINK_LOCAL = 'fe80::be24:11ff:fe00:100';
const ALL_NODES = 'ff02::1';

function address(text: string): bigint {
  const parsed = parseAddress(text);
  if (parsed === undefined) throw new Error(`${text} is no address`);
  return parsed.value;
}

const udp = (source: string, sport = 1000, dport = 2000): NetworkHeader => ({
  kind: 'ip',
  family: source.includes(':') ? 6 : 4,
  source: address(source),
  dest: source.includes(':') ? address('2001:db8::1') : address('192.0.2.1'),
  protocol: 17,
  transport: { kind: 'ports', source: sport, dest: dport, tcpFlags: 0 },
});

const icmpv6 = (type: number, source: string, neighbor?: NeighborMessage): NetworkHeader => ({
  kind: 'ip',
  family: 6,
  source: address(source),
  dest: address(ALL_NODES),
  protocol: 58,
  transport: { kind: 'icmp', type, code: 0, ...(neighbor === undefined ? {} : { neighbor }) },
});

const solicitation = (source: string, target: string, mac?: bigint): NetworkHeader =>
  icmpv6(135, source, {
    target: address(target),
    option: mac === undefined ? null : { type: 1, mac },
  });
const advertisement = (target: string, mac: bigint | null = MAC, source = LINK_LOCAL): NetworkHeader =>
  icmpv6(136, source, { target: address(target), option: mac === null ? null : { type: 2, mac } });
const routerSolicitation = (source: string, mac?: bigint): NetworkHeader =>
  icmpv6(133, source, { target: null, option: mac === undefined ? null : { type: 1, mac } });
const arp = (sender: string, mac = MAC): NetworkHeader => ({
  kind: 'arp',
  senderAddress: address(sender),
  senderMac: mac,
});
const other = (type: number): NetworkHeader => ({ kind: 'other', etherType: type });

const out: Passage = { family: 'bridge', hook: 'prerouting', bridge: 'vmbr0', iif: 'tap100i0', oif: null };
const into = (port: string): Passage => ({
  family: 'bridge',
  hook: 'postrouting',
  bridge: 'vmbr0',
  iif: null,
  oif: port,
});

/** Neither conntrack nor the answer to anything: as the kernel sees ARP and neighbour discovery. */
const frame = (network: NetworkHeader, mac = MAC): Packet =>
  packet(network, {
    link: { source: mac, dest: null, packetType: 0 },
    state: network.kind === 'ip' && network.protocol === 17 ? ctState.new : ctState.untracked,
  });

/** What becomes of a frame, and what the rule that decided is for. */
function decider(files: SmallSite): (network: NetworkHeader, passage?: Passage, mac?: bigint) => string {
  const { compiled, problems } = smallSite(files);
  expect(problems).toEqual([]);
  return (network, passage = out, mac = MAC) => {
    const { decision } = evaluate(compiled.ruleset, frame(network, mac), passage, noMarks);
    return decision === null ? 'passes' : `${decision.verdict} ${decision.note ?? ''}`.trim();
  };
}

const declared = 'policy_out: DROP\n[IPSET ipfilter-net0]\n192.0.2.100\n2001:db8::100\n';

describe('what leaves a guest with a declared set', () => {
  const decide = decider({ vm: declared });

  it.each<[string, NetworkHeader, string]>([
    ['its IPv4', udp('192.0.2.100'), 'drop policy_out'],
    ['another IPv4', udp('192.0.2.101'), 'drop ipfilter'],
    ['no IPv4 yet', udp('0.0.0.0'), 'drop ipfilter'],
    ['its IPv6', udp('2001:db8::100'), 'drop policy_out'],
    ['its link-local IPv6', udp(LINK_LOCAL), 'drop policy_out'],
    ['another IPv6', udp('2001:db8::101'), 'drop ipfilter'],
    ['another link-local IPv6', udp('fe80::1'), 'drop ipfilter'],
    ['no IPv6 yet', udp('::'), 'drop ipfilter'],
    ['DHCP before it has an address', udp('0.0.0.0', 68, 67), 'accept dhcp'],
    ['an ARP announcement or answer of its own', arp('192.0.2.100'), 'accept not IP'],
    ['an ARP announcement or answer of another', arp('192.0.2.101'), 'drop ipfilter'],
    ['an ARP probe', arp('0.0.0.0'), 'accept arp probe'],
    ['ARP with another MAC', arp('192.0.2.100', OTHER_MAC), 'drop macfilter'],
    ['an ARP probe with another MAC', arp('0.0.0.0', OTHER_MAC), 'drop macfilter'],
    ['an advertisement of its own address', advertisement('2001:db8::100'), 'accept neighbor discovery'],
    ['one without a MAC', advertisement('2001:db8::100', null), 'accept neighbor discovery'],
    ['an advertisement of its link-local address', advertisement(LINK_LOCAL), 'accept neighbor discovery'],
    ['an advertisement of another address', advertisement('2001:db8::101'), 'drop ipfilter'],
    ['an advertisement of the router', advertisement('fe80::1'), 'drop ipfilter'],
    ['an advertisement with another MAC', advertisement('2001:db8::100', OTHER_MAC), 'drop macfilter'],
    ['an advertisement from another address', advertisement('2001:db8::100', MAC, 'fe80::1'), 'drop ipfilter'],
    ['a question for a neighbour', solicitation(LINK_LOCAL, '2001:db8::1', MAC), 'accept neighbor discovery'],
    ['a question with another MAC', solicitation(LINK_LOCAL, '2001:db8::1', OTHER_MAC), 'drop macfilter'],
    ['a question from another address', solicitation('fe80::1', '2001:db8::1', MAC), 'drop ipfilter'],
    ['the check whether its address is free', solicitation('::', '2001:db8::100'), 'accept first steps of IPv6'],
    ['the same for its link-local address', solicitation('::', LINK_LOCAL), 'accept first steps of IPv6'],
    ['the same for another address', solicitation('::', '2001:db8::101'), 'drop ipfilter'],
    ['the first question for a router', routerSolicitation('::'), 'accept first steps of IPv6'],
    ['a question for a router', routerSolicitation(LINK_LOCAL, MAC), 'accept neighbor discovery'],
    ['one with another MAC', routerSolicitation(LINK_LOCAL, OTHER_MAC), 'drop macfilter'],
    ['one from another address', routerSolicitation('fe80::1', MAC), 'drop ipfilter'],
    ['a router advertisement', icmpv6(134, LINK_LOCAL), 'drop router advertisement'],
    ['a tag behind a tag', other(0x8100), 'drop nested VLAN tag'],
    ['a service tag behind a tag', other(0x88a8), 'drop nested VLAN tag'],
    ['the old tag for nesting', other(0x9100), 'drop nested VLAN tag'],
    ['LLDP', other(0x88cc), 'accept not IP'],
  ])('%s', (_, network, expected) => {
    expect(decide(network)).toBe(expected);
  });

  it.each<[string, NetworkHeader]>([
    ['IPv4', udp('192.0.2.100')],
    ['IPv6', udp('2001:db8::100')],
    ['DHCP', udp('0.0.0.0', 68, 67)],
    ['ARP', arp('192.0.2.100')],
    ['an ARP probe', arp('0.0.0.0')],
    ['an advertisement', advertisement('2001:db8::100')],
    ['the check of its address', solicitation('::', LINK_LOCAL)],
    ['a tagged frame', other(0x8100)],
    ['anything else', other(0x88cc)],
  ])('nothing with another MAC: %s', (_, network) => {
    expect(decide(network, out, OTHER_MAC)).toBe('drop macfilter');
  });

  it('its other NIC, which has no set, may use any address', () => {
    const second: Passage = { ...out, iif: 'tap100i1' };
    expect(decide(udp('203.0.113.9'), second, 0xbc2411000101n)).toBe('drop policy_out');
    expect(decide(arp('203.0.113.9', 0xbc2411000101n), second, 0xbc2411000101n)).toBe('accept not IP');
    expect(decide(advertisement('fe80::1', 0xbc2411000101n), second, 0xbc2411000101n)).toBe(
      'accept neighbor discovery',
    );
  });
});

describe('ipfilter: 1 without a set', () => {
  it('lets a virtual machine use its link-local address only, in ARP too', () => {
    const decide = decider({ vm: 'ipfilter: 1\n' });
    expect(decide(udp('192.0.2.100'))).toBe('drop ipfilter');
    expect(decide(arp('192.0.2.100'))).toBe('drop ipfilter');
    expect(decide(arp('0.0.0.0'))).toBe('accept arp probe');
    expect(decide(udp('0.0.0.0', 68, 67))).toBe('accept dhcp');
    expect(decide(advertisement(LINK_LOCAL))).toBe('accept neighbor discovery');
    expect(decide(advertisement('2001:db8::100'))).toBe('drop ipfilter');
  });

  it('lets nothing claim an IPv6 address where none is allowed', () => {
    const decide = decider({
      vm: 'macfilter: 0\nipfilter: 1\n',
      files: { 'etc/pve/nodes/pve1/qemu-server/100.conf': 'net0: virtio,bridge=vmbr0,firewall=1\n' },
    });
    expect(decide(advertisement(LINK_LOCAL))).toBe('drop ipfilter');
    expect(decide(solicitation('::', LINK_LOCAL))).toBe('drop ipfilter');
    expect(decide(routerSolicitation('::'))).toBe('accept first steps of IPv6');
  });
});

describe('ndp: 0', () => {
  const decide = decider({ vm: `ndp: 0\n${declared}` });

  it('accepts nothing of neighbour discovery by itself', () => {
    expect(decide(advertisement('2001:db8::100'))).toBe('drop noise');
    expect(decide(solicitation(LINK_LOCAL, '2001:db8::1', MAC))).toBe('drop noise');
    expect(decide(routerSolicitation(LINK_LOCAL, MAC))).toBe('drop noise');
  });

  it('gives the unspecified address no right of its own', () => {
    expect(decide(solicitation('::', LINK_LOCAL))).toBe('drop ipfilter');
    expect(decide(routerSolicitation('::'))).toBe('drop ipfilter');
    const listed = decider({ vm: 'ndp: 0\n[IPSET ipfilter-net0]\n::\n' });
    expect(listed(solicitation('::', LINK_LOCAL))).toBe('accept policy_out');
  });

  it('still looks at what is claimed', () => {
    expect(decide(advertisement('2001:db8::101'))).toBe('drop ipfilter');
    expect(decide(advertisement('2001:db8::100', OTHER_MAC))).toBe('drop macfilter');
  });
});

it('macfilter: 0 lets any MAC pass, the addresses stay checked', () => {
  const decide = decider({ vm: `macfilter: 0\n${declared}` });
  expect(decide(arp('192.0.2.100', OTHER_MAC), out, OTHER_MAC)).toBe('accept not IP');
  expect(decide(advertisement('2001:db8::100', OTHER_MAC), out, OTHER_MAC)).toBe('accept neighbor discovery');
  expect(decide(advertisement('2001:db8::101', OTHER_MAC), out, OTHER_MAC)).toBe('drop ipfilter');
});

describe('IP in a frame that the bridge keeps to itself', () => {
  const input: Passage = { family: 'inet', hook: 'input', bridge: null, iif: 'tap100i0', oif: null };
  const toHost = (files: SmallSite, dest: bigint): string | undefined =>
    evaluate(
      smallSite(files).compiled.ruleset,
      packet(udp('192.0.2.101'), { link: { source: MAC, dest, packetType: 2 } }),
      input,
      noMarks,
    ).decision?.verdict;
  const open = '[RULES]\nIN ACCEPT -p udp\n';

  it.each([0x0180c2000000n, 0x0180c200000en, 0x0180c200000fn])('to %i does not reach the host', (dest) => {
    expect(toHost({ host: open, vm: '' }, dest)).toBe('drop');
    expect(toHost({ host: '[OPTIONS]\nenable: 0\n', vm: '' }, dest)).toBe('drop');
  });

  it('is all that is dropped', () => {
    for (const dest of [0x0180c1ffffffn, 0x0180c2000010n, MAC])
      expect(toHost({ host: open, vm: '' }, dest)).toBe('accept');
  });

  it('is left alone where no guest is filtered', () => {
    expect(toHost({ host: open }, 0x0180c200000en)).toBe('accept');
  });
});

describe('nested tags to a guest', () => {
  const decide = decider({ vm: '' });

  it.each([0x8100, 0x88a8, 0x9100])('of type %i do not get past its rules', (type) => {
    expect(decide(other(type), into('tap100i0'))).toBe('drop nested VLAN tag');
  });

  it('pass where layer2_protocols lists the tag', () => {
    const listed = decider({ vm: 'layer2_protocols: ARP,802_1Q\n' });
    expect(listed(other(0x8100))).toBe('accept not IP');
    expect(listed(other(0x8100), into('tap100i0'))).toBe('accept not IP');
    expect(listed(other(0x88a8))).toBe('drop layer2_protocols');
    expect(listed(other(0x88a8), into('tap100i0'))).toBe('drop nested VLAN tag');
    const all = decider({ vm: 'layer2_protocols: ARP,802_1Q,S-TAG,9100\n' });
    for (const type of [0x8100, 0x88a8, 0x9100]) expect(all(other(type), into('tap100i0'))).toBe('accept not IP');
  });

  it('are nothing to a guest whose firewall is off', () => {
    expect(decide(other(0x8100), into('veth200i0'))).toBe('accept not IP');
  });

  it('are all that is dropped of what is not IP', () => {
    expect(decide(arp('192.0.2.1', OTHER_MAC), into('tap100i0'), OTHER_MAC)).toBe('accept not IP');
    expect(decide(other(etherType.arp + 1), into('tap100i0'), OTHER_MAC)).toBe('accept not IP');
  });
});
