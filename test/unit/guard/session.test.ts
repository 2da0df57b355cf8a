import { describe, expect, test } from 'vitest';
import {
  type Connection,
  readConnections,
  readKeep,
  readSshConnection,
  sessionWays,
  spellAddress,
} from '../../../src/guard/index.js';

const ends = ({ own, port, remote, remotePort }: Connection): string =>
  `${spellAddress(remote)} ${remotePort} ${spellAddress(own)} ${port}`;

describe('SSH_CONNECTION', () => {
  test.each([
    ['198.51.100.7 50000 192.0.2.10 22', '198.51.100.7 50000 192.0.2.10 22'],
    ['2001:db8::7 50000 2001:db8::10 2222\n', '2001:db8::7 50000 2001:db8::10 2222'],
    ['fe80::7%vmbr0 50000 fe80::10%vmbr0 22', 'fe80::7 50000 fe80::10 22'],
  ])('%s', (text, read) => {
    const connection = readSshConnection(text);
    expect(connection && ends(connection)).toBe(read);
  });

  test.each([
    '',
    '198.51.100.7 50000 192.0.2.10',
    '198.51.100.7 50000 192.0.2.10 22 more',
    '198.51.100.7 0 192.0.2.10 22',
    '198.51.100.7 70000 192.0.2.10 22',
    'UNKNOWN 65535 UNKNOWN 65535',
    '198.51.100.7 five 192.0.2.10 22',
  ])('`%s` is none', (text) => {
    expect(readSshConnection(text)).toBeNull();
  });
});

/** Tables of a little-endian machine, as the kernel’s Documentation/networking/proc_net_tcp.rst describes them. */
const tcp = `  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode
   0: 00000000:0016 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 1 1 0 100 0 0 10 0
   1: 0A0200C0:0016 076433C6:C350 01 00000000:00000000 02:00000A12 00000000     0        0 2 4 0 20 4 30 10 -1
   2: 0A0200C0:0016 086433C6:C351 06 00000000:00000000 03:00000A12 00000000     0        0 0 3 0
`;
const tcp6 = `  sl  local_address                         remote_address                        st
   0: B80D0120000000000000000010000000:0016 B80D0120000000000000000007000000:C350 01 00000000:00000000
   1: 0000000000000000FFFF00000A0200C0:0016 0000000000000000FFFF0000096433C6:C352 01 00000000:00000000
`;

describe('the table of connections', () => {
  test('established ones, IPv4 on sockets for both as IPv4', () => {
    expect(readConnections(tcp).map(ends)).toEqual(['198.51.100.7 50000 192.0.2.10 22']);
    expect(readConnections(tcp6).map(ends)).toEqual([
      '2001:db8::7 50000 2001:db8::10 22',
      '198.51.100.9 50002 192.0.2.10 22',
    ]);
  });

  test('what is no such table has none', () => {
    expect(readConnections('')).toEqual([]);
    expect(readConnections('  1: 0A0200C0:0016 nonsense 01 x\n  2: 0:0 0:0 01 \n')).toEqual([]);
  });
});

describe('the session of a run', () => {
  const established = [...readConnections(tcp), ...readConnections(tcp6)];
  const said = (...texts: string[]) => texts.flatMap((text) => readSshConnection(text) ?? []);
  const found = (...texts: string[]) =>
    sessionWays(said(...texts), established).map(({ remote, remotePort }) => `${spellAddress(remote)} ${remotePort}`);

  test('is the nearest that is a connection of this namespace', () => {
    expect(found('198.51.100.99 1 192.0.2.10 22', '198.51.100.9 50002 192.0.2.10 22')).toEqual(['198.51.100.9 50002']);
  });

  test('is not known where nothing says so', () => {
    expect(found()).toEqual([]);
  });

  test('may be any to the same port, when the one that is remembered has ended', () => {
    expect(found('198.51.100.99 1 192.0.2.10 22')).toEqual([
      '198.51.100.7 50000',
      '2001:db8::7 50000',
      '198.51.100.9 50002',
    ]);
    expect(found('198.51.100.99 1 192.0.2.10 2222')).toEqual([]);
  });
});

describe('--keep', () => {
  test.each([
    ['198.51.100.7:22/tcp', '198.51.100.7', 22, 'tcp'],
    ['198.51.100.7:8006', '198.51.100.7', 8006, 'tcp'],
    ['[2001:db8::7]:161/udp', '2001:db8::7', 161, 'udp'],
  ])('%s', (word, address, port, protocol) => {
    const way = readKeep(word);
    expect([spellAddress(way.remote), way.port, way.protocol, way.own]).toEqual([address, port, protocol, null]);
  });

  test.each([
    '',
    '198.51.100.7',
    '198.51.100.7:0/tcp',
    '198.51.100.7:65536/tcp',
    '198.51.100.7:22/icmp',
    '198.51.100.7:ssh/tcp',
    '2001:db8::7:22/tcp',
    '[198.51.100.7]:22/tcp',
    '198.51.100.0/24:22/tcp',
    'example.org:22/tcp',
    ':22/tcp',
  ])('`%s` is wrong usage', (word) => {
    expect(() => readKeep(word)).toThrow(expect.objectContaining({ code: 'bad-keep', exit: 64 }));
  });
});
