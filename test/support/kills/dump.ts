import { execFile } from 'node:child_process';
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { inNamespace, openNftables } from '../../../src/netlink/index.js';
import { systemClock } from '../../../src/ports/index.js';
import { linksText, objectsText, routesText } from '../kernel-texts.js';

/** What is compared byte for byte: a text for each part of the kernel and each file of the state directory. */
export type Dump = ReadonlyMap<string, string>;

/** The parts that hold the rules. */
const LISTED = 'nft list ruleset';
const DECODED = 'our tables as read';

const execute = promisify(execFile);
const output = async (program: string, ...args: string[]): Promise<string> =>
  (await execute(program, args, { maxBuffer: 1 << 28 })).stdout;

/** Reads a network namespace and a state directory whole. */
export async function dumpOf(netns: string, state: string): Promise<Dump> {
  const ip = (...args: string[]) => output('/usr/sbin/ip', '-n', netns, ...args);
  const within = (...args: string[]) => output('/usr/sbin/ip', 'netns', 'exec', netns, ...args);
  const [ruleset, decoded, links, routes4, routes6, vlans] = await Promise.all([
    // Without counters: what passes while links come and go (neighbour discovery) is not ours.
    within('/usr/sbin/nft', '--stateless', 'list', 'ruleset'),
    decodedRuleset(netns),
    ip('-d', '-j', 'address', 'show'),
    ip('-4', '-j', 'route', 'show', 'table', 'all'),
    ip('-6', '-j', 'route', 'show', 'table', 'all'),
    bridgeVlans(netns),
  ]);
  return new Map([
    [LISTED, ruleset],
    [DECODED, decoded],
    ['ip address', linksText(links)],
    ['ip -4 route', routesText(routes4)],
    ['ip -6 route', routesText(routes6)],
    ['bridge vlan', objectsText(vlans)],
    ['settings', inNamespace(netns, () => settings.flatMap(settingsBelow).join('\n'))],
    ...recordsOf(state),
  ]);
}

/** The names of the parts that differ. */
export const differences = (a: Dump, b: Dump): string[] =>
  [...new Set([...a.keys(), ...b.keys()])].filter((part) => a.get(part) !== b.get(part)).sort();

/** One dump with the rules of another one. */
export const withRulesOf = (dump: Dump, other: Dump): Dump =>
  new Map([...dump, ...[LISTED, DECODED].map((part): [string, string] => [part, other.get(part) ?? ''])]);

const settings = ['ipv4/conf', 'ipv6/conf', 'netfilter'].map((folder) => `/proc/sys/net/${folder}`);
/** What the kernel counts and no setting: connections now, and the size of their table. */
const counted = /nf_conntrack_(count|buckets)$/;

const settingsBelow = (path: string): string[] =>
  statSync(path).isDirectory()
    ? readdirSync(path)
        .sort()
        .flatMap((name) => settingsBelow(join(path, name)))
    : counted.test(path)
      ? []
      : [`${path} ${settingText(path)}`];

/** Some can only be written, or have no value yet. */
function settingText(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    return String(error);
  }
}

async function decodedRuleset(netns: string): Promise<string> {
  const nftables = openNftables(netns);
  try {
    const { tables } = await nftables.read();
    return JSON.stringify(tables, (key, value: unknown) => (volatileInRules.has(key) ? undefined : plain(value)), 1);
  } finally {
    nftables.close();
  }
}

/** Empty on a kernel whose bridges have no VLANs. */
async function bridgeVlans(netns: string): Promise<string> {
  try {
    return await output('/usr/sbin/bridge', '-n', netns, '-d', '-j', 'vlan', 'show');
  } catch (error) {
    if (String(error).includes('Operation not supported')) return '';
    throw error;
  }
}

/** A rule that was taken out and put back has another handle. */
const volatileInRules = new Set(['handle', 'packets', 'bytes']);

const plain = (value: unknown): unknown => {
  if (value instanceof Map) return [...value];
  return typeof value === 'bigint' ? `${value}` : value;
};

/**
 * Every file of the records but the locks, which hold a pid, and every folder but the one that holds the generations, which
 * may be empty.
 */
function recordsOf(state: string): [string, string][] {
  if (!existsSync(state)) return [];
  return readdirSync(state, { recursive: true, encoding: 'utf8' })
    .filter((name) => !name.endsWith('lock') && name !== 'generations')
    .sort()
    .flatMap((name): [string, string][] => {
      const path = join(state, name);
      if (statSync(path).isDirectory()) return [[name, 'a directory']];
      const text = readFileSync(path, 'utf8');
      if (/^position(-copy)?\.json$/.test(name)) return isNowhere(text) ? [] : [[name, withoutClock(text)]];
      if (name === 'way-back.json') return [[name, withoutNumbers(text)]];
      return [[name, name.endsWith('meta.json') ? text.replace(/"(time|checksum)":"[^"]*"/g, '"$1":""') : text]];
    });
}

const TEN_MINUTES = 600_000;

/** A deadline is told by how far away it is. */
const withoutClock = (position: string): string =>
  position
    .replace(
      /"deadline":(\d+)/,
      (_, at) => `"deadline":${Math.round((Number(at) - systemClock.sinceBoot()) / TEN_MINUTES)}`,
    )
    .replace(/"(until|checksum)":"[^"]*"/g, '"$1":""');

/**
 * The batch has handles of rules and the number of the kernel's ruleset, which go on when something is made again. `from` may
 * name one more generation that was about to come: the way leads back to the same place.
 */
const withoutNumbers = (wayBack: string): string =>
  wayBack.replace(/"(batch|checksum)":"[^"]*"/g, '"$1":""').replace(/"from":\[[\d,]*\]/, '"from":[]');

/** Without its files ringwall takes it that nothing was applied yet. */
export const isNowhere = (position: string): boolean =>
  Object.entries(JSON.parse(position)).every(([key, value]) => key === 'checksum' || value === null);
