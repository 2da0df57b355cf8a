import type {
  CtHelper,
  CurrentRuleset,
  CurrentTable,
  Operation,
  Rule,
  RulePosition,
  TableRef,
  TransactionError,
  TransactionResult,
} from '../../ruleset/index.js';
import { commentOf, printRuleset, ruleDigest } from '../../ruleset/index.js';
import type { KernelFeatures, NftablesPort } from '../port.js';
import { decodeBatch, encodeBatch } from './batch.js';
import { checkJumps } from './jumps.js';
import {
  addChain,
  addDynamicSet,
  addElements,
  addHelper,
  addMap,
  addMapElements,
  addSet,
  checkTarget,
  deleteChain,
  deleteElements,
  deleteHelper,
  deleteMapElements,
  deleteNamed,
  deleteRule,
  existing,
  type FakeTable,
  indexOfRule,
  Refusal,
  verdictOf,
} from './objects.js';

/** A kernel in memory: it keeps our tables, and refuses what the real one refuses. */
export class FakeNftables implements NftablesPort {
  #tables = new Map<string, FakeTable>();
  #generation = 1;
  #lastHandle = 0n;
  readonly #features: KernelFeatures;
  readonly #missingHelpers: ReadonlySet<string>;

  /** `missingHelpers`: kernel names of the helpers it has no module for. */
  constructor(features: Partial<KernelFeatures> = {}, missingHelpers: readonly string[] = []) {
    this.#missingHelpers = new Set(missingHelpers);
    this.#features = {
      bridgeConntrack: true,
      bridgeReject: true,
      bridgeName: true,
      bridgeQueue: true,
      inetReject: true,
      inetFib: true,
      log: true,
      ...features,
    };
  }

  async read(): Promise<CurrentRuleset> {
    return { generation: this.#generation, tables: [...this.#tables.values()].map(currentTable) };
  }

  async commit(operations: readonly Operation[], generation: number): Promise<TransactionResult> {
    if (generation !== this.#generation) return { ok: false, reason: 'stale' };
    if (operations.length === 0) return { ok: true };
    const before = { tables: this.#tables, lastHandle: this.#lastHandle };
    this.#tables = copyTables(before.tables);
    const errors: TransactionError[] = [];
    const attempt = (operation: number | null, step: () => void): void => {
      try {
        step();
      } catch (error) {
        if (!(error instanceof Refusal)) throw error;
        errors.push({ operation, errno: error.message, detail: null });
      }
    };
    for (const [index, operation] of operations.entries()) attempt(index, () => this.#carryOut(operation));
    // Like the kernel: only a batch without other faults is checked for jumps that never end.
    if (errors.length === 0) attempt(null, () => checkJumps(this.#tables));
    if (errors.length > 0) {
      this.#tables = before.tables;
      this.#lastHandle = before.lastHandle;
      return { ok: false, reason: 'refused', errors };
    }
    this.#generation += 1;
    return { ok: true };
  }

  async encode(operations: readonly Operation[], generation: number | null): Promise<Uint8Array> {
    return encodeBatch({ operations, generation });
  }

  async load(bytes: Uint8Array): Promise<TransactionResult> {
    const batch = decodeBatch(bytes);
    if (batch === null) return { ok: false, reason: 'refused', errors: [unreadable] };
    const result = await this.commit(batch.operations, batch.generation ?? this.#generation);
    if (result.ok || result.reason !== 'refused') return result;
    return { ...result, errors: result.errors.map((error) => ({ ...error, operation: null })) };
  }

  async probe(): Promise<KernelFeatures> {
    return this.#features;
  }

  async hasHelper({ type }: CtHelper): Promise<boolean> {
    return !this.#missingHelpers.has(type);
  }

  close(): void {}

  /** What `nft list ruleset` would show of it, in the printer's words. */
  dump(): string {
    return printRuleset({
      tables: [...this.#tables.values()].map(({ ref, chains, sets, maps, dynamicSets, helpers }) => ({
        ...ref,
        chains: [...chains.values()].map((chain) => ({ ...chain, rules: chain.rules.map(({ rule }) => rule) })),
        sets: [...sets.values()],
        maps: [...maps.values()],
        dynamicSets: [...dynamicSets.values()],
        helpers: [...helpers.values()],
      })),
    });
  }

  /** Somebody else commits something that is not ours. */
  disturb(): void {
    this.#generation += 1;
  }

  /** Lets packets pass every rule that counts. */
  count(packets: bigint, bytes: bigint): void {
    for (const { chains } of this.#tables.values()) {
      for (const { rules } of chains.values()) {
        for (const [index, { handle, rule, counter }] of rules.entries()) {
          rules[index] = {
            handle,
            rule,
            counter: { packets: counter.packets + packets, bytes: counter.bytes + bytes },
          };
        }
      }
    }
  }

  #carryOut(operation: Operation): void {
    if (operation.kind === 'add table') {
      this.#addTable(operation.table);
      return;
    }
    const table = this.#tables.get(keyOf(operation.table));
    if (table === undefined) throw new Refusal('ENOENT');
    switch (operation.kind) {
      case 'delete table':
        this.#tables.delete(keyOf(operation.table));
        return;
      case 'add chain':
        addChain(table, operation.chain.name, operation.chain.base);
        return;
      case 'delete chain':
        deleteChain(table, operation.chain);
        return;
      case 'add set':
        addSet(table, operation.set);
        return;
      case 'add dynamic set':
        addDynamicSet(table, operation.set);
        return;
      case 'delete set':
        deleteNamed(table, operation.set);
        return;
      case 'add elements':
        addElements(table, operation.set.name, operation.elements);
        return;
      case 'delete elements':
        deleteElements(table, operation.set.name, operation.elements);
        return;
      case 'add helper':
        this.#checkModule(operation.helper);
        addHelper(table, operation.helper);
        return;
      case 'delete helper':
        deleteHelper(table, operation.helper);
        return;
      case 'delete foreign object':
        // No operation makes one.
        throw new Refusal('ENOENT');
      case 'add map':
        addMap(table, operation.map);
        return;
      case 'delete map':
        deleteNamed(table, operation.map);
        return;
      case 'add map elements':
        addMapElements(table, operation.map, operation.elements);
        return;
      case 'delete map elements':
        deleteMapElements(table, operation.map, operation.keys);
        return;
      case 'add rule':
        this.#addRule(table, operation.chain, operation.rule, operation.position);
        return;
      case 'delete rule':
        deleteRule(table, operation.chain, operation.handle);
        return;
      case 'flush chain':
        existing(table.chains, operation.chain).rules.length = 0;
        return;
    }
  }

  #checkModule({ type }: CtHelper): void {
    if (this.#missingHelpers.has(type)) throw new Refusal('ENOENT');
  }

  #addTable(ref: TableRef): void {
    if (this.#tables.has(keyOf(ref))) return;
    this.#tables.set(keyOf(ref), {
      ref,
      chains: new Map(),
      sets: new Map(),
      maps: new Map(),
      dynamicSets: new Map(),
      helpers: new Map(),
    });
  }

  #addRule(table: FakeTable, chain: string, rule: Rule, position: RulePosition): void {
    const { rules } = existing(table.chains, chain);
    const index = position.at === 'end' ? rules.length : indexOfRule(rules, position.handle);
    for (const match of rule.matches) if (match.kind === 'set') existing(table.sets, match.set);
    for (const statement of rule.statements) {
      if (statement.kind === 'dispatch') existing(table.maps, statement.map);
      if (statement.kind === 'update') existing(table.dynamicSets, statement.set);
      if (statement.kind === 'set helper') existing(table.helpers, statement.helper);
      const verdict = verdictOf(statement);
      if (verdict !== null) checkTarget(table, verdict);
    }
    this.#lastHandle += 1n;
    rules.splice(index, 0, { handle: this.#lastHandle, rule, counter: { packets: 0n, bytes: 0n } });
  }
}

const unreadable: TransactionError = { operation: null, errno: 'EINVAL', detail: 'it is no whole batch of ours' };

const keyOf = ({ family, name }: TableRef): string => `${family} ${name}`;

function copyTables(tables: ReadonlyMap<string, FakeTable>): Map<string, FakeTable> {
  return new Map(
    [...tables].map(([key, { ref, chains, sets, maps, dynamicSets, helpers }]) => [
      key,
      {
        ref,
        chains: new Map([...chains].map(([name, chain]) => [name, { ...chain, rules: [...chain.rules] }])),
        sets: new Map(sets),
        maps: new Map(maps),
        dynamicSets: new Map(dynamicSets),
        helpers: new Map(helpers),
      },
    ]),
  );
}

function currentTable({ ref, chains, sets, maps, dynamicSets, helpers }: FakeTable): CurrentTable {
  return {
    ...ref,
    chains: [...chains.values()].map(({ rules, ...chain }) => ({
      ...chain,
      rules: rules.map(({ handle, rule, counter }) => ({
        handle,
        digest: ruleDigest(rule),
        comment: commentOf(rule),
        counter: rule.statements.some(({ kind }) => kind === 'counter') ? counter : null,
      })),
    })),
    sets: [...sets.values()].map(({ name, type, elements }) => ({ name, type, elements })),
    maps: [...maps.values()].map(({ name, type, elements }) => ({
      name,
      type,
      elements: elements.map(({ key, verdict }) => ({ key, verdict })),
    })),
    dynamicSets: [...dynamicSets.values()].map(({ name, type, timeout, size }) => ({ name, type, timeout, size })),
    helpers: [...helpers.values()].map(({ name, type, protocol, l3proto }) => ({ name, type, protocol, l3proto })),
    foreignSets: [],
    foreignObjects: [],
  };
}
