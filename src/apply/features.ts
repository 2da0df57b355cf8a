import { Failure } from '../diagnostics/index.js';
import type { KernelFeatures, NftablesPort } from '../netlink/index.js';
import {
  type CtHelper,
  chainsOf,
  LATE_IN_CHAIN,
  LATE_OUT_CHAIN,
  type Rule,
  type Ruleset,
  referencesOf,
  spellOrigin,
  type Table,
  type TableFamily,
} from '../ruleset/index.js';

export type Feature = keyof KernelFeatures;

/** A feature a ruleset cannot do without, the first line that asks for it, and the guests whose rules reach it. */
export interface Need {
  readonly feature: Feature;
  readonly rule: Rule;
  readonly guests: readonly number[];
}

const words: Readonly<Record<Feature, { readonly what: string; readonly module: string }>> = {
  bridgeConntrack: { what: 'connection tracking in the bridge family', module: 'nf_conntrack_bridge' },
  bridgeReject: { what: 'reject in the bridge family', module: 'nft_reject_bridge' },
  bridgeName: { what: 'names of bridges in the bridge family', module: 'nft_meta_bridge' },
  bridgeQueue: { what: 'queue in the bridge family', module: 'nft_queue' },
  inetReject: { what: 'reject in the inet family', module: 'nft_reject_inet' },
  inetFib: { what: 'fib lookups in the inet family', module: 'nft_fib_inet' },
  log: { what: 'log to an nflog group', module: 'nfnetlink_log' },
};

/** Which of the features that some kernels lack this ruleset uses, in the order of `KernelFeatures`. */
export function needs(ruleset: Ruleset): Need[] {
  const found = new Map<Feature, { rule: Rule; guests: Set<number> }>();
  for (const table of ruleset.tables) {
    const guests = guestsByChain(table);
    for (const chain of table.chains) {
      if (isLate(chain.name)) continue;
      for (const rule of chain.rules) {
        for (const feature of featuresOf(table.family, rule)) {
          const need = found.get(feature) ?? { rule, guests: new Set() };
          for (const guest of guests.get(chain.name) ?? []) need.guests.add(guest);
          found.set(feature, need);
        }
      }
    }
  }
  const features: readonly Feature[] = [
    'bridgeConntrack',
    'bridgeReject',
    'bridgeName',
    'bridgeQueue',
    'inetReject',
    'inetFib',
    'log',
  ];
  return features.flatMap((feature) => {
    const need = found.get(feature);
    return need === undefined ? [] : [{ feature, rule: need.rule, guests: [...need.guests].sort((a, b) => a - b) }];
  });
}

/** Where ports that came late are closed, which can do without the names of bridges. */
const isLate = (chain: string): boolean => chain === LATE_IN_CHAIN || chain === LATE_OUT_CHAIN;

/** What of a ruleset this kernel can have, and what it has to do without, in words. */
export interface Fitted {
  readonly ruleset: Ruleset;
  readonly warnings: readonly string[];
}

/**
 * The ruleset as this kernel can have it. Without names of bridges, what came late is closed on all of them. Two things it
 * lacks are left out. Queues: the guest's packets pass as its rules
 * say, which is what they do while no program listens. Helpers of connection tracking: the connections they would announce
 * are new ones, so rules let in less. Any other lack is a `kernel-lacks-feature` failure with one line for each.
 */
export async function fitToKernel(ruleset: Ruleset, nftables: NftablesPort): Promise<Fitted> {
  const features = await nftables.probe();
  const lacking = needs(ruleset).filter(({ feature }) => !features[feature]);
  const queues = lacking.filter(({ feature }) => feature === 'bridgeQueue');
  refuse(lacking.filter((need) => !queues.includes(need)));
  const helpers = await missingHelpers(ruleset, nftables);
  const queued = queues.length === 0 ? ruleset : withoutQueues(ruleset);
  const assigned = helpers.length === 0 ? queued : withoutHelpers(queued, helpers);
  const wider = !features.bridgeName && ruleset.tables.some(({ chains }) => chains.some(({ name }) => isLate(name)));
  return {
    ruleset: wider ? lateOnEveryBridge(assigned) : assigned,
    warnings: [...queues.map(queuesLeftOut), ...helpers.map(helperLeftOut)],
  };
}

const queuesLeftOut = (need: Need): string => `${describe(need)}: what the rules let in is handed to no queue`;

/** The helpers of the ruleset that the kernel has not, each type once. */
async function missingHelpers({ tables }: Ruleset, nftables: NftablesPort): Promise<CtHelper[]> {
  const wanted = new Map(tables.flatMap(({ helpers = [] }) => helpers).map((helper) => [helper.type, helper]));
  const missing: CtHelper[] = [];
  for (const helper of wanted.values()) if (!(await nftables.hasHelper(helper))) missing.push(helper);
  return missing;
}

const helperLeftOut = ({ type, origin }: CtHelper): string => {
  const place = origin === null ? '' : `${spellOrigin(origin)}: `;
  const module = `nf_conntrack_${type.replaceAll('-', '_')}`;
  return `${place}this kernel has no connection tracking helper ${type} (${module}): it is left out`;
};

const withoutHelpers = ({ tables }: Ruleset, missing: readonly CtHelper[]): Ruleset => ({
  tables: tables.map((table) => {
    const helpers = (table.helpers ?? []).filter(({ type }) => !missing.some((helper) => helper.type === type));
    const left = new Set(helpers.map(({ name }) => name));
    const chains = table.chains.map((chain) => ({
      ...chain,
      rules: chain.rules.filter((rule) => referencesOf(rule).helpers.every((name) => left.has(name))),
    }));
    return { ...table, helpers, chains };
  }),
});

const lateOnEveryBridge = ({ tables }: Ruleset): Ruleset => ({
  tables: tables.map((table) => ({
    ...table,
    chains: table.chains.map((chain) =>
      isLate(chain.name) ? { ...chain, rules: chain.rules.map((rule) => ({ ...rule, matches: [] })) } : chain,
    ),
  })),
});

const withoutQueues = ({ tables }: Ruleset): Ruleset => ({
  tables: tables.map((table) => ({
    ...table,
    chains: table.chains.map((chain) => ({
      ...chain,
      rules: chain.rules.filter(({ statements }) => statements.every(({ kind }) => kind !== 'queue')),
    })),
  })),
});

function refuse(lacking: readonly Need[]): void {
  if (lacking.length === 0) return;
  const modules = lacking.map(({ feature }) => words[feature].module);
  throw new Failure('kernel-lacks-feature', lacking.map(describe).join('\n'), {
    help: `use a kernel that has ${modules.join(', ')}, or take the rules that need it out; nothing was changed`,
  });
}

function describe({ feature, rule, guests }: Need): string {
  const place = rule.origin === null ? '' : `${spellOrigin(rule.origin)}: `;
  return `${place}this kernel has no ${words[feature].what} (${words[feature].module})${describeGuests(guests)}`;
}

function describeGuests(guests: readonly number[]): string {
  if (guests.length === 0) return '';
  const shown = guests.slice(0, 10).join(', ');
  const more = guests.length > 10 ? ` and ${guests.length - 10} more` : '';
  return `, needed by the rules of guest${guests.length === 1 ? '' : 's'} ${shown}${more}`;
}

function featuresOf(family: TableFamily, { matches, statements }: Rule): Feature[] {
  const features: Feature[] = [];
  for (const match of matches) {
    if (family === 'bridge' && match.field === 'ct state') features.push('bridgeConntrack');
    if (match.field === 'meta ibrname' || match.field === 'meta obrname' || match.field === 'meta ibrpvid')
      features.push('bridgeName');
    if (family === 'inet' && match.field.startsWith('fib ')) features.push('inetFib');
  }
  for (const statement of statements) {
    if (family === 'bridge' && statement.kind === 'set helper') features.push('bridgeConntrack');
    if (statement.kind === 'reject') features.push(family === 'bridge' ? 'bridgeReject' : 'inetReject');
    if (statement.kind === 'dispatch' && statement.field.startsWith('meta ')) features.push('bridgeName');
    if (statement.kind === 'queue' && family === 'bridge') features.push('bridgeQueue');
    if (statement.kind === 'log') features.push('log');
    if (family === 'bridge' && statement.kind === 'set mark' && statement.field === 'ct mark') {
      features.push('bridgeConntrack');
    }
  }
  return features;
}

/** For each chain the guests whose frames are sent there by a verdict map, directly or over other chains. */
function guestsByChain(table: Table): Map<string, Set<number>> {
  const next = new Map(
    table.chains.map(({ name, rules }) => [name, rules.flatMap((rule) => referencesOf(rule).chains)]),
  );
  const guests = new Map<string, Set<number>>();
  const reach = (chain: string, guest: number): void => {
    const known = guests.get(chain) ?? new Set<number>();
    if (known.has(guest)) return;
    known.add(guest);
    guests.set(chain, known);
    for (const name of next.get(chain) ?? []) reach(name, guest);
  };
  for (const { origin, verdict } of table.maps.flatMap(({ elements }) => elements)) {
    // Every element comes from a line of a guest's configuration.
    const id = /\/(\d+)\.conf$/.exec(origin?.file ?? '')?.[1];
    if (id !== undefined) for (const chain of chainsOf(verdict)) reach(chain, Number(id));
  }
  return guests;
}
