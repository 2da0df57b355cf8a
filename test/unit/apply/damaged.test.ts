import { beforeEach, describe, expect, test } from 'vitest';
import { apply, history, readSources, rollback } from '../../../src/apply/index.js';
import { Failure } from '../../../src/diagnostics/index.js';
import { portRule, tableOf } from './random-ruleset.js';
import { type TestWorld, testWorld } from './test-world.js';

const author = { user: 'anna', version: '0.1.0' };
const folder = '/var/lib/ringwall/generations/1';
const rules = (port: number) => ({ ruleset: { tables: [tableOf([{ name: 'in', rules: [portRule(port)] }])] } });
const firewall = (port: number) => ({ ...rules(port), sysctls: [] });
const links = { links: [], guestPorts: [], unmanaged: [] };
const sources = new Map([['etc/pve/firewall/cluster.fw', '[RULES]\n']]);

let world: TestWorld;
beforeEach(async () => {
  world = testWorld();
  for (const port of [1, 2]) {
    await apply(world, { firewall: firewall(port), links, sources, node: 'pve1', author });
  }
});

const read = (name: string): Buffer => Buffer.from(world.files.read(`${folder}/${name}`) ?? []);
const write = (name: string, content: Uint8Array): void => world.files.writeAtomically(`${folder}/${name}`, content);
const back = () => rollback(world, { generation: 1, author });
const failureOf = async (act: () => unknown): Promise<Failure> => {
  try {
    await act();
  } catch (error) {
    if (error instanceof Failure) return error;
    throw error;
  }
  throw new Error('it did not fail');
};

describe.each(['meta.json', 'ruleset.json', 'settings.json', 'links.json'])('a damaged %s', (name) => {
  const refused = async (): Promise<void> => {
    const before = await world.nftables.read();
    const { code, message, help } = await failureOf(back);
    expect(code).toBe('damaged-file');
    expect(message).toContain(`${folder}/${name} is damaged: `);
    expect(help).toContain('`ringwall history`');
    expect(await world.nftables.read()).toEqual(before);
  };

  test('is refused wherever it is cut short', async () => {
    const whole = read(name);
    for (let length = 0; length < whole.length; length += 64) {
      write(name, whole.subarray(0, length));
      await refused();
    }
    write(name, whole.subarray(0, whole.length - 1));
    await refused();
  });

  test('is refused whatever byte is another', async () => {
    const whole = read(name);
    for (let at = 0; at < whole.length; at += 7) {
      const changed = Buffer.from(whole);
      changed[at] = (whole[at] ?? 0) ^ 1;
      write(name, changed);
      await refused();
    }
  });

  test('is refused when it is missing, and when it is that of another generation', async () => {
    const whole = read(name);
    world.files.remove(`${folder}/${name}`);
    await refused();
    write(name, whole);
    await back();
    const other = world.files.read(`/var/lib/ringwall/generations/2/${name}`) ?? new Uint8Array();
    if (!whole.equals(other)) {
      write(name, other);
      await rollback(world, { generation: 2, author });
      await refused();
    }
  });
});

test('damaged sources keep nobody from going back', async () => {
  write('sources.json', Buffer.from('{}'));
  expect((await back()).generation).toBe(1);
  const { message } = await failureOf(() => readSources(world.state, 1));
  expect(message).toBe(`${folder}/sources.json is damaged: it is not what was written: its checksum is wrong`);
});

test('a folder that was copied is not taken for another generation', async () => {
  for (const name of ['meta.json', 'ruleset.json', 'rules.batch', 'settings.json', 'links.json', 'sources.json']) {
    const path = '/var/lib/ringwall/generations/3';
    world.files.makeDirectory(path);
    world.files.writeAtomically(`${path}/${name}`, read(name));
  }
  const { message } = await failureOf(() => rollback(world, { generation: 3, author }));
  expect(message).toBe('/var/lib/ringwall/generations/3/meta.json is damaged: it is of generation 1');
});

test('history names a damaged generation and lists the others', () => {
  write('meta.json', read('meta.json').subarray(0, 64));
  const { entries, damaged } = history(world.state);
  expect(entries.map(({ generation }) => generation)).toEqual([2]);
  expect(damaged.map(({ message }) => message)).toEqual([
    `${folder}/meta.json is damaged: it is not what was written: its checksum is wrong or missing`,
  ]);
});

test('a file that others can write is not trusted', async () => {
  world.files.setAttributes(`${folder}/ruleset.json`, { mode: 0o620 });
  const { code, message } = await failureOf(back);
  expect(code).toBe('state-open-to-others');
  expect(message).toContain(`${folder}/ruleset.json`);
});
