import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { build, makeSite, ringwall, type TestSite } from '../../support/cli.js';

const guest = 'etc/pve/firewall/100.fw';
let site: TestSite;

beforeAll(() => {
  build();
  site = makeSite({
    'etc/network/interfaces': 'iface vmbr0 inet static\n\taddress 192.0.2.10/24\n\tbridge-ports eth0\n',
    'etc/pve/firewall/cluster.fw': '[OPTIONS]\nenable: 1\n',
    'etc/pve/nodes/pve1/qemu-server/100.conf': 'net0: virtio=BC:24:11:00:01:00,bridge=vmbr0,firewall=1\n',
    [guest]: '[OPTIONS]\nenable: 1\n[RULES]\nIN ACCEPT -p tcp -dport 22\nIN DROP -p tcp -dport 23\n',
    'good.yaml':
      '- { from: outside, to: vm100, dport: 22, expect: ACCEPT }\n- { from: outside, to: vm100, expect: DROP }\n',
    'bad.yaml':
      '- { id: telnet, from: outside, to: vm100, dport: 23, expect: ACCEPT }\n- { from: vm7, to: host, expect: DROP }\n',
    'broken.yaml': '- { from: outside\n',
    'word.yaml': 'outside\n',
  });
}, 120_000);
afterAll(() => site.remove());

const run = (...args: string[]) => ringwall([...args, '--root', site.root]);

describe('simulate', () => {
  const ssh = ['simulate', '--from', 'outside', '--to', 'vm100', '--dport', 'ssh'];

  test('says the verdict and the line that decided', () => {
    expect(run(...ssh)).toEqual({
      code: 0,
      out: `ACCEPT  ${guest}:4\n  100.fw:4, in chain guest-100-in (bridge postrouting)\n`,
      err: '',
    });
  });

  test('with --trace says every rule that was asked, and which matched', () => {
    const { out } = run(...ssh.slice(0, -1), '23', '--trace');
    expect(out).toContain('  bridge postrouting/guest-100-in  tcp dport 22 counter accept  # 100.fw:4\n');
    expect(out).toContain('* bridge postrouting/guest-100-in  tcp dport 23 counter drop  # 100.fw:5\n');
  });

  test('answers in JSON', () => {
    const { code, out } = run(...ssh, '--json');
    expect(code).toBe(0);
    expect(JSON.parse(out)).toMatchObject({
      verdict: 'ACCEPT',
      origin: { file: guest, line: 4 },
      reason: '100.fw:4, in chain guest-100-in (bridge postrouting)',
      trace: expect.arrayContaining([expect.objectContaining({ chain: 'guest-100-in', matched: true })]),
    });
  });

  test('takes every word about the packet', () => {
    const words = [
      '--proto',
      'icmp',
      '--icmp-type',
      'echo-request',
      '--source',
      '198.51.100.1',
      '--dest',
      '198.51.100.2',
    ];
    const more = ['--state', 'established', '--srctype', 'unicast', '--dsttype', 'broadcast'];
    expect(run('simulate', '--from', 'outside', '--to', 'vm100', ...words, ...more).out).toContain('ACCEPT');
    expect(run('simulate', '--from', 'vm100', '--to', 'host', '--mac', '02:00:00:00:00:01').out).toContain('macfilter');
  });

  test('--state is the connection’s, but a path is where generations are kept', () => {
    const telnet = ['simulate', '--from', 'outside', '--to', 'vm100', '--dport', '23'];
    expect(run(...telnet, '--state', 'established').out).toContain('ACCEPT');
    expect(run(...telnet, '--state', site.state).out).toContain('DROP');
    expect(run(...telnet, '--state', 'old')).toMatchObject({
      code: 64,
      err: expect.stringContaining('`old` is not known'),
    });
  });

  test('refuses what is no packet as wrong usage, and a zone that is not there', () => {
    expect(run(...ssh, '--icmp-type', '8')).toMatchObject({
      code: 64,
      err: 'ringwall: an ICMP type makes no sense with protocol tcp\n  help: set proto to icmp or icmpv6\n',
    });
    expect(run(...ssh, '--icmp-type=')).toMatchObject({
      code: 64,
      err: expect.stringContaining('--icmp-type is empty'),
    });
    expect(run('simulate', '--from', 'host')).toMatchObject({
      code: 64,
      err: expect.stringContaining("'--to <zone>'"),
    });
    expect(run('simulate', '--from', 'host', '--to', 'vm101')).toMatchObject({
      code: 1,
      err:
        'ringwall: there is no virtual machine 101 on node pve1\n' +
        '  help: use one of: host, outside, nfvm, vm100, vmbr0/PORT\n',
    });
  });
});

describe('test', () => {
  const file = (name: string): string => join(site.root, name);

  test('passes when every verdict is the expected one', () => {
    expect(run('test', file('good.yaml'))).toEqual({ code: 0, out: '2 passed, 0 failed\n', err: '' });
  });

  test('shows which line decided instead, and what cannot be run', () => {
    const { code, out } = run('test', file('good.yaml'), file('bad.yaml'));
    expect(code).toBe(1);
    expect(out).toBe(
      `${file('bad.yaml')}, test 1: id: telnet, from: outside, to: vm100, dport: 23, expect: ACCEPT\n` +
        `  is DROP  ${guest}:5\n` +
        '  100.fw:5, in chain guest-100-in (bridge postrouting)\n' +
        `${file('bad.yaml')}, test 2: from: vm7, to: host, expect: DROP\n` +
        '  cannot be run\n' +
        '  there is no virtual machine 7 on node pve1; use one of: host, outside, nfvm, vm100, vmbr0/PORT\n' +
        '2 passed, 2 failed\n',
    );
  });

  test('answers in JSON with the fields of each entry', () => {
    const { code, out } = run('test', '--json', file('bad.yaml'));
    expect(code).toBe(1);
    const answer = JSON.parse(out);
    expect(answer).toMatchObject({ passed: 0, failed: 2 });
    expect(answer.cases[0]).toEqual({
      id: 'telnet',
      from: 'outside',
      to: 'vm100',
      dport: 23,
      expect: 'ACCEPT',
      ok: false,
      verdict: 'DROP',
      origin: { file: guest, line: 5 },
      reason: '100.fw:5, in chain guest-100-in (bridge postrouting)',
      file: file('bad.yaml'),
      number: 1,
    });
  });

  test('says where a file is no list of tests', () => {
    expect(run('test', file('broken.yaml')).err).toMatch(/broken\.yaml:2:1: .*\n {2}help: the file must be YAML\n$/);
    expect(run('test', file('word.yaml')).err).toContain('word.yaml holds no list of tests\n');
    expect(run('test', file('none.yaml'))).toMatchObject({ code: 1, err: expect.stringContaining('there is no file') });
    expect(run('test').code).toBe(64);
  });
});
