import { describe, expect, it } from 'vitest';
import { ctState, tcpFlag } from '../../../src/ruleset/index.js';
import type { Packet } from '../../../src/simulate/index.js';
import { findZone, packetOf, readQuery } from '../../../src/simulate/index.js';
import { siteWith } from './sites.js';

const { site } = siteWith();

function read(data: Readonly<Record<string, unknown>>): Packet {
  const query = readQuery({ from: 'outside', to: 'vm100', ...data });
  return packetOf(query, findZone(query.from, site), findZone(query.to, site), site);
}

describe('what a query leaves open', () => {
  it('is the first packet of a TCP connection between addresses and ports nobody names', () => {
    expect(read({})).toEqual({
      link: { source: null, dest: 0xbc2411000100n, packetType: 0 },
      network: {
        kind: 'ip',
        family: 4,
        source: 0x64640102n,
        dest: 0x64c80304n,
        protocol: 6,
        transport: { kind: 'ports', source: null, dest: null, tcpFlags: tcpFlag.syn },
      },
      state: ctState.new,
      sourceType: 1,
      destType: 1,
    });
  });

  it('is the node’s own address at the host’s end', () => {
    expect(read({ from: 'host' }).network).toMatchObject({ source: 0xc000020an });
    expect(read({ to: 'host' }).network).toMatchObject({ source: 0x64640102n, dest: 0xc000020an });
  });

  it('is of the family that is given, by an address or by the protocol', () => {
    expect(read({ dest: '2001:db8::1', from: 'host' }).network).toMatchObject({
      family: 6,
      dest: (0x20010db8n << 96n) | 1n,
    });
    expect(read({ proto: 'icmpv6' }).network).toMatchObject({ family: 6, protocol: 58 });
    expect(read({ proto: 'icmpv6', source: '10.0.0.1' }).network).toMatchObject({ family: 4, protocol: 58 });
  });

  it('is the MAC address of the sending guest', () => {
    expect(read({ from: 'ct200' }).link.source).toBe(0xbc2411000200n);
    expect(read({ from: 'ct200', mac: 'BC:24:11:00:00:09' }).link.source).toBe(0xbc2411000009n);
  });
});

describe('what a query says', () => {
  it('may be a number or a word', () => {
    const ports = read({ proto: 17, sport: 53, dport: 'ssh' }).network;
    expect(ports).toMatchObject({ protocol: 17, transport: { source: 53, dest: 22 } });
  });

  it('gives the ICMP type by name or number, and by dport as in old rules', () => {
    const icmp = (data: Record<string, unknown>) => read({ proto: 'icmp', ...data }).network;
    expect(icmp({ 'icmp-type': 'host-unreachable' })).toMatchObject({ transport: { kind: 'icmp', type: 3, code: 1 } });
    expect(icmp({ 'icmp-type': 0 })).toMatchObject({ transport: { kind: 'icmp', type: 0, code: null } });
    expect(icmp({ dport: 'echo-request' })).toMatchObject({ transport: { kind: 'icmp', type: 8 } });
    expect(icmp({})).toMatchObject({ transport: { kind: 'icmp', type: null } });
    expect(read({ proto: 'icmpv6', 'icmp-type': 'echo-request' }).network).toMatchObject({ transport: { type: 128 } });
  });

  it('gives connection state and address types in any letter case', () => {
    const packet = read({ state: 'ESTABLISHED', srctype: 'Broadcast', dsttype: 'MULTICAST' });
    expect(packet).toMatchObject({ state: ctState.established, sourceType: 3, destType: 5, link: { packetType: 2 } });
    expect(packet.network).toMatchObject({ transport: { tcpFlags: tcpFlag.ack } });
    expect(read({ dsttype: 'broadcast' }).link.packetType).toBe(1);
  });

  it('may be an ARP message, which nobody tracks', () => {
    expect(read({ from: 'ct200', to: 'vm100', proto: 'ARP', source: '10.0.0.9' })).toMatchObject({
      link: { source: 0xbc2411000200n, dest: 0xbc2411000100n },
      network: { kind: 'arp', senderAddress: 0x0a000009n, senderMac: 0xbc2411000200n },
      state: ctState.invalid,
    });
    expect(read({ from: 'host', proto: 'arp' }).network).toMatchObject({ senderAddress: 0xc000020an, senderMac: null });
    expect(read({ from: 'ct200', proto: 'arp', mac: '00:11:22:33:44:55' }).network).toMatchObject({
      senderMac: 0x001122334455n,
    });
  });

  it('may be a protocol without ports', () => {
    expect(read({ proto: 'gre' }).network).toMatchObject({ protocol: 47, transport: { kind: 'none' } });
  });
});

it.each([
  [{ from: undefined }, 'the zone `from` is missing'],
  [{ to: null }, 'the zone `to` is missing'],
  [{ dports: 22 }, '`dports` says nothing about a packet'],
  [{ dport: true }, '`dport` must be a word or a number'],
  [{ dport: '22,23' }, 'dport: `22,23` is more than one port'],
  [{ dport: '22:23' }, 'dport: `22:23` is more than one port'],
  [{ dport: 65536 }, 'dport: port 65536 is too large'],
  [{ sport: 'sssh' }, 'sport: `sssh` is no port and no known service name'],
  [{ proto: 'tpc' }, 'there is no protocol `tpc`'],
  [{ proto: 'gre', dport: 1 }, 'protocol gre has no ports'],
  [{ proto: 'icmp', sport: 1 }, 'an ICMP message has no source port'],
  [{ proto: 'icmp', dport: 8, 'icmp-type': 8 }, 'icmp-type and dport both give the ICMP type'],
  [{ proto: 'icmp', 'icmp-type': 'any' }, '`any` is no one ICMP type'],
  [{ proto: 'icmpv6', 'icmp-type': 256 }, '`256` is no one ICMPv6 type'],
  [{ 'icmp-type': 8 }, 'an ICMP type makes no sense with protocol tcp'],
  [{ source: '10.0.0.0/8' }, 'source: `10.0.0.0/8` is no IPv4 or IPv6 address'],
  [{ source: '10.0.0.1', dest: '::1' }, 'source and dest are of different address families'],
  [{ state: 'old' }, 'state: `old` is not known'],
  [{ srctype: 'constructor' }, 'srctype: `constructor` is not known'],
  [{ proto: 'arp', dport: 80 }, 'an ARP message has no dport'],
  [{ proto: 'arp', source: '::1' }, 'ARP speaks of IPv4 addresses'],
  [{ mac: '00:11' }, '`00:11` is no MAC address'],
])('%j is refused', (data, message) => {
  expect(() => read(data)).toThrow(message);
});
