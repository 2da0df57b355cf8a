import type {
  Chain,
  Field,
  Hook,
  Interval,
  KeyField,
  MapKey,
  Match,
  Rule,
  Ruleset,
  Table,
} from '../../../src/ruleset/index.js';
import { fields, tcpFlag } from '../../../src/ruleset/index.js';
import type { NeighborMessage, NetworkHeader } from '../../../src/simulate/index.js';
import { icmpv6Type, ipProtocol } from './frame.js';
import type { Layout } from './layout.js';
import { choose, directionsOf } from './matrix.js';
import type { End, Wish } from './probe.js';
import { isRouted, withIcmp, withPorts, withProtocol } from './probe.js';
import type { Random } from './random.js';
import { edges, type Named } from './values.js';

/** How packets get to a chain: through a hook, and by what they must have for the verdict maps on the way. */
interface Approach {
  readonly family: Table['family'];
  readonly hook: Hook;
  readonly keys: readonly { readonly field: KeyField; readonly key: MapKey }[];
}

type Ends = readonly [from: End, to: End];

/** Values at the edge of what a rule takes, and how packets get to it. */
interface Edge {
  readonly rule: Rule;
  readonly ways: readonly Approach[];
  readonly values: Values;
}

/** `count` packets that meet all conditions of a rule but one, of which they have a value at the edge of what it takes. */
export function edgePackets(ruleset: Ruleset, layout: Layout, named: Named, random: Random, count: number): Wish[] {
  const pairs = directionsOf(layout).flat();
  return random.sample(edgesOf(ruleset), count).flatMap(({ rule, ways, values }): Wish[] => {
    const way = random.pick(ways);
    const pair = way && random.pick(pairs.filter((ends) => leads(way, ends) && meets(rule, way, ends)));
    if (pair === undefined) return [];
    const [from, to] = pair;
    const network = networkOf(values, choose(layout, named, random, from, to));
    const sourceMac = values.get('ether saddr');
    return [{ from, to, network, ...(sourceMac === undefined || from === 'host' ? {} : { sourceMac }) }];
  });
}

function edgesOf({ tables }: Ruleset): Edge[] {
  return tables.flatMap((table) => {
    const approaches = approachesOf(table);
    return table.chains.flatMap(({ name, rules }) => {
      const ways = approaches.get(name) ?? [];
      return rules.flatMap((rule) => variations(rule, table).map((values) => ({ rule, ways, values })));
    });
  });
}

function approachesOf(table: Table): Map<string, Approach[]> {
  const chains = new Map(table.chains.map((chain) => [chain.name, chain]));
  const found = new Map<string, Approach[]>();
  const visit = (chain: Chain | undefined, way: Approach): void => {
    if (chain === undefined) return;
    const known = found.get(chain.name) ?? [];
    if (known.some((other) => spellApproach(other) === spellApproach(way))) return;
    found.set(chain.name, [...known, way]);
    for (const statement of chain.rules.flatMap(({ statements }) => statements)) {
      if (statement.kind === 'verdict' && 'chain' in statement.verdict) visit(chains.get(statement.verdict.chain), way);
      if (statement.kind !== 'dispatch') continue;
      for (const { key, verdict } of table.maps.find(({ name }) => name === statement.map)?.elements ?? []) {
        if ('chain' in verdict)
          visit(chains.get(verdict.chain), { ...way, keys: [...way.keys, { field: statement.field, key }] });
      }
    }
  };
  for (const chain of table.chains) {
    if (chain.base !== undefined) visit(chain, { family: table.family, hook: chain.base.hook, keys: [] });
  }
  return found;
}

const spellApproach = ({ family, hook, keys }: Approach): string =>
  [family, hook, ...keys.map(({ field, key }) => `${field} ${key}`)].join(' ');

/** Does a packet between these two ends come by? */
function leads({ family, hook, keys }: Approach, ends: Ends): boolean {
  const [from, to] = ends;
  const routed = isRouted(from, to);
  if (!keys.every(({ field, key }) => (keyOf(field, family, ends) ?? key) === key)) return false;
  switch (hook) {
    case 'prerouting':
      return from !== 'host';
    case 'input':
      return from !== 'host' && (to === 'host' || (family === 'bridge' && routed));
    case 'forward':
      return from !== 'host' && to !== 'host' && routed === (family === 'inet');
    case 'output':
      return to !== 'host' && (from === 'host' || (family === 'bridge' && routed));
    case 'postrouting':
      return to !== 'host';
  }
}

/** What a packet between these ends has there; null where it is not the ends that say. */
function keyOf(field: KeyField, family: Table['family'], [from, to]: Ends): MapKey | null {
  const nameOf = (end: End): string | null =>
    end === 'host' ? null : family === 'bridge' ? end.zone.port : end.zone.bridge;
  switch (field) {
    case 'iifname':
      return nameOf(from);
    case 'oifname':
      return nameOf(to);
    case 'meta ibrname':
      return from === 'host' ? null : from.zone.bridge;
    case 'meta obrname':
      return to === 'host' ? null : to.zone.bridge;
    case 'ether daddr':
      return to === 'host' || isRouted(from, to) ? null : to.mac;
  }
}

/** Do the ends fit the interface names that the rule asks for? */
const meets = ({ matches }: Rule, { family }: Approach, ends: Ends): boolean =>
  matches.every((match) => {
    if (match.kind !== 'names' || match.negated) return true;
    const name = keyOf(match.field, family, ends);
    return name === null || match.names.includes(String(name));
  });

type Values = ReadonlyMap<Field | 'tcp flags', bigint>;

function variations({ matches }: Rule, table: Table): Values[] {
  const wanted = new Map<Field | 'tcp flags', bigint>();
  const ranges: { field: Field; intervals: readonly Interval[] }[] = [];
  for (const match of matches) {
    if (match.kind === 'flags' && match.field === 'tcp flags')
      wanted.set('tcp flags', BigInt(match.test === 'exactly' && !match.negated ? match.value : tcpFlag.ack));
    const intervals = intervalsOf(match, table);
    if (intervals === null || (match.kind !== 'values' && match.kind !== 'set')) continue;
    const inside = intervals[0]?.[0];
    if (inside !== undefined) wanted.set(match.field, match.negated ? inside + 1n : inside);
    ranges.push({ field: match.field, intervals });
  }
  return ranges
    .filter(({ field }) => VARIED.has(field))
    .flatMap(({ field, intervals }) =>
      edges(intervals, fields[field].width).map((value) => new Map([...wanted, [field, value]])),
    );
}

const VARIED: ReadonlySet<Field> = new Set([
  'ip saddr',
  'ip daddr',
  'ip6 saddr',
  'ip6 daddr',
  'arp saddr ip',
  'arp saddr ether',
  'ether saddr',
  'th sport',
  'th dport',
  'icmp type',
  'icmp code',
  'icmpv6 type',
  'icmpv6 code',
  'nd target',
  'nd option ether',
  'rs option ether',
  'meta l4proto',
]);

function intervalsOf(match: Match, { sets }: Table): readonly Interval[] | null {
  switch (match.kind) {
    case 'values':
      return match.values;
    case 'set':
      return sets.find(({ name }) => name === match.set)?.elements ?? [];
    case 'names':
    case 'flags':
      return null;
  }
}

const TRACKED_PORTS: ReadonlySet<number> = new Set([ipProtocol.tcp, ipProtocol.udp, ipProtocol.sctp]);

function networkOf(values: Values, choice: ReturnType<typeof choose>): NetworkHeader {
  const number = (field: Field | 'tcp flags'): number | undefined => {
    const value = values.get(field);
    return value === undefined ? undefined : Number(value);
  };
  if (values.has('arp saddr ip') || values.has('arp saddr ether')) {
    const senderAddress = values.get('arp saddr ip') ?? choice.addresses(4)[0];
    return { kind: 'arp', senderAddress, senderMac: values.get('arp saddr ether') ?? choice.sourceMac };
  }
  const family = familyOf(values);
  const [source, dest] = choice.addresses(family);
  const addresses = [
    values.get(family === 4 ? 'ip saddr' : 'ip6 saddr') ?? source,
    values.get(family === 4 ? 'ip daddr' : 'ip6 daddr') ?? dest,
  ] as const;
  const neighbor = neighborOf(values);
  if (neighbor !== null) return withIcmp(6, addresses, neighbor.type, 0, neighbor.said);
  const type = number(family === 4 ? 'icmp type' : 'icmpv6 type');
  const code = number(family === 4 ? 'icmp code' : 'icmpv6 code');
  const protocol =
    number('meta l4proto') ?? (type !== undefined || code !== undefined ? icmpOf(family) : ipProtocol.tcp);
  if (protocol === icmpOf(family)) return withIcmp(family, addresses, type ?? (family === 4 ? 8 : 128), code ?? 0);
  if (!TRACKED_PORTS.has(protocol)) return withProtocol(family, addresses, protocol);
  const ports = [number('th sport') ?? choice.ports[0], number('th dport') ?? choice.ports[1]] as const;
  return withPorts(family, addresses, protocol, ports, number('tcp flags') ?? tcpFlag.syn);
}

/** What a rule about neighbour discovery is to meet: a solicitation unless it names another message. */
function neighborOf(values: Values): { type: number; said: Partial<NeighborMessage> } | null {
  const target = values.get('nd target');
  const solicited = values.get('rs option ether');
  const mac = solicited ?? values.get('nd option ether');
  if (target === undefined && mac === undefined) return null;
  const option = mac === undefined ? {} : { option: { type: 1 as const, mac } };
  const { routerSolicitation, neighborSolicitation } = icmpv6Type;
  const type = solicited === undefined ? neighborSolicitation : routerSolicitation;
  return { type, said: { ...option, ...(target === undefined ? {} : { target }) } };
}

const icmpOf = (family: 4 | 6): number => (family === 4 ? ipProtocol.icmp : ipProtocol.icmpv6);

function familyOf(values: Values): 4 | 6 {
  const six = [...values.keys()].some((field) => fields[field === 'tcp flags' ? 'th dport' : field].family === 6);
  return six || values.get('meta protocol') === 0x86ddn || values.get('meta nfproto') === 10n ? 6 : 4;
}
