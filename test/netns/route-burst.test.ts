import { afterAll, beforeAll, expect, test } from 'vitest';
import { type CompiledNetlink, compileNetlink } from '../support/compiled.js';
import { makeNamespace, type TestNamespace } from '../support/netns.js';

let namespace: TestNamespace;
let compiled: CompiledNetlink;
beforeAll(() => {
  namespace = makeNamespace();
  compiled = compileNetlink();
});
afterAll(() => {
  compiled.remove();
  namespace.remove();
});

/** Runs `body` in a process of its own, because the package's native half ends the process when it is mistreated. */
const child = (body: string): string => compiled.run(`const port = netlink.openRoute('${namespace.name}');\n${body}`);

const failingBurst = (count: number): string => `
  const all = await Promise.allSettled(
    Array.from({ length: ${count} }, (_, n) => port.apply({ kind: 'delete link', link: 'absent' + n })));
  const errnos = new Set(all.map((result) => result.status === 'rejected' ? result.reason.errno : 'done'));
  console.log(all.length, [...errnos].join());`;

test('thousands of failing requests at once are all answered', () => {
  expect(child(`${failingBurst(1500)}\nport.close();`)).toBe('1500 ENODEV');
});

test('a caller that blocks the event loop between requests and answers loses nothing', () => {
  const blocked = `
  const burst = (async () => { ${failingBurst(500)} })();
  await Promise.resolve();
  const until = Date.now() + 500;
  while (Date.now() < until);
  await burst;
  port.close();`;
  expect(child(blocked)).toBe('500 ENODEV');
});

test('a rejected request that nobody waits for does not stop the others', () => {
  const careless = `
  process.on('unhandledRejection', () => {});
  void port.apply({ kind: 'delete link', link: 'absent' });
  console.log((await port.read()).links.length);
  port.close();`;
  expect(child(careless)).toBe('1');
});

test('closing with requests in flight rejects them and lets the process end', () => {
  const closing = `
  const all = Promise.allSettled(Array.from({ length: 300 }, () => port.read()));
  await Promise.resolve();
  port.close();
  console.log(new Set((await all).map((result) => result.status)).has('rejected'));`;
  expect(child(closing)).toBe('true');
});
