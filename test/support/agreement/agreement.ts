import { compile } from '../../../src/compiler/index.js';
import { nodeFiles } from '../../../src/ports/index.js';
import type { Ruleset } from '../../../src/ruleset/index.js';
import type { Site } from '../../../src/site/index.js';
import { readSite } from '../../../src/site/index.js';
import type { TestSite } from '../sites.js';
import { compare, leavesConnection, type Pair } from './compare.js';
import { edgePackets } from './edges.js';
import { later, openers, reply, withoutAnswers } from './flows.js';
import { type Layout, layoutKey, layoutOf } from './layout.js';
import { matrix } from './matrix.js';
import { observe, type Sight } from './observe.js';
import { type Probe, probeOf, type Wish } from './probe.js';
import { Random } from './random.js';
import { namedValues } from './values.js';
import { buildWorld, type World } from './world.js';

/** How many packets a site is asked about: all kinds in all directions, and values at the edges of its rules. */
export interface Extent {
  readonly seed: number;
  readonly matrix: number;
  readonly edges: number;
  readonly flows: number;
}

/** Numbers begin anew here, after more packets than can be on their way. */
const LARGEST_ID = 0x3ff00;

/** The worlds of a layout: one without any ruleset, one for the site's. */
interface Worlds {
  readonly bare: World;
  readonly walled: World;
}

/** Sends packets through the rulesets of sites, in namespaces that sites with the same bridges share. */
export class Agreement {
  readonly #worlds = new Map<string, Worlds>();
  readonly #extent: Extent;
  #lastId = 0;

  constructor(extent: Extent) {
    this.#extent = extent;
  }

  /** What simulator and kernel say of the packets of one site. The kernel may hold the ruleset of another one. */
  async pairs({ name, root }: TestSite, held: TestSite | null = null): Promise<Pair[]> {
    const { site, ruleset } = compiled(root);
    const found = layoutOf(site);
    if (found.ports.length === 0) return [];
    const worlds = this.#worldsOf(found);
    const { layout } = worlds.walled;
    await worlds.walled.install(held === null ? ruleset : compiled(held.root).ruleset);
    const { seed, matrix: all, edges, flows } = this.#extent;
    const random = new Random(seed + hash(name));
    const named = namedValues(ruleset);
    const probesOf = (wishes: readonly Wish[]): Probe[] =>
      wishes.flatMap((wish) => probeOf(this.#nextId(), layout, wish) ?? []);
    const ask = (probes: readonly Probe[]): Promise<Pair[]> => askBoth(worlds, ruleset, probes);

    const strangers = probesOf([
      ...matrix(layout, named, random, all),
      ...edgePackets(ruleset, layout, named, random, edges),
    ]);
    const beginnings = new Set(probesOf(openers(layout, named, random, flows)));
    const first = withoutAnswers([...strangers, ...beginnings]);
    const opened = await ask(first);
    const begun = connectionsOf(opened);
    const followed = first.filter((probe) => beginnings.has(probe) && begun.get(probe.id) !== null);
    const replies = await ask(probesOf(followed.flatMap((probe) => reply(probe, begun.get(probe.id) === true))));
    const rest = await ask(probesOf(followed.flatMap((probe) => later(probe, begun, connectionsOf(replies), random))));
    return [...opened, ...replies, ...rest];
  }

  remove(): void {
    for (const { bare, walled } of this.#worlds.values()) {
      bare.remove();
      walled.remove();
    }
    this.#worlds.clear();
  }

  /** No two packets of a run have one number: what comes late is never taken for something else. */
  #nextId(): number {
    this.#lastId = (this.#lastId % LARGEST_ID) + 1;
    return this.#lastId;
  }

  #worldsOf(layout: Layout): Worlds {
    const key = layoutKey(layout);
    const worlds = this.#worlds.get(key) ?? { bare: buildWorld(layout), walled: buildWorld(layout) };
    this.#worlds.set(key, worlds);
    return worlds;
  }
}

/** Of each connection, by the id of its first packet: does the kernel know it after these packets? Null: nobody can tell. */
const connectionsOf = (pairs: readonly Pair[]): ReadonlyMap<number, boolean | null> =>
  new Map(pairs.map((pair) => [pair.probe.after?.id ?? pair.probe.id, leavesConnection(pair)]));

/** As the commands read and compile it. */
function compiled(root: string): { site: Site; ruleset: Ruleset } {
  const { site } = readSite(nodeFiles, { root, hostname: 'pve1', now: 1_800_000_000 });
  return { site, ruleset: compile(site).ruleset };
}

async function askBoth({ bare, walled }: Worlds, ruleset: Ruleset, probes: readonly Probe[]): Promise<Pair[]> {
  const [without, within] = await Promise.all([observe(bare, probes), observe(walled, probes)]);
  return probes.flatMap((probe) => compare(ruleset, probe, sightOf(without, probe), sightOf(within, probe)));
}

/** A number of a name, so that each site has packets of its own. */
const hash = (name: string): number => [...name].reduce((sum, letter) => Math.imul(sum, 31) + letter.charCodeAt(0), 7);

const sightOf = (sights: ReadonlyMap<number, Sight>, { id }: Probe): Sight =>
  sights.get(id) ?? { arrived: new Set(), answer: null };
