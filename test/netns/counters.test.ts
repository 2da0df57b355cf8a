import { afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { build, makeSite, ringwall, type TestSite } from '../support/cli.js';
import { makeNamespace, type TestNamespace } from '../support/netns.js';

const HOST = 'etc/pve/nodes/pve1/host.fw';
const GUEST = 'etc/pve/firewall/100.fw';
const files = {
  'etc/pve/firewall/cluster.fw': '[OPTIONS]\nenable: 1\n\n[RULES]\nIN DROP -p udp -dport 9\n',
  [HOST]: '[RULES]\nIN ACCEPT -p udp -dport 7,8\nOUT DROP -p tcp -dport 26\nIN DROP -p udp -dport 10\n',
} as const;

/** Sends one datagram of four bytes to each port, of IPv4 and of IPv6. */
const send = `
const { createSocket } = require('node:dgram');
for (const [kind, address] of [['udp4', '192.0.2.1'], ['udp6', '2001:db8::1']]) {
  const socket = createSocket(kind);
  const ports = process.argv.slice(1).map(Number);
  let left = ports.length;
  for (const port of ports) socket.send('ping', port, address, () => { left -= 1; if (left === 0) socket.close(); });
}`;

let site: TestSite;
let host: TestNamespace;
let peer: TestNamespace;
beforeAll(build, 120_000);
beforeEach(() => {
  site = makeSite(files);
  host = makeNamespace();
  peer = makeNamespace();
  host.ip('link', 'add', 'eth0', 'type', 'veth', 'peer', 'name', 'eth0', 'netns', peer.name);
  for (const [netns, number] of [
    [host, 1],
    [peer, 2],
  ] as const) {
    netns.ip('address', 'add', `192.0.2.${number}/24`, 'dev', 'eth0');
    netns.ip('address', 'add', `2001:db8::${number}/64`, 'dev', 'eth0', 'nodad');
    netns.ip('link', 'set', 'eth0', 'up');
  }
});
afterEach(() => {
  for (const netns of [peer, host]) netns?.remove();
  site?.remove();
});

const run = (...args: string[]) =>
  ringwall([...args, '--root', site.root, '--state', site.state, '--netns', host.name]);
const ping = (...ports: number[]): void => void peer.run(process.execPath, ['-e', send, ...ports.map(String)]);
/** `host.fw:2 4 144`, for each row. */
const rows = (...args: string[]): string[] =>
  JSON.parse(run('counters', '--json', ...args).out).map(
    (row: { file: string; line: number; packets: number; bytes: number; stale?: true }) =>
      `${row.file.split('/').at(-1)}:${row.line}${row.stale ? ' stale' : ''} ${row.packets} ${row.bytes}`,
  );

describe('counters of packets that really came', () => {
  // 20 + 8 + 4 bytes over IPv4, 40 + 8 + 4 over IPv6.
  test('by line, both families together, and on the line’s present number', () => {
    run('apply');
    expect(rows()).toEqual(['cluster.fw:5 0 0', 'host.fw:2 0 0', 'host.fw:3 0 0', 'host.fw:4 0 0']);
    ping(7, 8, 9);
    expect(rows()).toEqual(['cluster.fw:5 2 84', 'host.fw:2 4 168', 'host.fw:3 0 0', 'host.fw:4 0 0']);

    site.write(HOST, files[HOST].replace('[RULES]\n', '# moved\n\n[RULES]\n').replace('dport 10', 'dport 11'));
    ping(10);
    expect(rows()).toEqual(['cluster.fw:5 2 84', 'host.fw:4 4 168', 'host.fw:4 stale 2 84', 'host.fw:5 0 0']);
    expect(run('counters')).toEqual({
      code: 0,
      out: `line                           packets  bytes  rule
etc/pve/firewall/cluster.fw:5        2     84  IN DROP -p udp -dport 9
etc/pve/nodes/pve1/host.fw:4         4    168  IN ACCEPT -p udp -dport 7,8
etc/pve/nodes/pve1/host.fw:4         2     84  IN DROP -p udp -dport 10  (as applied: the files say otherwise now)
etc/pve/nodes/pve1/host.fw:5         0      0  OUT DROP -p tcp -dport 26
`,
      err: '',
    });

    run('apply');
    expect(rows()).toEqual(['cluster.fw:5 2 84', 'host.fw:4 4 168', 'host.fw:5 0 0', 'host.fw:6 0 0']);
    expect(run('clear').code).toBe(0);
    expect(rows()).toEqual([]);
    expect(run('counters').out).toBe('no rule in the kernel counts for a line\n');
  });

  test('of one guest: the lines of its file', () => {
    site.write('etc/pve/nodes/pve1/qemu-server/100.conf', 'name: web\n');
    site.write(GUEST, '[RULES]\nIN ACCEPT -p tcp -dport 80\n');
    run('apply');
    expect(run('counters', '100', '--json')).toEqual({ code: 0, out: '[]\n', err: '' });
    expect(run('counters', '101')).toEqual({
      code: 1,
      out: '',
      err: 'ringwall: node pve1 has no guest 101\n  help: name one of: 100\n',
    });
    expect(run('counters', 'web').code).toBe(64);
  });

  test('before anything is applied there are none', () => {
    expect(run('counters')).toEqual({
      code: 1,
      out: '',
      err: `ringwall: nothing was applied yet, as far as ${site.state} knows\n  help: \`ringwall plan\` shows what would be applied, \`ringwall apply\` does it\n`,
    });
  });
});
