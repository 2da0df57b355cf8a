import { expect, test } from 'vitest';
import { FakeNftables } from '../../../src/netlink/index.js';
import { nftablesPortSuite } from '../../support/nftables-port-suite.js';
import { counter, ours, rule } from '../../support/rules.js';

nftablesPortSuite('fake', () => {
  const port = new FakeNftables();
  return { port, disturb: () => port.disturb(), close: () => port.close() };
});

test('dumps what it holds as nft text', async () => {
  const port = new FakeNftables();
  const table = ours('inet');
  const { generation } = await port.read();
  await port.commit(
    [
      { kind: 'add table', table },
      { kind: 'add chain', table, chain: { name: 'c', rules: [] } },
      { kind: 'add rule', table, chain: 'c', rule: rule([]), position: { at: 'end' } },
    ],
    generation,
  );
  expect(port.dump()).toContain('\tchain c {\n\t\tdrop\n\t}\n');
});

test('counts packets in rules that count', async () => {
  const port = new FakeNftables();
  const table = ours('inet');
  await port.commit(
    [
      { kind: 'add table', table },
      { kind: 'add chain', table, chain: { name: 'c', rules: [] } },
      { kind: 'add rule', table, chain: 'c', rule: rule([], [counter]), position: { at: 'end' } },
      { kind: 'add rule', table, chain: 'c', rule: rule([]), position: { at: 'end' } },
    ],
    1,
  );
  port.count(2n, 120n);
  const rules = (await port.read()).tables[0]?.chains[0]?.rules;
  expect(rules?.map((current) => current.counter)).toEqual([{ packets: 2n, bytes: 120n }, null]);
});

test('has every helper but those it is told to miss, and refuses them', async () => {
  const port = new FakeNftables({}, ['sane']);
  const helper = (type: string) => ({ name: type, type, protocol: 'tcp', l3proto: 'inet', origin: null }) as const;
  expect(await port.hasHelper(helper('ftp'))).toBe(true);
  expect(await port.hasHelper(helper('sane'))).toBe(false);
  const table = ours('inet');
  const add = { kind: 'add helper', table, helper: helper('sane') } as const;
  expect(await port.commit([{ kind: 'add table', table }, add], 1)).toMatchObject({
    reason: 'refused',
    errors: [{ operation: 1, errno: 'ENOENT' }],
  });
});

test('has the features it is told to have', async () => {
  expect((await new FakeNftables({ bridgeConntrack: false }).probe()).bridgeConntrack).toBe(false);
  expect((await new FakeNftables().probe()).bridgeConntrack).toBe(true);
});
