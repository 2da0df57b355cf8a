import { describe, expect, it } from 'vitest';
import type { Field, Interval, Match, NameField, Table } from '../../../src/ruleset/index.js';
import { ctState, fields, one, range, tcpFlag } from '../../../src/ruleset/index.js';
import type { IpHeader, Marks, Packet, Passage } from '../../../src/simulate/index.js';
import { noMarks } from '../../../src/simulate/index.js';
import { matches } from '../../../src/simulate/match.js';
import { indexOf } from '../../../src/simulate/table-index.js';
import { arp, bridgeForward, input, output, packet, prerouting, syn } from './packets.js';

const table: Table = {
  family: 'inet',
  name: 't',
  chains: [],
  maps: [],
  sets: [{ name: 's', type: 'ipv4_addr', elements: [range(0x0a000000, 0x0a0000ff)], origin: null }],
};

const holds = (match: Match, of: Packet = packet(), passage: Passage = input, marks: Marks = noMarks): boolean =>
  matches(match, { packet: of, passage, marks }, indexOf(table));

const values = (field: Field, negated: boolean, ...intervals: readonly Interval[]): Match => ({
  kind: 'values',
  field,
  negated,
  values: intervals,
});

const ipv6: IpHeader = { ...syn, family: 6, source: 1n, dest: 2n };
const echo: IpHeader = { ...syn, protocol: 1, transport: { kind: 'icmp', type: 8, code: 0 } };
const echo6: IpHeader = { ...ipv6, protocol: 58, transport: { kind: 'icmp', type: 128, code: 0 } };

/** A neighbour advertisement of ::5, and a router solicitation. */
const advertisement: IpHeader = {
  ...ipv6,
  protocol: 58,
  transport: { kind: 'icmp', type: 136, code: 0, neighbor: { target: 5n, option: { type: 2, mac: 0x020000000001n } } },
};
const solicitation: IpHeader = {
  ...ipv6,
  protocol: 58,
  transport: {
    kind: 'icmp',
    type: 133,
    code: 0,
    neighbor: { target: null, option: { type: 1, mac: 0x020000000002n } },
  },
};

describe('values', () => {
  it('hold when the field is in one of the intervals, both ends included', () => {
    const ports = values('th dport', false, range(22, 23), range(80, 90));
    const withPort = (dest: number) => packet({ ...syn, transport: { kind: 'ports', source: 1, dest, tcpFlags: 2 } });
    expect([21, 22, 23, 24, 79, 80, 90, 91].map((port) => holds(ports, withPort(port)))).toEqual([
      false,
      true,
      true,
      false,
      false,
      true,
      true,
      false,
    ]);
  });

  it('negated hold for everything else', () => {
    expect(holds(values('ip saddr', true, one(0x0a000001)))).toBe(false);
    expect(holds(values('ip saddr', true, one(0x0a000002)))).toBe(true);
  });

  it('can come from a named set', () => {
    const inSet: Match = { kind: 'set', field: 'ip saddr', negated: false, set: 's' };
    expect(holds(inSet)).toBe(true);
    expect(holds({ ...inSet, negated: true })).toBe(false);
    expect(holds(inSet, packet({ ...syn, source: 0x0a000100n }))).toBe(false);
    expect(holds({ ...inSet, negated: true }, packet(ipv6))).toBe(false);
    expect(() => holds({ ...inSet, set: 'other' })).toThrow('no set other');
  });
});

/** Every field: a packet that has it, with its value there, and one that lacks it (none for what every packet has). */
type SimulatedField = Exclude<Field, 'vlan id' | 'meta ibrpvid'>;
const cases: Record<SimulatedField, { of: Packet; at?: Passage; value: bigint; lacking?: [Packet, Passage?] }> = {
  'ip saddr': { of: packet(), value: 0x0a000001n, lacking: [packet(ipv6)] },
  'ip daddr': { of: packet(), value: 0x0a000002n, lacking: [packet(ipv6)] },
  'ip6 saddr': { of: packet(ipv6), value: 1n, lacking: [packet()] },
  'ip6 daddr': { of: packet(ipv6), value: 2n, lacking: [packet()] },
  'arp saddr ip': { of: packet(arp), at: prerouting, value: 0x0a000001n, lacking: [packet(), prerouting] },
  'arp saddr ether': { of: packet(arp), at: prerouting, value: 0x020000000001n, lacking: [packet(), prerouting] },
  'ether saddr': { of: packet(), value: 0x020000000001n, lacking: [packet(), output] },
  'ether daddr': {
    of: packet(syn, { link: { source: null, dest: 7n, packetType: 0 } }),
    value: 7n,
    lacking: [packet()],
  },
  'ether type': { of: packet(arp), at: prerouting, value: 0x0806n, lacking: [packet(), output] },
  'meta protocol': { of: packet(arp), at: prerouting, value: 0x0806n },
  'meta nfproto': { of: packet(ipv6), value: 10n },
  'meta l4proto': { of: packet(), value: 6n, lacking: [packet(arp), prerouting] },
  'meta pkttype': { of: packet(syn, { link: { source: null, dest: null, packetType: 1 } }), value: 1n },
  'meta mark': { of: packet(), value: 0n },
  'th sport': { of: packet(), value: 40000n, lacking: [packet(echo)] },
  'th dport': { of: packet(), value: 80n, lacking: [packet(echo)] },
  'icmp type': { of: packet(echo), value: 8n, lacking: [packet(echo6)] },
  'icmp code': { of: packet(echo), value: 0n, lacking: [packet()] },
  'icmpv6 type': { of: packet(echo6), value: 128n, lacking: [packet(echo)] },
  'icmpv6 code': { of: packet(echo6), value: 0n, lacking: [packet({ ...echo, protocol: 58 })] },
  'nd target': { of: packet(advertisement), value: 5n, lacking: [packet(solicitation)] },
  'nd option': { of: packet(advertisement), value: 0x0201n, lacking: [packet(solicitation)] },
  'nd option ether': { of: packet(advertisement), value: 0x020000000001n, lacking: [packet(solicitation)] },
  'rs option': { of: packet(solicitation), value: 0x0101n, lacking: [packet(advertisement)] },
  'rs option ether': { of: packet(solicitation), value: 0x020000000002n, lacking: [packet(advertisement)] },
  'fib saddr type': { of: packet(syn, { sourceType: 3 }), value: 3n },
  'fib daddr type': { of: packet(syn, { destType: 5 }), value: 5n },
};

const fieldNames = Object.keys(cases) as SimulatedField[];

it.each(['vlan id', 'meta ibrpvid'] as const)('%s: simulated bridges know no VLANs', (field) => {
  expect(holds(values(field, true, one(1)), packet(), prerouting)).toBe(false);
});

it('every field is tested', () => {
  expect([...fieldNames, 'vlan id', 'meta ibrpvid'].sort()).toEqual(Object.keys(fields).sort());
});

describe.each(fieldNames)('%s', (field) => {
  const { of, at, value } = cases[field];

  it('is read from the packet', () => {
    expect(holds(values(field, false, one(value)), of, at)).toBe(true);
    expect(holds(values(field, false, one(value + 1n)), of, at)).toBe(false);
    expect(holds(values(field, true, one(value + 1n)), of, at)).toBe(true);
  });
});

describe('a packet without the field', () => {
  const everything = range(0n, (1n << 128n) - 1n);
  const lacks = fieldNames.flatMap((field) => {
    const { lacking, value } = cases[field];
    return lacking === undefined ? [] : [{ field, value, without: lacking }];
  });

  it.each(lacks)('fails `$field`, negated or not', ({ field, value, without }) => {
    expect(holds(values(field, false, everything), ...without)).toBe(false);
    expect(holds(values(field, true, one(value)), ...without)).toBe(false);
  });
});

describe('interface names', () => {
  const arrives = (negated: boolean, ...names: readonly string[]): Match => ({
    kind: 'names',
    field: 'iifname',
    negated,
    names,
  });

  it('are one of those named, or begin with what stands before a star', () => {
    expect(holds(arrives(false, 'eth0', 'vmbr0'))).toBe(true);
    expect(holds(arrives(false, 'vmbr'))).toBe(false);
    expect(holds(arrives(false, 'vmbr*'))).toBe(true);
    expect(holds(arrives(true, 'vmbr*'))).toBe(false);
  });

  it('of a bridge are those of the ports’ bridge, and empty where there is no port', () => {
    const on = (field: NameField): Match => ({ kind: 'names', field, negated: false, names: ['vmbr0'] });
    expect(holds(on('meta ibrname'), packet(), bridgeForward)).toBe(true);
    expect(holds(on('meta obrname'), packet(), bridgeForward)).toBe(true);
    expect(holds(on('meta ibrname'), packet(), prerouting)).toBe(true);
    expect(holds(on('meta obrname'), packet(), prerouting)).toBe(false);
  });

  it('are empty where there is no interface, so that only a negated match holds', () => {
    expect(holds(arrives(false, 'vmbr0'), packet(), output)).toBe(false);
    expect(holds(arrives(true, 'vmbr0'), packet(), output)).toBe(true);
  });
});

describe('flags', () => {
  const stateIs = (mask: number): Match => ({ kind: 'flags', field: 'ct state', test: 'any', mask });
  const flagsAre = (mask: number, value: number, negated = false): Match => ({
    kind: 'flags',
    field: 'tcp flags',
    test: 'exactly',
    mask,
    value,
    negated,
  });

  it('hold when any of the mask is on', () => {
    expect(holds(stateIs(ctState.new | ctState.invalid))).toBe(true);
    expect(holds(stateIs(ctState.established | ctState.related))).toBe(false);
  });

  it('hold when those of the mask are exactly the value', () => {
    const { syn: SYN, ack, fin } = tcpFlag;
    expect(holds(flagsAre(SYN | ack, SYN))).toBe(true);
    expect(holds(flagsAre(SYN | ack, SYN, true))).toBe(false);
    expect(holds(flagsAre(ack | fin, ack))).toBe(false);
    expect(holds(flagsAre(ack | fin, ack, true))).toBe(true);
  });

  it('of TCP fail for another protocol, negated or not', () => {
    const udp = packet({ ...syn, protocol: 17 });
    expect(holds(flagsAre(tcpFlag.syn, tcpFlag.syn), udp)).toBe(false);
    expect(holds(flagsAre(tcpFlag.syn, 0, true), udp)).toBe(false);
  });
});
