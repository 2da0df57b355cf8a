import type { DecodedExpression, DecodedTable } from '../../src/netlink/index.js';
import type { TableFamily } from '../../src/ruleset/index.js';

/**
 * Tables as lines of text that are equal exactly when the kernel treats every packet alike and shows the same names
 * and comments. nft and ringwall write some matches in different, equivalent forms:
 * nft joins comparisons of neighbouring header fields into one, which may move a match behind others; in
 * family inet it reads the ether type from the link header once a MAC address was asked. So matches that stand together
 * are sorted, a comparison of header bytes becomes one fact per byte, and there the link header's ether type becomes
 * ringwall's question.
 */
export function canonicalLines(tables: readonly DecodedTable[]): string[] {
  return tables.flatMap(({ family, name, chains, sets, helpers }) => [
    `table ${family} ${name}`,
    ...sets.map((set) => `set ${set.name} ${text({ ...set, name: undefined })}`).sort(),
    ...helpers.map((helper) => `helper ${text(helper)}`).sort(),
    ...[...chains]
      .sort((a, b) => (a.name < b.name ? -1 : 1))
      .flatMap((chain) => [
        `chain ${chain.name} ${text(chain.base)}`,
        ...chain.rules.map((rule) => `rule ${rule.comment} ${canonicalRule(family, rule.expressions).join(' ; ')}`),
      ]),
  ]);
}

function canonicalRule(family: TableFamily, expressions: readonly DecodedExpression[]): string[] {
  const words: string[] = [];
  let matches = new Set<string>();
  const flush = (): void => {
    for (const word of [...withoutEtherType(family, matches)].sort()) words.push(word);
    matches = new Set();
  };
  for (let at = 0; at < expressions.length; ) {
    const end = matchEnd(expressions, at);
    if (end === at) {
      flush();
      words.push(text(expressions[at]));
      at += 1;
    } else {
      for (const fact of facts(expressions.slice(at, end))) matches.add(fact);
      at = end;
    }
  }
  flush();
  return words;
}

const loads = new Set(['meta', 'payload', 'ct', 'fib']);
const changes = new Set(['bitwise', 'byteorder']);
const tests = new Set(['cmp', 'range', 'anonymous set']);

/** One after the last expression of the match that begins at `start`; `start` when none begins there. */
function matchEnd(expressions: readonly DecodedExpression[], start: number): number {
  const load = expressions[start];
  if (load === undefined || !loads.has(load.kind) || !('dreg' in load) || load.dreg === undefined) return start;
  let at = start + 1;
  const kindAt = (index: number): string => expressions[index]?.kind ?? '';
  while (changes.has(kindAt(at))) at += 1;
  const test = expressions[at];
  if (test?.kind === 'lookup') return test.dreg === undefined ? at + 1 : start;
  if (!tests.has(kindAt(at))) return start;
  while (tests.has(kindAt(at))) at += 1;
  return at;
}

const CMP_EQ = 0;
const META_PROTOCOL = 1;
const META_NFPROTO = 15;

function facts(match: readonly DecodedExpression[]): string[] {
  const [load, test] = match;
  if (match.length !== 2 || test?.kind !== 'cmp' || test.op !== CMP_EQ) return [text(match)];
  const value = test.data?.value;
  if (value === undefined) return [text(match)];
  if (load?.kind === 'payload') {
    return [...value].map((byte, index) => `@${load.base},${(load.offset ?? 0) + index}=${byte}`);
  }
  if (load?.kind === 'meta' && load.key === META_PROTOCOL) return [`protocol ${networks[value.toString('hex')]}`];
  if (load?.kind === 'meta' && load.key === META_NFPROTO) return [`nfproto ${networks[value.toString('hex')]}`];
  return [text(match)];
}

/** Ether types and NFPROTO numbers. */
const networks: Readonly<Record<string, string>> = {
  '0800': 'ip',
  '86dd': 'ip6',
  '0806': 'arp',
  '02': 'ip',
  '0a': 'ip6',
};

/** In family inet, nft asks the link header what ringwall asks the packet. Routed packets have lost every VLAN tag. */
function withoutEtherType(family: TableFamily, matches: ReadonlySet<string>): Set<string> {
  if (family === 'bridge') return new Set(matches);
  const high = [...matches].find((fact) => fact.startsWith('@0,12='));
  const low = [...matches].find((fact) => fact.startsWith('@0,13='));
  if (high === undefined || low === undefined) return new Set(matches);
  const rest = new Set(matches);
  rest.delete(high);
  rest.delete(low);
  const hex = (fact: string): string => Number(fact.slice(6)).toString(16).padStart(2, '0');
  return rest.add(`nfproto ${networks[hex(high) + hex(low)]}`);
}

/** Intervals that touch are one: nft joins them, ringwall keeps interface names apart. */
function joined(intervals: readonly (readonly [bigint, bigint])[]): (readonly [bigint, bigint])[] {
  const result: (readonly [bigint, bigint])[] = [];
  for (const [first, last] of intervals) {
    const previous = result.at(-1);
    if (previous !== undefined && previous[1] + 1n === first) result[result.length - 1] = [previous[0], last];
    else result.push([first, last]);
  }
  return result;
}

const text = (value: unknown): string =>
  JSON.stringify(value, (key, item: unknown) => {
    if (typeof item === 'bigint') return item.toString();
    if (isBytes(item)) return Buffer.from(item.data).toString('hex');
    if (key === 'elements' && Array.isArray(item)) return joined(item).join(' ');
    return item;
  });

const isBytes = (item: unknown): item is { type: 'Buffer'; data: number[] } =>
  typeof item === 'object' && item !== null && 'type' in item && item.type === 'Buffer' && 'data' in item;
