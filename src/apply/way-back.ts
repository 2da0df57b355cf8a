import type { OwedHooks } from '../bridges/index.js';
import {
  type DhcpPlan,
  type DhcpRun,
  type HookRun,
  type LinkOperation,
  readHook,
  readOperation,
} from '../bridges/index.js';
import { Failure } from '../diagnostics/index.js';
import { type Origin, type Reader, readJson } from '../ruleset/index.js';
import { type Replaced, readReplaced, replacedToJson } from '../sysctl/index.js';
import { readOwedHooks } from './position.js';
import { seal, unseal } from './seal.js';
import { readRecord, type StateDirectory } from './state-directory.js';

/**
 * What takes a pending change back, ready-made: nothing is read but this, parsed as rules, compiled or compared. Each
 * part says how things are to be, so it may be done twice and does no harm where its step never happened.
 */
export interface WayBack {
  /** The generations it leads back from: the pending one, and those it went on from. */
  readonly from: readonly number[];
  /**
   * Null when the change leaves the rules alone. The batch is the inverse of the transaction, valid as long as nobody
   * else commits; null until the transaction is there to have one.
   */
  readonly rules: { readonly batch: Uint8Array | null } | null;
  /** Values of settings as they were. */
  readonly settings: Replaced;
  /** For each step of the links, in the order of the steps; of a change under way those are in the journal of links. */
  readonly inverses: readonly (readonly LinkOperation[])[];
  /** What the host's DHCP client is asked for once the links are as they were. */
  readonly dhcp: DhcpPlan;
  /** Commands of interfaces files that undo those that ran. */
  readonly hooks: readonly HookRun[];
  /** Of the position as it was. */
  readonly replaced: Replaced;
  readonly owedHooks: OwedHooks;
}

const fileOf = (state: StateDirectory): string => `${state.path}/way-back.json`;

const help = 'the generation that comes back is brought in force as `rollback` does it';

export function writeWayBack(state: StateDirectory, way: WayBack): void {
  const { from, rules, settings, inverses, dhcp, hooks, replaced, owedHooks } = way;
  const batch = rules?.batch == null ? null : Buffer.from(rules.batch).toString('base64');
  const record = {
    from,
    rules: rules === null ? null : { batch },
    settings: replacedToJson(settings),
    inverses,
    dhcp,
    hooks,
    replaced: replacedToJson(replaced),
    owedHooks: Object.fromEntries(owedHooks),
  };
  state.files.writeAtomically(fileOf(state), seal(record));
}

/** The way back from that generation; null when there is none that can be read. */
export function findWayBack(state: StateDirectory, generation: number): WayBack | null {
  try {
    const file = fileOf(state);
    const text = readRecord(state, file);
    const way = text === null ? null : readJson(unseal(text, file, help), file, decode);
    return way?.from.includes(generation) ? way : null;
  } catch (error) {
    if (error instanceof Failure) return null;
    throw error;
  }
}

export function removeWayBack(state: StateDirectory): void {
  if (state.files.attributes(fileOf(state)) !== null) state.files.remove(fileOf(state));
}

const decode = (reader: Reader): WayBack => ({
  from: reader.field('from').list((item) => item.integer()),
  rules: reader.field('rules').nullable((field) => ({
    batch: field.field('batch').nullable((bytes) => new Uint8Array(Buffer.from(bytes.string(), 'base64'))),
  })),
  settings: readReplaced(reader.field('settings')),
  inverses: reader.field('inverses').list((item) => item.list(readOperation)),
  dhcp: {
    release: reader.field('dhcp').field('release').list(readDhcpRun),
    start: reader.field('dhcp').field('start').list(readDhcpRun),
  },
  hooks: reader
    .field('hooks')
    .list((item) => ({ link: item.field('link').string(), hook: readHook(item.field('hook')) })),
  replaced: readReplaced(reader.field('replaced')),
  owedHooks: readOwedHooks(reader),
});

const readDhcpRun = (reader: Reader): DhcpRun => ({
  action: reader.field('action').oneOf(['start', 'release']),
  link: reader.field('link').string(),
  family: reader.field('family').integer() === 4 ? 4 : 6,
  origin: reader.field('origin').nullable(readOrigin),
});

const readOrigin = (reader: Reader): Origin => ({
  file: reader.field('file').string(),
  line: reader.field('line').integer(),
});
