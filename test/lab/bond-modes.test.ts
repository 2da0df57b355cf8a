import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import {
  type BondMode,
  type BondOptions,
  bondModes,
  type CurrentLinks,
  desiredLinks,
  type Links,
  mergeGoal,
  miimonOf,
  onlyInMode,
  planLinks,
} from '../../src/bridges/index.js';
import { openRoute, RouteError, type RoutePort } from '../../src/netlink/index.js';
import { memoryFiles } from '../../src/ports/index.js';
import { readSite } from '../../src/site/index.js';
import { LinksWorld } from '../support/links-world.js';
import { makeNamespace, type TestNamespace } from '../support/netns.js';

/** Each option with a value that no bond has from the beginning, as a file says it and as the kernel tells it. */
const always = {
  useCarrier: ['bond-use-carrier off', false],
  arpTargets: ['bond-arp-ip-target 10.0.0.1 10.0.0.2', ['10.0.0.1', '10.0.0.2']],
  arpAllTargets: ['bond-arp-all-targets all', 'all'],
  primaryReselect: ['bond-primary-reselect better', 'better'],
  hashPolicy: ['bond-xmit-hash-policy encap3+4', 'encap3+4'],
  resendIgmp: ['bond-resend-igmp 3', 3],
  peerNotifications: ['bond-num-grat-arp 4', 4],
  allSlavesActive: ['bond-all-slaves-active on', true],
  minLinks: ['bond-min-links 1', 1],
  learnPacketInterval: ['bond-lp-interval 2', 2],
  packetsPerSlave: ['bond-packets-per-slave 3', 3],
  primary: ['bond-primary en1', 'en1'],
  failOverMac: ['bond-fail-over-mac active', 'active'],
  lacpRate: ['bond-lacp-rate fast', 'fast'],
  lacpActive: ['bond-lacp-active off', false],
  adSelect: ['bond-ad-select count', 'count'],
  adActorPriority: ['bond-ad-actor-sys-prio 3', 3],
  adUserPortKey: ['bond-ad-user-port-key 5', 5],
  adActorSystem: ['bond-ad-actor-system 02:00:00:00:00:05', '02:00:00:00:00:05'],
  tlbDynamic: ['bond-tlb-dynamic-lb off', false],
} as const;
/** How a bond watches its slaves: one of both. */
const byCarrier = {
  miimon: ['bond-miimon 200', 200],
  upDelay: ['bond-updelay 400', 400],
  downDelay: ['bond-downdelay 600', 600],
  peerNotifyDelay: ['bond-peer-notif-delay 200', 200],
} as const;
const byArp = {
  arpInterval: ['bond-arp-interval 150', 150],
  arpValidate: ['bond-arp-validate all', 'all'],
  missedMax: ['bond-missed-max 5', 5],
} as const;

type Said = Readonly<Record<string, readonly [line: string, value: unknown]>>;
const watches: readonly (readonly [name: string, said: Said])[] = [
  ['carrier', { ...always, ...byCarrier }],
  ['ARP', { ...always, ...byArp }],
];
const valuesOf = (said: Said): BondOptions =>
  Object.fromEntries(Object.entries(said).map(([name, [, value]]) => [name, value]));

const cases = bondModes.flatMap((mode) =>
  watches.flatMap(([watch, said]) => {
    const options = onlyInMode(valuesOf(said), mode);
    return watch === 'ARP' && options.arpInterval === undefined ? [] : [{ mode, watch, said, options }];
  }),
);

function bondOf(mode: BondMode, lines: readonly string[]): Links {
  const text = ['auto bond0', 'iface bond0', '\tbond-slaves en0 en1', `\tbond-mode ${mode}`];
  const all = [...text, ...lines.map((line) => `\t${line}`), ''].join('\n');
  const files = memoryFiles({ '/etc/network/interfaces': all });
  const { links, diagnostics } = desiredLinks(readSite(files, { root: '/', hostname: 'pve1', now: 0 }).site);
  expect(diagnostics.filter(({ severity }) => severity === 'error')).toEqual([]);
  return links;
}

const optionsIn = ({ links }: CurrentLinks, name: string): BondOptions => {
  const device = links.find((link) => link.name === name)?.device;
  return device?.kind === 'bond' ? device.options : {};
};

let netns: TestNamespace;
let port: RoutePort;
beforeAll(() => {
  netns = makeNamespace();
  for (const name of ['en0', 'en1']) netns.ip('link', 'add', name, 'type', 'dummy');
  port = openRoute(netns.name);
});
afterAll(() => {
  port.close();
  netns.remove();
});

describe('a bond that is there gets every option of its mode, from whatever mode it was in', () => {
  let world: LinksWorld;
  beforeAll(() => {
    world = new LinksWorld(port);
  });

  test.each(cases)('$mode, watched by $watch', async ({ mode, said, options }) => {
    const lines = Object.entries(said).flatMap(([name, [line]]) => (Object.hasOwn(options, name) ? [line] : []));
    const links = bondOf(mode, lines);
    await world.apply(links);
    const there = await port.read();
    expect(optionsIn(there, 'bond0')).toMatchObject({ ...options, mode });
    expect(there.links.filter(({ master, up }) => master === 'bond0' && up)).toHaveLength(2);
    expect(planLinks(mergeGoal(links, links, there), there).steps).toEqual([]);
  });

  test.each(
    bondModes.flatMap((mode) =>
      [[], ['bond-miimon 0'], ['bond-miimon 30', 'bond-updelay 100', 'bond-downdelay 20']].map((lines) => ({
        mode,
        lines,
      })),
    ),
  )('$mode with $lines looks at the carrier as it is told, or as the mode has it', async ({ mode, lines }) => {
    await world.apply({ links: [], guestPorts: [], unmanaged: [] });
    const links = bondOf(mode, lines);
    await world.apply(links);
    const there = await port.read();
    const { miimon, upDelay, downDelay } = optionsIn(there, 'bond0');
    const unsaid = { miimon: miimonOf(mode), upDelay: 0, downDelay: 0 };
    const said = lines.length < 2 ? { ...unsaid, miimon: 0 } : { miimon: 30, upDelay: 90, downDelay: 0 };
    expect({ miimon, upDelay, downDelay }).toEqual(lines.length === 0 ? unsaid : said);
    expect(planLinks(mergeGoal(links, links, there), there).steps).toEqual([]);
  });

  test('and gives them back', async () => {
    await world.apply(bondOf('balance-rr', []));
    const { primary, ...options } = optionsIn(await port.read(), 'bond0');
    expect(options).toMatchObject({
      mode: 'balance-rr',
      arpInterval: 0,
      arpTargets: [],
      minLinks: 0,
      useCarrier: true,
    });
    expect(primary).toBe('');
    await world.apply({ links: [], guestPorts: [], unmanaged: [] });
    expect((await port.read()).links.map(({ name }) => name)).not.toContain('bond0');
  });
});

describe('the kernel takes the options that a mode has, and no others', () => {
  /** All that a mode may refuse, and what every mode is to take. */
  const values = { ...valuesOf(always), ...valuesOf({ arpInterval: byArp.arpInterval, missedMax: byArp.missedMax }) };

  test.each(bondModes)('%s', async (mode) => {
    const taken: BondOptions[] = [];
    for (const [name, value] of Object.entries(values)) {
      await port.apply({ kind: 'create link', link: 'b', device: { kind: 'bond', options: { mode } } });
      const one: BondOptions = { [name]: value };
      try {
        await port.apply({ kind: 'set device', link: 'b', device: { kind: 'bond', options: one } });
        taken.push(one);
      } catch (error) {
        if (!(error instanceof RouteError)) throw error;
      }
      await port.apply({ kind: 'delete link', link: 'b' });
    }
    expect(Object.assign({}, ...taken)).toEqual(onlyInMode(values, mode));
  });
});
