import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeAll, beforeEach, expect, test } from 'vitest';
import { build, hostOnly, makeSite, type Ran, ringwall, type TestSite } from '../support/cli.js';
import { makeNamespace, type TestNamespace } from '../support/netns.js';

const HOST = 'etc/pve/nodes/pve1/host.fw';
const INTERFACES =
  'auto lo\niface lo inet loopback\n\nauto vmbr7\niface vmbr7 inet static\n\taddress 192.0.2.7/24\n\tbridge-ports none\n';

let site: TestSite;
let machines: TestNamespace[];
beforeAll(build, 120_000);
beforeEach(() => {
  site = makeSite({ ...hostOnly, 'etc/network/interfaces': INTERFACES });
  machines = [];
});
afterEach(() => {
  for (const machine of machines) machine.remove();
  site.remove();
});

/** A kernel that has just started. */
function start(): TestNamespace {
  const machine = makeNamespace();
  machines.push(machine);
  return machine;
}

const apply = (machine: TestNamespace): Ran =>
  ringwall(['apply', '--root', site.root, '--state', site.state, '--netns', machine.name]);

/** With no site anywhere near. */
const boot = (machine: TestNamespace, prefix: readonly string[] = []): Ran =>
  ringwall(['recover', '--boot', '--root', '/nonexistent', '--state', site.state, '--netns', machine.name], prefix);

/** Without the packets that links which come up send by themselves. */
const rules = (machine: TestNamespace): string =>
  machine.nft('list', 'ruleset').replaceAll(/ packets \d+ bytes \d+/g, '');
const addresses = (machine: TestNamespace): string =>
  machine.ip('-4', '-brief', 'address', 'show', 'dev', 'vmbr7').replace(/\s+/g, ' ');

test('rules and links come back from the state directory alone, past foreign tables', () => {
  const first = start();
  expect(apply(first)).toMatchObject({ code: 0, err: '' });
  const [wanted, links] = [rules(first), addresses(first)];
  expect(links).toContain('192.0.2.7/24');

  const second = start();
  expect(boot(second)).toEqual({ code: 0, out: 'generation 1 is in force\n', err: '' });
  expect(rules(second)).toBe(wanted);
  expect(addresses(second)).toBe(links);

  const third = start();
  third.load('table ip other { chain c { accept; }; }');
  const others = rules(third);
  expect(boot(third).code).toBe(0);
  expect(rules(third)).toBe(others + wanted);
});

test('nothing is compiled, and no parser is called', () => {
  apply(start());
  const folder = join(site.folder, 'coverage');
  mkdirSync(folder);
  expect(boot(start(), ['env', `NODE_V8_COVERAGE=${folder}`]).code).toBe(0);
  const functions = readdirSync(folder)
    .flatMap((name) => coverageOf(join(folder, name)))
    .filter(({ url }) => url.includes('/dist/program/'))
    .flatMap((script) => script.functions);
  const called = functions.filter(({ count }) => count > 0).map(({ name }) => name);
  expect(called).toContain('restoreAtBoot');
  // The parsers are loaded, because a room is loaded whole; the compiler is not even that.
  expect(functions.map(({ name }) => name)).toContain('peg$parse');
  expect(called.filter((name) => name.startsWith('peg$parse'))).toEqual([]);
  expect(called).not.toContain('readSite');
  expect(functions.map(({ name }) => name)).not.toContain('compileHost');
});

interface Script {
  readonly url: string;
  readonly functions: readonly { readonly name: string; readonly count: number }[];
}

/** What V8 says of one process: each script it loaded, its functions, and how often each was called. */
function coverageOf(file: string): Script[] {
  const { result }: { result: { url: string; functions: { functionName: string; ranges: { count: number }[] }[] }[] } =
    JSON.parse(readFileSync(file, 'utf8'));
  return result.map(({ url, functions }) => ({
    url,
    functions: functions.map(({ functionName, ranges }) => ({ name: functionName, count: ranges[0]?.count ?? 0 })),
  }));
}

test('a damaged batch gives way to a plan, a damaged generation to the one before it', () => {
  const first = start();
  apply(first);
  const old = rules(first);
  site.write(HOST, hostOnly[HOST].replace('443', '8443'));
  apply(first);
  const wanted = rules(first);

  const second = start();
  const batch = join(site.state, 'generations/2/rules.batch');
  writeFileSync(batch, readFileSync(batch).subarray(0, 200));
  const planned = boot(second);
  expect(planned).toEqual({ code: 0, out: 'generation 2 is in force\n', err: expect.stringContaining('rules.batch') });
  expect(rules(second)).toBe(wanted);

  writeFileSync(join(site.state, 'generations/2/ruleset.json'), '{"tables":[');
  const earlier = start();
  const gone = boot(earlier);
  expect(gone).toMatchObject({ code: 2, out: 'generation 1 is in force\n' });
  expect(gone.err).toContain('ruleset.json is damaged');
  expect(gone.err).toContain(
    'ringwall: generation 2, which was confirmed last, could not be restored: generation 1 is in force in its place\n',
  );
  expect(rules(earlier)).toBe(old);
});

test('on a machine where nothing was applied there is nothing to do', () => {
  const machine = start();
  expect(boot(machine)).toEqual({
    code: 0,
    out: `nothing was applied yet, as far as ${site.state} knows\n`,
    err: '',
  });
  expect(rules(machine)).toBe('');
});
