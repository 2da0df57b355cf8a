import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { inNamespace, openRoute, type RoutePort } from '../../src/netlink/index.js';
import { nodeProcesses, type Processes } from '../../src/ports/index.js';
import { LinksWorld } from '../support/links-world.js';
import { makeNamespace, type TestNamespace } from '../support/netns.js';
import { desiredOf } from '../unit/bridges/site.js';

let netns: TestNamespace;
let port: RoutePort;
let folder: string;
beforeEach(() => {
  netns = makeNamespace();
  port = openRoute(netns.name);
  folder = mkdtempSync(join(tmpdir(), 'ringwall-programs-'));
});
afterEach(() => {
  port.close();
  netns.remove();
  rmSync(folder, { recursive: true, force: true });
});

const linksOf = (text: string) => desiredOf(text).links;

test('commands of the files run in the namespace, around the steps', async () => {
  const world = new LinksWorld(
    port,
    nodeProcesses((act) => inNamespace(netns.name, act)),
  );
  const log = `${folder}/log`;
  const see = `ip -br link show dev br >/dev/null 2>&1 && echo "$PHASE there" >>${log} || echo "$PHASE not there" >>${log}`;
  const hooks = ['pre-up', 'post-up', 'pre-down', 'post-down'].map((phase) => `\t${phase} ${see}\n`).join('');
  const { warnings } = await world.apply(
    linksOf(`auto br\niface br\n\tbridge-ports none\n${hooks}\tpost-up ip route add 203.0.113.0/24 dev br\n`),
    true,
  );
  expect(warnings).toEqual([]);
  expect(netns.ip('route')).toContain('203.0.113.0/24 dev br');
  await world.apply(linksOf('auto lo\niface lo inet loopback\n'), true);
  expect(readFileSync(log, 'utf8')).toBe('pre-up not there\npost-up there\npre-down there\npost-down not there\n');
});

test('one that fails is a warning with what it said', async () => {
  const world = new LinksWorld(
    port,
    nodeProcesses((act) => inNamespace(netns.name, act)),
  );
  const text = 'auto br\niface br\n\tbridge-ports none\n\tup ip route add 203.0.113.0/24 dev nothing\n';
  const { warnings } = await world.apply(linksOf(text), true);
  expect(warnings).toEqual([
    'interfaces:4: up of br failed, `ip route add 203.0.113.0/24 dev nothing`: exit code 1: Cannot find device "nothing"',
  ]);
});

test('a DHCP client is started on a link that is up, and releases while it still is', async () => {
  const log = `${folder}/log`;
  const stub = `${folder}/dhclient`;
  writeFileSync(stub, `#!/bin/sh\nip -br link show up dev br | cut -c1-2 >>${log}\necho "$@" >>${log}\n`, {
    mode: 0o755,
  });
  const real = nodeProcesses((act) => inNamespace(netns.name, act));
  const processes: Processes = {
    find: (programs) => programs[0] ?? null,
    run: (command) => real.run({ ...command, program: stub }),
    start: real.start,
    endStopped: real.endStopped,
  };
  const world = new LinksWorld(port, processes);
  await world.apply(linksOf('auto br\niface br inet dhcp\n\tbridge-ports none\n'));
  expect(existsSync(log)).toBe(true);
  await world.apply(linksOf('auto lo\niface lo inet loopback\n'));
  const files = '-pf /run/dhclient.br.pid -lf /var/lib/dhcp/dhclient.br.leases br';
  expect(readFileSync(log, 'utf8')).toBe(`br\n-4 -nw ${files}\nbr\n-4 -r ${files}\n`);
});
