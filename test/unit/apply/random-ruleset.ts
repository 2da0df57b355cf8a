import fc from 'fast-check';
import {
  type Chain,
  type CtHelper,
  type DynamicSet,
  type Interval,
  type KeyType,
  type MapElement,
  type MapKey,
  merge,
  type NamedSet,
  one,
  type Rule,
  type Ruleset,
  range,
  TABLE_NAME,
  type Table,
  type TableFamily,
  type Verdict,
  type VerdictMap,
} from '../../../src/ruleset/index.js';

/** A rule that is named by a port: equal ports, equal rules. */
export const portRule = (port: number, line = 1): Rule => ({
  matches: [
    { kind: 'values', field: 'meta l4proto', negated: false, values: [one(6)] },
    { kind: 'values', field: 'th dport', negated: false, values: [one(port)] },
  ],
  statements: [{ kind: 'counter' }, { kind: 'verdict', verdict: { kind: 'accept' } }],
  origin: { file: 'etc/pve/firewall/100.fw', line },
});

/** A rule that updates a dynamic set of IPv4 addresses. */
export const updateRule = (set: string, rate: number): Rule => ({
  matches: [],
  statements: [
    { kind: 'update', set, field: 'ip saddr', prefix: 32, rate, unit: 'second', burst: 5 },
    { kind: 'verdict', verdict: { kind: 'drop' } },
  ],
  origin: null,
});

/** A rule that assigns a helper. */
export const helperRule = (helper: string): Rule => ({
  matches: [],
  statements: [{ kind: 'set helper', helper }],
  origin: null,
});

export const tableOf = (chains: readonly Chain[], family: TableFamily = 'inet'): Table => ({
  family,
  name: TABLE_NAME,
  chains,
  sets: [],
  maps: [],
});

const origin = fc.oneof(
  fc.constant(null),
  fc.integer({ min: 1, max: 30 }).map((line) => ({ file: 'etc/pve/firewall/100.fw', line })),
);

const interval: fc.Arbitrary<Interval> = fc
  .tuple(fc.integer({ min: 0, max: 40 }), fc.integer({ min: 0, max: 6 }))
  .map(([first, size]) => range(first, first + size));

/** Sets and maps draw from the same few names, so that kinds and types change between two rulesets. */
const objectNames = ['a', 'b', 'c', 'd'];

/** Only chains below look into maps, and maps lead to chains from here on: no circle. */
const FIRST_TARGET_OF_MAPS = 2;

const shape = fc.record({
  objects: fc.uniqueArray(fc.constantFrom(...objectNames), { maxLength: 4 }),
  kinds: fc.array(fc.constantFrom('ipv4_addr', 'ether_addr', 'ifname map', 'ether_addr map', 'dynamic'), {
    minLength: 4,
    maxLength: 4,
  }),
  bases: fc.array(fc.constantFrom(null, 'input', 'output'), { minLength: 6, maxLength: 6 }),
  policies: fc.array(fc.constantFrom('accept', 'drop'), { minLength: 6, maxLength: 6 }),
  // Object `h` is either helper; more would load modules of the kernel that tests run on.
  inetHelper: fc.constantFrom(null, 'ftp', 'tftp'),
  chains: fc.uniqueArray(fc.integer({ min: 0, max: 5 }), { maxLength: 6 }),
});

const isMap = (kind: string | undefined): boolean => kind?.endsWith(' map') === true;
const keys = { ifname: ['tap1', 'tap2', 'tap3', 'tap4'], ether_addr: [1n, 2n, 3n, 0xbc2411000001n] } as const;

const helperTypes: Readonly<Record<'ftp' | 'tftp', Omit<CtHelper, 'name' | 'origin'>>> = {
  ftp: { type: 'ftp', protocol: 'tcp', l3proto: 'inet' },
  tftp: { type: 'tftp', protocol: 'udp', l3proto: 'ip' },
};

const table = (family: TableFamily): fc.Arbitrary<Table> =>
  shape.chain(({ objects, kinds, bases, policies, chains, inetHelper }) => {
    // A kernel without connection tracking in the bridge family has no helpers there.
    const helper = family === 'inet' ? inetHelper : null;
    // A jump only goes to a higher number, so there is no loop, and never to a base chain.
    const targets = chains.filter((index) => bases[index] === null);
    const sets = objects.filter((_, index) => kinds[index] === 'ipv4_addr' || kinds[index] === 'ether_addr');
    const dynamic = objects.filter((_, index) => kinds[index] === 'dynamic');
    const maps = objects.filter((_, index) => isMap(kinds[index]));
    const typeOf = (name: string) => (kinds[objects.indexOf(name)] === 'ether_addr' ? 'ether_addr' : 'ipv4_addr');
    const keysOf = (name: string): KeyType =>
      kinds[objects.indexOf(name)] === 'ether_addr map' ? 'ether_addr' : 'ifname';
    const verdictTo = (above: number): fc.Arbitrary<Verdict> => {
      const allowed = targets.filter((index) => index > above);
      const plain: fc.Arbitrary<Verdict> = fc.constantFrom({ kind: 'accept' }, { kind: 'drop' });
      if (allowed.length === 0) return plain;
      const jump = fc
        .tuple(fc.constantFrom('jump', 'goto'), fc.constantFrom(...allowed))
        .map(([kind, index]): Verdict => ({ kind, chain: `c${index}` }));
      return fc.oneof(plain, jump);
    };
    const rule = (chain: number): fc.Arbitrary<Rule> => {
      const port = fc.integer({ min: 1, max: 3 }).map((value) => portRule(value));
      const verdict = verdictTo(chain).map(
        (to): Rule => ({ matches: [], statements: [{ kind: 'verdict', verdict: to }], origin: null }),
      );
      const options: fc.Arbitrary<Rule>[] = [port, verdict];
      if (sets.length > 0) {
        options.push(
          fc.constantFrom(...sets).map((set) => ({
            matches: [
              { kind: 'set', field: typeOf(set) === 'ether_addr' ? 'ether saddr' : 'ip saddr', negated: false, set },
            ],
            statements: [{ kind: 'verdict', verdict: { kind: 'drop' } }],
            origin: null,
          })),
        );
      }
      if (helper !== null) options.push(fc.constant(helperRule('h')));
      if (dynamic.length > 0) {
        options.push(
          fc.tuple(fc.constantFrom(...dynamic), fc.constantFrom(100, 200)).map(([set, rate]) => updateRule(set, rate)),
        );
      }
      if (maps.length > 0 && chain < FIRST_TARGET_OF_MAPS) {
        options.push(
          fc.constantFrom(...maps).map((map) => ({
            matches: [],
            statements: [{ kind: 'dispatch', field: keysOf(map) === 'ifname' ? 'iifname' : 'ether daddr', map }],
            origin: null,
          })),
        );
      }
      return fc.tuple(fc.oneof(...options), origin).map(([value, line]) => ({ ...value, origin: line }));
    };

    const chainArbitraries = chains.map((index) =>
      fc.array(rule(index), { maxLength: 7 }).map((rules): Chain => {
        const hook = bases[index];
        const policy = policies[index];
        const base = hook && policy ? { base: { hook, priority: 0, policy } as const } : {};
        return { name: `c${index}`, ...base, rules };
      }),
    );
    const setArbitraries = sets.map((name) =>
      fc.array(interval, { maxLength: 6 }).map((elements): NamedSet => {
        return { name, type: typeOf(name), elements: merge(elements), origin: null };
      }),
    );
    const mapArbitraries = maps.map((name) =>
      fc
        .uniqueArray(fc.tuple(fc.constantFrom<MapKey>(...keys[keysOf(name)]), verdictTo(FIRST_TARGET_OF_MAPS - 1)), {
          selector: ([key]) => key,
        })
        .map(
          (pairs): VerdictMap => ({
            name,
            type: keysOf(name),
            elements: pairs.map(([key, verdict]): MapElement => ({ key, verdict, origin: null })),
          }),
        ),
    );
    const dynamicArbitraries = dynamic.map((name) =>
      fc.constantFrom(30, 60).map((timeout): DynamicSet => {
        return { name, type: 'ipv4_addr', timeout, size: 100, origin: null };
      }),
    );
    return fc
      .tuple(
        fc.tuple(...chainArbitraries),
        fc.tuple(...setArbitraries),
        fc.tuple(...mapArbitraries),
        fc.tuple(...dynamicArbitraries),
      )
      .map(([madeChains, madeSets, madeMaps, dynamicSets]) => ({
        family,
        name: TABLE_NAME,
        chains: madeChains,
        sets: madeSets,
        maps: madeMaps,
        dynamicSets,
        helpers: helper === null ? [] : [{ name: 'h', ...helperTypes[helper], origin: null }],
      }));
  });

export const randomRuleset: fc.Arbitrary<Ruleset> = fc
  .tuple(fc.option(table('inet'), { nil: null, freq: 6 }), fc.option(table('bridge'), { nil: null, freq: 2 }))
  .map(([inet, bridge]) => ({ tables: [inet, bridge].filter((found) => found !== null) }));
