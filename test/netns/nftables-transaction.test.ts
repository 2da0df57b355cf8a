import { readlinkSync } from 'node:fs';
import { setImmediate as turn } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { type NftablesPort, openNftables } from '../../src/netlink/index.js';
import {
  type CurrentTable,
  type NamedSet,
  type Operation,
  one,
  type Rule,
  ruleDigest,
} from '../../src/ruleset/index.js';
import { makeNamespace, type TestNamespace } from '../support/netns.js';
import { accept, counter, is, jump, ours, rule } from '../support/rules.js';

const table = ours('inet');
const setup: Operation[] = [
  { kind: 'add table', table },
  { kind: 'add chain', table, chain: { name: 'c', rules: [] } },
];
const addRule = (chain: string, added: Rule): Operation => ({
  kind: 'add rule',
  table,
  chain,
  rule: added,
  position: { at: 'end' },
});
const numbered = (address: number): Rule =>
  rule([is('ip saddr', one(address)), is('meta l4proto', one(6)), is('th dport', one(22))], [counter, accept]);

describe('transactions of the kernel', () => {
  let namespace: TestNamespace;
  let port: NftablesPort;
  beforeEach(() => {
    namespace = makeNamespace();
    port = openNftables(namespace.name);
  });
  afterEach(() => {
    port.close();
    namespace.remove();
  });

  const commit = async (...operations: Operation[]) => port.commit(operations, (await port.read()).generation);
  async function read(): Promise<CurrentTable> {
    const [first] = (await port.read()).tables;
    if (first === undefined) throw new Error('no table');
    return first;
  }

  test('opening in a namespace leaves this thread where it was', () => {
    const before = readlinkSync('/proc/thread-self/ns/net');
    openNftables(namespace.name).close();
    expect(readlinkSync('/proc/thread-self/ns/net')).toBe(before);
    expect(() => openNftables('rwtest-absent')).toThrow(expect.objectContaining({ code: 'no-such-netns' }));
    expect(() => openNftables('../netns')).toThrow(expect.objectContaining({ code: 'bad-netns-name' }));
  });

  test('errors name the operation, the errno and the attribute', async () => {
    const result = await commit(
      ...setup,
      addRule('c', numbered(1)),
      addRule('c', rule([is('ip saddr', one(1))], [jump('missing')])),
      addRule('missing', numbered(2)),
    );
    expect(result).toEqual({
      ok: false,
      reason: 'refused',
      errors: [
        { operation: 3, errno: 'ENOENT', detail: 'rule.expressions[4].immediate' },
        { operation: 4, errno: 'ENOENT', detail: 'rule.chain' },
      ],
    });
  });

  test('a jump that closes a circle is traced to its rule', async () => {
    const result = await commit(
      ...setup,
      { kind: 'add chain', table, chain: { name: 'd', rules: [] } },
      {
        kind: 'add chain',
        table,
        chain: { name: 'in', base: { hook: 'input', priority: 0, policy: 'accept' }, rules: [] },
      },
      addRule('in', rule([], [jump('c')])),
      addRule('c', rule([], [jump('d')])),
      addRule('d', rule([], [jump('c')])),
    );
    if (result.ok || result.reason !== 'refused') throw new Error('not refused');
    expect(result.errors[0]).toMatchObject({ errno: 'EMLINK' });
    expect([4, 5, 6]).toContain(result.errors[0]?.operation);
  });

  test('more errors than the socket can hold are still a refusal, without a guess', async () => {
    const bad = Array.from({ length: 30_000 }, (_, n) => addRule('missing', numbered(n)));
    const result = await commit(...setup, ...bad);
    expect(result).toMatchObject({ ok: false, reason: 'refused' });
    if (!result.ok && result.reason === 'refused')
      expect(result.errors[0]).toMatchObject({ operation: 2, errno: 'ENOENT' });
    expect((await port.read()).tables).toEqual([]);
  });

  test('foreign tables are neither read nor touched', async () => {
    namespace.load('table ip foreign {\nchain x {\ncounter\n}\n}\ntable inet ringwall2 {\nset s {\ntype mark\n}\n}\n');
    await commit(...setup);
    await commit({ kind: 'delete table', table });
    expect(namespace.nft('list', 'tables').trim().split('\n')).toEqual(['table ip foreign', 'table inet ringwall2']);
    expect((await port.read()).tables).toEqual([]);
  });

  test('what others put into our table is seen for what it is', async () => {
    await commit(...setup, addRule('c', numbered(1)));
    namespace.load(`table inet ringwall {
      set mine { type ipv4_addr; flags timeout; }
      map nat { type ipv4_addr : mark; }
      chain c { ip saddr 9.9.9.9 counter packets 5 bytes 300 accept comment "by hand"; }
      chain n { type nat hook output priority 0; }
    }`);
    const current = await read();
    expect([...current.foreignSets].sort()).toEqual(['mine', 'nat']);
    expect(current.sets).toEqual([]);
    expect(current.chains[0]?.rules.map(({ digest, comment, counter: count }) => ({ digest, comment, count }))).toEqual(
      [
        { digest: ruleDigest(numbered(1)), comment: null, count: { packets: 0n, bytes: 0n } },
        { digest: null, comment: 'by hand', count: { packets: 5n, bytes: 300n } },
      ],
    );
    expect(current.chains[1]).toEqual({ name: 'n', base: 'foreign', rules: [] });
  });

  test('a set of our shape that can be full or asks more than its elements is none of ours', async () => {
    await commit(...setup);
    namespace.load(`table inet ringwall {
      set full { type ipv4_addr; flags interval; size 1; }
      set rated { type ipv4_addr; flags interval; limit rate 1/hour; }
      set plain { type ipv4_addr; flags interval; }
    }`);
    const current = await read();
    expect([...current.foreignSets].sort()).toEqual(['full', 'rated']);
    expect(current.sets.map(({ name }) => name)).toEqual(['plain']);
  });

  test('a chain inside a rule goes with its rule', async () => {
    await commit(...setup);
    namespace.load('add rule inet ringwall c jump { tcp dport 22 accept; }');
    const { chains } = await read();
    expect(chains.map(({ name, rules }) => [name, rules.length])).toEqual([['c', 1]]);
  });

  test('a table that is switched off is seen to be', async () => {
    await commit(...setup);
    expect((await read()).dormant).toBeUndefined();
    namespace.load('add table inet ringwall { flags dormant; }');
    expect((await read()).dormant).toBe(true);
  });

  test('a set of 20,000 intervals goes over in parts and comes back whole', async () => {
    const set: NamedSet = { name: 'big', type: 'ipv6_addr', elements: [], origin: null };
    const elements = Array.from({ length: 20_000 }, (_, n) => one(BigInt(n) * 4n));
    expect(
      await commit(...setup, { kind: 'add set', table, set }, { kind: 'add elements', table, set, elements }),
    ).toEqual({ ok: true });
    expect((await read()).sets[0]?.elements).toEqual(elements);
    expect(await commit({ kind: 'delete elements', table, set, elements: elements.slice(1) })).toEqual({ ok: true });
    expect((await read()).sets[0]?.elements).toEqual([one(0)]);
  });

  test('counters of untouched rules survive changes around them', async () => {
    await commit(
      { kind: 'add table', table },
      {
        kind: 'add chain',
        table,
        chain: { name: 'out', base: { hook: 'output', priority: 0, policy: 'accept' }, rules: [] },
      },
      addRule('out', rule([], [counter])),
    );
    const handles = (await read()).chains[0]?.rules.map(({ handle }) => handle) ?? [];
    // One datagram to loopback, inside the namespace.
    sendDatagram(namespace);
    const [before] = (await read()).chains[0]?.rules ?? [];
    expect(before?.counter?.packets).toBeGreaterThan(0n);
    await commit({
      kind: 'add rule',
      table,
      chain: 'out',
      rule: numbered(7),
      position: { at: 'before', handle: handles[0] ?? 0n },
    });
    const [added, kept] = (await read()).chains[0]?.rules ?? [];
    expect(added?.counter?.packets).toBe(0n);
    expect(kept).toEqual(before);
  });

  test('two conversations on one port do not mix', async () => {
    const { generation } = await port.read();
    const [first, current, second] = await Promise.all([
      port.commit(setup, generation),
      port.read(),
      port.commit(setup, generation),
    ]);
    expect(first).toEqual({ ok: true });
    expect(current.tables).toHaveLength(1);
    expect(second).toEqual({ ok: false, reason: 'stale' });
  });

  test('a read while others keep committing is consistent or says that it cannot be', async () => {
    await commit(...setup, ...Array.from({ length: 200 }, (_, n) => addRule('c', numbered(n))));
    const other = openNftables(namespace.name);
    for (let round = 0; round < 10; round++) {
      const [{ generation }] = await Promise.all([other.read(), turn()]);
      const committed = other.commit(
        [{ kind: 'flush chain', table, chain: 'c' }, addRule('c', numbered(round))],
        generation,
      );
      const [current] = await Promise.all([port.read(), committed]);
      expect([1, 200]).toContain(current.tables[0]?.chains[0]?.rules.length);
    }
    other.close();
  });

  test('probing changes nothing and knows this kernel', async () => {
    const before = (await port.read()).generation;
    expect(await port.probe()).toMatchObject({ inetReject: true, inetFib: true, log: true });
    expect((await port.read()).generation).toBe(before);
    expect(namespace.nft('list', 'tables')).toBe('');
  });

  test('100,000 rules go in one batch and leave the event loop free', async () => {
    const many = Array.from({ length: 100_000 }, (_, n) => addRule(`g${n % 100}`, numbered(n)));
    const chains = Array.from(
      { length: 100 },
      (_, n): Operation => ({ kind: 'add chain', table, chain: { name: `g${n}`, rules: [] } }),
    );
    const { generation } = await port.read();
    let turns = 0;
    const timer = setInterval(() => {
      turns += 1;
    }, 5);
    const result = await port.commit([...setup, ...chains, ...many], generation);
    clearInterval(timer);
    expect(result).toEqual({ ok: true });
    expect(turns).toBeGreaterThan(10);
    const current = await read();
    expect(current.chains.map(({ rules }) => rules.length).reduce((sum, length) => sum + length)).toBe(100_000);
    expect(current.chains[100]?.rules[999]?.digest).toBe(ruleDigest(numbered(99_999)));
  });
});

/** One UDP datagram from loopback to loopback. */
function sendDatagram(namespace: TestNamespace): void {
  namespace.run(process.execPath, [
    '-e',
    "const s=require('node:dgram').createSocket('udp4');s.send('x',9,'127.0.0.1',()=>s.close())",
  ]);
}
