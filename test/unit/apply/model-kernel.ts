import type { KernelFeatures, NftablesPort } from '../../../src/netlink/port.js';
import {
  type BaseHook,
  type CurrentRuleset,
  commentOf,
  type DataType,
  type Interval,
  type Operation,
  type Rule,
  ruleDigest,
  type TableRef,
  type TransactionResult,
  type Verdict,
} from '../../../src/ruleset/index.js';
import { referencesOf } from '../../../src/ruleset/references.js';

interface ModelRule {
  readonly handle: bigint;
  readonly rule: Rule;
  /** Written by somebody else: carries no digest of ours. */
  readonly foreign: boolean;
}

interface ModelChain {
  base: BaseHook | undefined;
  rules: ModelRule[];
}

interface ModelTable {
  readonly ref: TableRef;
  readonly chains: Map<string, ModelChain>;
  readonly sets: Map<string, { type: DataType; elements: Interval[] }>;
  readonly maps: Map<string, Map<string, Verdict>>;
  readonly foreignSets: Set<string>;
}

class Refusal extends Error {
  readonly errno: string;

  constructor(errno: string) {
    super(errno);
    this.errno = errno;
  }
}

const everyFeature: KernelFeatures = {
  bridgeConntrack: true,
  bridgeReject: true,
  inetReject: true,
  inetFib: true,
  log: true,
};

/** nf_tables as spec/netlink.md 2.4 measured it: references, overlaps and positions are checked operation by operation. */
export class ModelKernel implements NftablesPort {
  features: KernelFeatures = everyFeature;
  generation = 1;
  commits: (readonly Operation[])[] = [];
  /** Called before each commit: a test can act as somebody else, or refuse. */
  beforeCommit: ((attempt: number) => TransactionResult | undefined) | undefined;
  #tables = new Map<string, ModelTable>();
  #nextHandle = 1n;
  #attempts = 0;

  async read(): Promise<CurrentRuleset> {
    return this.current();
  }

  current(): CurrentRuleset {
    const tables = [...this.#tables.values()].map(({ ref, chains, sets, maps, foreignSets }) => ({
      ...ref,
      chains: [...chains].map(([name, { base, rules }]) => ({
        name,
        ...(base === undefined ? {} : { base }),
        rules: rules.map(({ handle, rule, foreign }) => ({
          handle,
          digest: foreign ? null : ruleDigest(rule),
          comment: commentOf(rule),
          counter: null,
        })),
      })),
      sets: [...sets].map(([name, { type, elements }]) => ({ name, type, elements: [...elements] })),
      maps: [...maps].map(([name, elements]) => ({
        name,
        elements: [...elements].map(([key, verdict]) => ({ key, verdict })),
      })),
      foreignSets: [...foreignSets],
    }));
    return { generation: this.generation, tables };
  }

  async probe(): Promise<KernelFeatures> {
    return this.features;
  }

  async commit(operations: readonly Operation[], generation: number): Promise<TransactionResult> {
    this.#attempts += 1;
    const answer = this.beforeCommit?.(this.#attempts);
    if (answer !== undefined) return answer;
    if (generation !== this.generation) return { ok: false, reason: 'stale' };
    return this.force(operations);
  }

  /** Commits whatever the generation is: what somebody else's transaction does. */
  force(operations: readonly Operation[]): TransactionResult {
    const before = this.#tables;
    this.#tables = structuredClone(before);
    for (const [index, operation] of operations.entries()) {
      try {
        this.#apply(operation);
      } catch (error) {
        if (!(error instanceof Refusal)) throw error;
        this.#tables = before;
        return { ok: false, reason: 'refused', errors: [{ operation: index, errno: error.errno, detail: null }] };
      }
    }
    this.generation += 1;
    this.commits.push(operations);
    return { ok: true };
  }

  addForeignRule(table: TableRef, chain: string, rule: Rule, index: number): void {
    const found = this.#chain(table, chain);
    found.rules.splice(index, 0, { handle: this.#nextHandle++, rule, foreign: true });
    this.generation += 1;
  }

  addForeignSet(table: TableRef, name: string): void {
    this.#table(table).foreignSets.add(name);
    this.generation += 1;
  }

  close(): void {}

  #apply(operation: Operation): void {
    const { table } = operation;
    switch (operation.kind) {
      case 'add table':
        if (!this.#tables.has(key(table))) {
          this.#tables.set(key(table), {
            ref: { family: table.family, name: table.name },
            chains: new Map(),
            sets: new Map(),
            maps: new Map(),
            foreignSets: new Set(),
          });
        }
        return;
      case 'delete table':
        if (!this.#tables.delete(key(table))) throw new Refusal('ENOENT');
        return;
      case 'add chain': {
        const { chains } = this.#table(table);
        const found = chains.get(operation.chain.name);
        if (found === undefined) chains.set(operation.chain.name, { base: operation.chain.base, rules: [] });
        else if (hook(found.base) !== hook(operation.chain.base)) throw new Refusal('EOPNOTSUPP');
        else found.base = operation.chain.base;
        return;
      }
      case 'delete chain': {
        this.#chain(table, operation.chain);
        this.#refuseIfReferenced(table, (references) => references.chains.includes(operation.chain));
        for (const elements of this.#table(table).maps.values()) {
          for (const verdict of elements.values()) {
            if ('chain' in verdict && verdict.chain === operation.chain) throw new Refusal('EBUSY');
          }
        }
        this.#table(table).chains.delete(operation.chain);
        return;
      }
      case 'add set':
        this.#refuseIfNamed(table, operation.set.name);
        this.#table(table).sets.set(operation.set.name, { type: operation.set.type, elements: [] });
        return;
      case 'add map':
        this.#refuseIfNamed(table, operation.map.name);
        this.#table(table).maps.set(operation.map.name, new Map());
        return;
      case 'delete set':
      case 'delete map': {
        const name = operation.kind === 'delete set' ? operation.set : operation.map;
        this.#refuseIfReferenced(table, (references) => references.sets.includes(name));
        const { sets, maps, foreignSets } = this.#table(table);
        if (![sets.delete(name), maps.delete(name), foreignSets.delete(name)].includes(true)) {
          throw new Refusal('ENOENT');
        }
        return;
      }
      case 'add elements': {
        const set = this.#set(table, operation.set.name);
        for (const element of operation.elements) {
          if (set.elements.some((other) => same(other, element))) continue;
          if (set.elements.some((other) => other[0] <= element[1] && element[0] <= other[1])) {
            throw new Refusal('EEXIST');
          }
          set.elements.push(element);
        }
        return;
      }
      case 'delete elements': {
        const set = this.#set(table, operation.set.name);
        for (const element of operation.elements) {
          const index = set.elements.findIndex((other) => same(other, element));
          if (index < 0) throw new Refusal('ENOENT');
          set.elements.splice(index, 1);
        }
        return;
      }
      case 'add map elements': {
        const map = this.#map(table, operation.map);
        for (const { key: name, verdict } of operation.elements) {
          this.#checkVerdict(table, verdict);
          const found = map.get(name);
          if (found !== undefined && JSON.stringify(found) !== JSON.stringify(verdict)) throw new Refusal('EEXIST');
          map.set(name, verdict);
        }
        return;
      }
      case 'delete map elements': {
        const map = this.#map(table, operation.map);
        for (const name of operation.keys) {
          if (!map.delete(name)) throw new Refusal('ENOENT');
        }
        return;
      }
      case 'add rule': {
        const chain = this.#chain(table, operation.chain);
        for (const name of referencesOf(operation.rule).chains)
          this.#checkVerdict(table, { kind: 'jump', chain: name });
        for (const match of operation.rule.matches) if (match.kind === 'set') this.#set(table, match.set);
        for (const statement of operation.rule.statements) {
          if (statement.kind === 'dispatch') this.#map(table, statement.map);
        }
        const { position } = operation;
        const index =
          position.at === 'end'
            ? chain.rules.length
            : chain.rules.findIndex(({ handle }) => handle === position.handle);
        if (index < 0) throw new Refusal('ENOENT');
        chain.rules.splice(index, 0, { handle: this.#nextHandle++, rule: operation.rule, foreign: false });
        return;
      }
      case 'delete rule': {
        const chain = this.#chain(table, operation.chain);
        const index = chain.rules.findIndex(({ handle }) => handle === operation.handle);
        if (index < 0) throw new Refusal('ENOENT');
        chain.rules.splice(index, 1);
        return;
      }
      case 'flush chain':
        this.#chain(table, operation.chain).rules = [];
        return;
    }
  }

  #refuseIfNamed(table: TableRef, name: string): void {
    const { sets, maps, foreignSets } = this.#table(table);
    if (sets.has(name) || maps.has(name) || foreignSets.has(name)) throw new Refusal('EEXIST');
  }

  #refuseIfReferenced(table: TableRef, refers: (references: ReturnType<typeof referencesOf>) => boolean): void {
    for (const { rules } of this.#table(table).chains.values()) {
      if (rules.some(({ rule }) => refers(referencesOf(rule)))) throw new Refusal('EBUSY');
    }
  }

  #checkVerdict(table: TableRef, verdict: Verdict): void {
    if ('chain' in verdict && this.#chain(table, verdict.chain).base !== undefined) throw new Refusal('EOPNOTSUPP');
  }

  #table(ref: TableRef): ModelTable {
    return present(this.#tables.get(key(ref)));
  }

  #chain(ref: TableRef, name: string): ModelChain {
    return present(this.#table(ref).chains.get(name));
  }

  #set(ref: TableRef, name: string): { type: DataType; elements: Interval[] } {
    return present(this.#table(ref).sets.get(name));
  }

  #map(ref: TableRef, name: string): Map<string, Verdict> {
    return present(this.#table(ref).maps.get(name));
  }
}

function present<T>(value: T | undefined): T {
  if (value === undefined) throw new Refusal('ENOENT');
  return value;
}

const key = ({ family, name }: TableRef): string => `${family} ${name}`;
const hook = (base: BaseHook | undefined): string => (base === undefined ? '' : `${base.hook} ${base.priority}`);
const same = (a: Interval, b: Interval): boolean => a[0] === b[0] && a[1] === b[1];
