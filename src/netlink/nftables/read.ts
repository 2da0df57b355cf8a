import { Failure } from '../../diagnostics/index.js';
import type {
  BaseHook,
  CurrentChain,
  CurrentDynamicSet,
  CurrentMap,
  CurrentRule,
  CurrentRuleset,
  CurrentSet,
  CurrentTable,
  DataType,
  ForeignObject,
  Hook,
  MapKey,
  TableFamily,
  Verdict,
} from '../../ruleset/index.js';
import { TABLE_NAME } from '../../ruleset/index.js';
import { DisturbedDump } from '../answer.js';
import { attributes, MalformedMessage } from '../wire.js';
import { verdictCode } from './data-schema.js';
import { dataTypes, keyFromBytes, typeWithId } from './data-type.js';
import { closedIntervals } from './elements.js';
import { hookNumber, MILLISECONDS } from './encode.js';
import { expression } from './expression-schema.js';
import { currentHelper } from './helper.js';
import { RequestRefused, type Requests } from './request.js';
import * as schema from './schema.js';
import { messageType } from './schema.js';
import { readRuleUserdata } from './userdata.js';

const ATTEMPTS = 20;
/** Grows with each attempt: whoever is changing the ruleset gets time to finish. */
const PAUSE_MILLISECONDS = 10;
/** Chains between two turns of the event loop; a small chain takes about 30 µs. */
const CHAINS_PER_TURN = 200;

/** Our tables in one consistent state. A read that somebody disturbs is made again, a bounded number of times. */
export async function readRuleset(requests: Requests): Promise<CurrentRuleset> {
  return consistently(requests, async (generation) => {
    const tables: CurrentTable[] = [];
    for (const family of ['inet', 'bridge'] as const) {
      const table = await new TableReader(requests, generation, family, TABLE_NAME).read();
      if (table !== null) tables.push(table);
    }
    return { generation, tables };
  });
}

/** Repeats `read` until the ruleset had the same generation before, during and after it. */
export async function consistently<T>(requests: Requests, read: (generation: number) => Promise<T>): Promise<T> {
  for (let attempt = 1; attempt <= ATTEMPTS; attempt++) {
    const generation = await requests.generation();
    try {
      const result = await read(generation);
      if ((await requests.generation()) === generation) return result;
    } catch (error) {
      // A chain that was listed and is gone when its rules are asked for is a change as well.
      const gone = error instanceof RequestRefused && error.errno === 'ENOENT';
      if (!(error instanceof DisturbedDump || gone)) throw error;
    }
    await new Promise((resolve) => setTimeout(resolve, attempt * PAUSE_MILLISECONDS));
  }
  throw new Failure('ruleset-busy', `the ruleset changed during each of ${ATTEMPTS} attempts to read it`, {
    help: 'find out what keeps changing it: `nft monitor`',
  });
}

/** Reads one table; every answer must belong to the same generation. */
export class TableReader {
  readonly #requests: Requests;
  readonly #generation: number;
  readonly #family: TableFamily;
  readonly #name: string;

  constructor(requests: Requests, generation: number, family: TableFamily, name: string) {
    this.#requests = requests;
    this.#generation = generation;
    this.#family = family;
    this.#name = name;
  }

  async read(): Promise<CurrentTable | null> {
    const table = await this.table();
    if (table === null) return null;
    const chains: CurrentChain[] = [];
    for (const chain of await this.chains()) {
      if (((chain.flags ?? 0) & schema.CHAIN_BINDING) !== 0) continue;
      chains.push(await this.#chain(chain, chains.length));
    }
    const sets: CurrentSet[] = [];
    const maps: CurrentMap[] = [];
    const dynamicSets: CurrentDynamicSet[] = [];
    const foreignSets: string[] = [];
    for (const set of await this.sets()) {
      if (((set.flags ?? 0) & schema.SET_ANONYMOUS) !== 0) continue;
      const dynamic = currentDynamicSet(set);
      if (dynamic !== null) {
        dynamicSets.push(dynamic);
        continue;
      }
      const elements = await this.elements(text(set.name, 'set'));
      const ours = currentSet(set, elements);
      if (ours !== null) sets.push(ours);
      const map = currentMap(set, elements);
      if (map !== null) maps.push(map);
      if (ours === null && map === null) foreignSets.push(text(set.name, 'set'));
    }
    const helpers = (await this.helpers()).map(currentHelper);
    const foreignObjects = await this.foreignObjects();
    const ref = { family: this.#family, name: this.#name };
    const found = { ...ref, chains, sets, maps, dynamicSets, helpers, foreignSets, foreignObjects };
    return ((table.flags ?? 0) & schema.TABLE_DORMANT) === 0 ? found : { ...found, dormant: true };
  }

  /** Null when there is none. */
  async table(): Promise<schema.TableAttributes | null> {
    const question = { name: this.#name };
    try {
      const { getTable } = messageType;
      const answers = await this.#requests.get(getTable, this.#family, schema.table, question, schema.table);
      return this.#checked(answers)[0] ?? null;
    } catch (error) {
      if (error instanceof RequestRefused && error.errno === 'ENOENT') return null;
      throw error;
    }
  }

  /** In the kernel's order, which is that of creation. */
  async chains(): Promise<schema.ChainAttributes[]> {
    const all = await this.#requests.dump(messageType.getChain, this.#family, schema.chain, {}, schema.chain);
    return this.#checked(all).filter((chain) => chain.table === this.#name);
  }

  async sets(): Promise<schema.SetAttributes[]> {
    const all = await this.#requests.dump(
      messageType.getSet,
      this.#family,
      schema.set,
      { table: this.#name },
      schema.set,
    );
    return this.#checked(all).filter((set) => set.table === this.#name);
  }

  async helpers(): Promise<schema.HelperAttributes[]> {
    const question = { table: this.#name, type: schema.OBJECT_CT_HELPER };
    const { getObject } = messageType;
    const all = await this.#requests.dump(getObject, this.#family, schema.helper, question, schema.helper);
    return this.#checked(all).filter(({ table }) => table === this.#name);
  }

  /** Every object but helpers, and every flowtable. */
  async foreignObjects(): Promise<ForeignObject[]> {
    const question = { table: this.#name };
    const { getObject, getFlowtable } = messageType;
    const objects = await this.#requests.dump(getObject, this.#family, schema.anyObject, question, schema.anyObject);
    const flowtables = await this.#requests.dump(
      getFlowtable,
      this.#family,
      schema.flowtable,
      question,
      schema.flowtable,
    );
    const here = ({ table }: { readonly table?: string }): boolean => table === this.#name;
    return [
      ...this.#checked(objects)
        .filter((object) => here(object) && object.type !== schema.OBJECT_CT_HELPER)
        .map(({ name, type = 0 }) => ({ kind: 'object' as const, type, name: text(name, 'object') })),
      ...this.#checked(flowtables)
        .filter(here)
        .map(({ name }) => ({ kind: 'flowtable' as const, name: text(name, 'flowtable') })),
    ];
  }

  async elements(set: string): Promise<schema.ElementAttributes[]> {
    const question = { table: this.#name, set };
    const { getElements } = messageType;
    const lists = await this.#requests.dump(
      getElements,
      this.#family,
      schema.elementList,
      question,
      schema.elementList,
    );
    return this.#checked(lists).flatMap((list) => list.elements ?? []);
  }

  /** The whole rules of a chain. */
  async rules(chain: string): Promise<schema.RuleAttributes[]> {
    const question = { table: this.#name, chain };
    return this.#checked(
      await this.#requests.dump(messageType.getRule, this.#family, schema.rule, question, schema.rule),
    );
  }

  async #chain(chain: schema.ChainAttributes, index: number): Promise<CurrentChain> {
    if (index % CHAINS_PER_TURN === 0) await new Promise((resolve) => setImmediate(resolve));
    const name = text(chain.name, 'chain');
    const question = { table: this.#name, chain: name };
    // Chain by chain: a dump of a whole table takes time quadratic in its rules.
    const rules = this.#checked(
      await this.#requests.dump(messageType.getRule, this.#family, schema.rule, question, schema.ruleSummary),
    ).map(currentRule);
    if (chain.hook === undefined) return { name, rules };
    return { name, base: baseHook(chain) ?? 'foreign', rules };
  }

  #checked<T>(answers: readonly { readonly value: T; readonly generation: number }[]): T[] {
    return answers.map(({ value, generation }) => {
      if (generation !== (this.#generation & 0xffff)) throw new DisturbedDump('another generation');
      return value;
    });
  }
}

function text(value: string | undefined, what: string): string {
  if (value === undefined) throw new MalformedMessage(`a ${what} has no name`);
  return value;
}

function currentRule({ handle, expressions, userdata }: ReturnType<typeof schema.ruleSummary.read>): CurrentRule {
  if (handle === undefined) throw new MalformedMessage('a rule has no handle');
  return { handle, ...readRuleUserdata(userdata), counter: expressions === undefined ? null : counterIn(expressions) };
}

/** The rule's counter; the other expressions are passed over unread. */
function counterIn(expressions: Buffer): CurrentRule['counter'] {
  for (const { start, end } of attributes(expressions, 0, expressions.length)) {
    // A list element holds the attribute "name" first: 4 bytes of header, then the text.
    if (expressions.toString('latin1', start + 4, Math.min(start + 12, end)) !== 'counter\0') continue;
    const read = expression.read(expressions, start, end);
    if (read.kind === 'counter') return { packets: read.packets ?? 0n, bytes: read.bytes ?? 0n };
  }
  return null;
}

const hooks = Object.keys(hookNumber) as Hook[];

/** Null for a chain without hook, and for a hook or type that is none of ours. */
export function baseHook({ hook, policy, type }: schema.ChainAttributes): BaseHook | null {
  if (hook === undefined || type !== 'filter') return null;
  const name = hooks.find((candidate) => hookNumber[candidate] === hook.number);
  if (name === undefined || hook.priority === undefined) return null;
  return { hook: name, priority: hook.priority, policy: policy === 0 ? 'drop' : 'accept' };
}

/** Its elements alone decide: none may be refused for want of room, and no expression is asked beside them. */
const isPlain = (set: schema.SetAttributes): boolean => set.description?.size === undefined && asksNothing(set);

const asksNothing = ({ expression: single, expressions }: schema.SetAttributes): boolean =>
  single === undefined && expressions === undefined;

/** It is in the set whatever the packet: not the catch-all `*`, and with no expression that is asked beside it. */
const isPlainElement = ({ key, expression: single, expressions }: schema.ElementAttributes): boolean =>
  key !== undefined && single === undefined && expressions === undefined;

function currentSet(set: schema.SetAttributes, elements: readonly schema.ElementAttributes[]): CurrentSet | null {
  const type = keyTypeOf(set);
  if (type === null || !isPlain(set) || set.flags !== schema.SET_INTERVAL) return null;
  if (!elements.every(isPlainElement)) return null;
  return { name: text(set.name, 'set'), type, elements: closedIntervals(elements, dataTypes[type].length) };
}

function currentDynamicSet(set: schema.SetAttributes): CurrentDynamicSet | null {
  const type = keyTypeOf(set);
  const { flags, description, timeout } = set;
  if (type === null || !asksNothing(set) || flags !== (schema.SET_TIMEOUT | schema.SET_EVAL)) return null;
  if (description?.size === undefined || timeout === undefined || timeout % MILLISECONDS !== 0n) return null;
  return { name: text(set.name, 'set'), type, timeout: Number(timeout / MILLISECONDS), size: description.size };
}

function keyTypeOf({ keyType, keyLength }: schema.SetAttributes): DataType | null {
  const type = typeWithId(keyType ?? 0);
  return type === undefined || type === 'ifname' || keyLength !== dataTypes[type].length ? null : type;
}

function currentMap(set: schema.SetAttributes, elements: readonly schema.ElementAttributes[]): CurrentMap | null {
  if (!isPlain(set) || set.flags !== schema.SET_MAP || set.dataType !== schema.DATA_VERDICT) return null;
  const type = typeWithId(set.keyType ?? 0);
  if (type !== 'ifname' && type !== 'ether_addr') return null;
  if (set.keyLength !== dataTypes[type].length) return null;
  const read: { key: MapKey; verdict: Verdict }[] = [];
  for (const element of elements) {
    const { key, data } = element;
    const verdict = currentVerdict(data?.verdict);
    if (key?.value === undefined || verdict === null || !isPlainElement(element)) return null;
    read.push({ key: keyFromBytes(type, key.value), verdict });
  }
  return { name: text(set.name, 'map'), type, elements: read };
}

function currentVerdict(verdict: { readonly code?: number; readonly chain?: string } | undefined): Verdict | null {
  switch (verdict?.code) {
    case verdictCode.accept:
      return { kind: 'accept' };
    case verdictCode.drop:
      return { kind: 'drop' };
    case verdictCode.return:
      return { kind: 'return' };
    case verdictCode.jump:
      return verdict.chain === undefined ? null : { kind: 'jump', chain: verdict.chain };
    case verdictCode.goto:
      return verdict.chain === undefined ? null : { kind: 'goto', chain: verdict.chain };
    default:
      return null;
  }
}
