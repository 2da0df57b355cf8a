import { readFileSync } from 'node:fs';
import { afterEach, beforeAll, beforeEach, expect, test } from 'vitest';
import { build, hostOnly, makeSite, ringwall, type TestSite } from '../support/cli.js';
import { makeNamespace, type TestNamespace } from '../support/netns.js';

const HOST = 'etc/pve/nodes/pve1/host.fw';
const ESTABLISHED = 'net.netfilter.nf_conntrack_tcp_timeout_established';
const SYN_RECV = 'net.netfilter.nf_conntrack_tcp_timeout_syn_recv';
const MAX = 'net.netfilter.nf_conntrack_max';
const fileOf = (name: string): string => `/proc/sys/${name.replaceAll('.', '/')}`;

let site: TestSite;
let netns: TestNamespace;
beforeAll(build, 120_000);
beforeEach(() => {
  site = makeSite(hostOnly);
  netns = makeNamespace();
});
afterEach(() => {
  netns.remove();
  site.remove();
});

const run = (...args: string[]) =>
  ringwall([...args, '--root', site.root, '--state', site.state, '--netns', netns.name]);
const json = (...args: string[]) => JSON.parse(run(...args, '--json').out);
const options = (...lines: string[]): void =>
  site.write(HOST, `[OPTIONS]\n${lines.map((line) => `${line}\n`).join('')}\n${hostOnly[HOST]}`);
const held = (name: string): number => Number(netns.run('/usr/bin/cat', [fileOf(name)]));
const here = (name: string): number => Number(readFileSync(fileOf(name), 'utf8'));

test('timeouts are set in the namespace and nowhere else, kept, and given back', () => {
  const before = { [ESTABLISHED]: here(ESTABLISHED), [SYN_RECV]: here(SYN_RECV) };
  const inNamespace = held(ESTABLISHED);
  options('nf_conntrack_tcp_timeout_established: 9000', 'nf_conntrack_tcp_timeout_syn_recv: 45');

  expect(run('plan').out).toContain(
    `~ setting host.fw:2  ${ESTABLISHED}  ${inNamespace} → 9000\n~ setting host.fw:3  ${SYN_RECV}  60 → 45\n`,
  );
  expect(json('plan').changes[0]).toEqual({
    action: 'update',
    kind: 'setting',
    name: ESTABLISHED,
    text: `${inNamespace} → 9000`,
    origin: { file: HOST, line: 2 },
  });
  expect(held(ESTABLISHED)).toBe(inNamespace);

  expect(run('apply')).toMatchObject({ code: 0, err: '' });
  expect([held(ESTABLISHED), held(SYN_RECV)]).toEqual([9000, 45]);
  expect({ [ESTABLISHED]: here(ESTABLISHED), [SYN_RECV]: here(SYN_RECV) }).toEqual(before);
  expect(run('plan').code).toBe(0);

  netns.run('/usr/bin/tee', [fileOf(SYN_RECV)], '50\n');
  expect(run('status')).toMatchObject({ code: 2 });
  expect(json('status').drift).toEqual([{ kind: 'setting', name: SYN_RECV, problem: 'was changed: 50 and not 45' }]);
  expect(json('apply')).toMatchObject({ generation: 2, changed: 1 });
  expect(run('status').code).toBe(0);

  options('nf_conntrack_tcp_timeout_syn_recv: 45');
  expect(run('apply').out).toContain(`~ setting  ${ESTABLISHED}  9000 → ${inNamespace}  # as it was before\n`);
  expect(held(ESTABLISHED)).toBe(inNamespace);
  expect(run('rollback', '1')).toMatchObject({ code: 0, err: '' });
  expect([held(ESTABLISHED), held(SYN_RECV)]).toEqual([9000, 45]);

  expect(run('clear').out).toBe(
    `removed table inet ringwall\nrestored ${ESTABLISHED}  9000 → ${inNamespace}  # as it was before\nrestored ${SYN_RECV}  45 → 60  # as it was before\n`,
  );
  expect([held(ESTABLISHED), held(SYN_RECV)]).toEqual([inNamespace, 60]);
});

test('what only the first network namespace may set is refused before anything is done', () => {
  const now = held(MAX);
  options(`nf_conntrack_max: ${now + 1}`, 'nf_conntrack_tcp_timeout_syn_recv: 45');
  for (const command of ['plan', 'apply']) {
    expect(run(command)).toMatchObject({
      code: 1,
      err:
        `ringwall: host.fw:2: ${MAX} is ${now}, and this network namespace may not change it\n` +
        '  help: take the option out, or set it where the kernel has it; nothing was changed\n',
    });
  }
  expect([held(MAX), held(SYN_RECV), here(MAX)]).toEqual([now, 60, now]);
  expect(netns.nft('list', 'ruleset')).toBe('');
  options(`nf_conntrack_max: ${now}`);
  expect(run('apply')).toMatchObject({ code: 0, err: '' });
});
