import { afterAll, beforeAll, expect, test } from 'vitest';
import { type CompiledNetlink, compileNetlink } from '../support/compiled.js';
import { makeNamespace } from '../support/netns.js';

let compiled: CompiledNetlink;
beforeAll(() => {
  compiled = compileNetlink();
});
afterAll(() => compiled.remove());

const UNSHARE = '/usr/bin/unshare';
/** Prints the code and message of the failure of `expression`, or its value. */
const attempt = (expression: string): string => `
  try {
    console.log(JSON.stringify(await (async () => ${expression})(), (_, v) => typeof v === 'bigint' ? String(v) : v));
  } catch (failure) {
    console.log(failure.code, failure.message);
  }
  process.exit(0);`;

test('without privileges reading and probing rules is refused with advice', () => {
  expect(compiled.run(attempt('netlink.openNftables().read()'), [UNSHARE, '--user'])).toMatch(/^no-permission /);
});

test('without privileges a change of links is refused with advice, reading them is not', () => {
  const change = `netlink.openRoute().apply({ kind: 'set up', link: 'lo', up: true }).catch((f) => [f.message, f.help])`;
  expect(compiled.run(attempt(change), [UNSHARE, '--user'])).toMatch(/lo.*: EPERM.*CAP_NET_ADMIN/);
  expect(compiled.run(attempt('(await netlink.openRoute().read()).links.length > 0'), [UNSHARE, '--user'])).toBe(
    'true',
  );
});

test('entering a namespace without privileges is refused', () => {
  const namespace = makeNamespace();
  try {
    const open = attempt(`netlink.openNftables('${namespace.name}')`);
    expect(compiled.run(open, [UNSHARE, '--user'])).toMatch(/^no-permission entering network namespace/);
  } finally {
    namespace.remove();
  }
});

test('in a user namespace a small transaction works, and one too large says what it needs', () => {
  const container = [UNSHARE, '--user', '--map-root-user', '--net'];
  const commit = (rules: number): string =>
    attempt(`{
      const port = netlink.openNftables();
      const table = { family: 'inet', name: 'ringwall' };
      const rule = { matches: [], statements: [{ kind: 'counter' }], origin: null };
      const add = { kind: 'add rule', table, chain: 'c', rule, position: { at: 'end' } };
      const { generation } = await port.read();
      return await port.commit([{ kind: 'add table', table }, { kind: 'add chain', table, chain: { name: 'c', rules: [] } },
        ...Array.from({ length: ${rules} }, () => add)], generation);
    }`);
  expect(compiled.run(commit(10), container)).toBe('{"ok":true}');
  expect(compiled.run(commit(100_000), container)).toMatch(
    /^send-buffer the transaction needs a send buffer of \d+ bytes, the kernel gives \d+ \(net\.core\.wmem_max is /,
  );
});

test('in a user namespace, where a socket has room for few answers, all refusals are heard', () => {
  const burst = attempt(`{
    const port = netlink.openRoute();
    const absent = Array.from({ length: 2000 }, (_, n) => ({ kind: 'set master', link: 'lo', master: 'absent' + n }));
    let heard = 0;
    const result = await port.perform(absent, (operation, { errno }) => (heard += errno === 'ENODEV') > 0);
    return [result, heard];
  }`);
  const container = [UNSHARE, '--user', '--map-root-user', '--net'];
  expect(compiled.run(burst, container)).toBe('[{"tried":2000,"refusal":null},2000]');
});
