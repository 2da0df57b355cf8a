import { FakeNftables, type KernelFeatures, type NftablesPort } from '../../../src/netlink/index.js';
import type {
  CtHelper,
  CurrentRuleset,
  Operation,
  Rule,
  TableRef,
  TransactionResult,
} from '../../../src/ruleset/index.js';

/** The fake kernel, and what somebody else can do to it. */
export class TestKernel implements NftablesPort {
  features: KernelFeatures = {
    bridgeConntrack: true,
    bridgeReject: true,
    bridgeName: true,
    bridgeQueue: true,
    inetReject: true,
    inetFib: true,
    log: true,
  };
  /** Kernel names of helpers. */
  missingHelpers: ReadonlySet<string> = new Set();
  /** The transactions that were carried out. */
  readonly commits: (readonly Operation[])[] = [];
  /** Called with the number of the attempt before each commit: acts as somebody else, or answers in the kernel's place. */
  beforeCommit: ((attempt: number) => Promise<TransactionResult | undefined>) | undefined;
  /** How many stored batches were carried out. */
  loads = 0;
  /** Called before each stored batch: answers in the kernel's place. */
  beforeLoad: (() => Promise<TransactionResult | undefined>) | undefined;
  readonly #fake = new FakeNftables();
  readonly #foreignRules = new Set<bigint>();
  readonly #foreignSets = new Map<string, Set<string>>();
  #attempts = 0;

  async read(): Promise<CurrentRuleset> {
    const { generation, tables } = await this.#fake.read();
    return {
      generation,
      tables: tables.map((table) => ({
        ...table,
        chains: table.chains.map((chain) => ({
          ...chain,
          rules: chain.rules.map((rule) => (this.#foreignRules.has(rule.handle) ? { ...rule, digest: null } : rule)),
        })),
        foreignSets: [...this.#foreignSetsOf(table)],
      })),
    };
  }

  async probe(): Promise<KernelFeatures> {
    return this.features;
  }

  async hasHelper({ type }: CtHelper): Promise<boolean> {
    return !this.missingHelpers.has(type);
  }

  async commit(operations: readonly Operation[], generation: number): Promise<TransactionResult> {
    this.#attempts += 1;
    const answer = await this.beforeCommit?.(this.#attempts);
    return answer ?? this.#send(operations, generation);
  }

  encode(operations: readonly Operation[], generation: number | null): Promise<Uint8Array> {
    return this.#fake.encode(operations, generation);
  }

  async load(bytes: Uint8Array): Promise<TransactionResult> {
    const answer = await this.beforeLoad?.();
    if (answer !== undefined) return answer;
    const result = await this.#fake.load(bytes);
    if (result.ok) this.loads += 1;
    return result;
  }

  /** Commits whatever the generation is, as somebody who just looked. */
  async force(operations: readonly Operation[]): Promise<TransactionResult> {
    const { generation } = await this.#fake.read();
    return this.#send(operations, generation);
  }

  async addForeignRule(table: TableRef, chain: string, rule: Rule, index: number): Promise<void> {
    const anchor = (await this.#handles()).get(`${table.family}/${chain}`)?.[index];
    const position = anchor === undefined ? ({ at: 'end' } as const) : ({ at: 'before', handle: anchor } as const);
    const { generation } = await this.#fake.read();
    await this.#fake.commit([{ kind: 'add rule', table, chain, rule, position }], generation);
    const handle = (await this.#handles()).get(`${table.family}/${chain}`)?.at(index);
    if (handle !== undefined) this.#foreignRules.add(handle);
  }

  addForeignSet(table: TableRef, name: string): void {
    this.#foreignSetsOf(table).add(name);
    this.#fake.disturb();
  }

  close(): void {}

  async #send(operations: readonly Operation[], generation: number): Promise<TransactionResult> {
    // The fake kernel knows no set whose shape is not ours, so those are kept here.
    const gone = operations.filter(
      (operation) => operation.kind === 'delete set' && this.#foreignSetsOf(operation.table).has(operation.set),
    );
    const result = await this.#fake.commit(
      operations.filter((operation) => !gone.includes(operation)),
      generation,
    );
    if (!result.ok) return result;
    for (const operation of operations) {
      if (operation.kind === 'delete table') this.#foreignSets.delete(operation.table.family);
      if (gone.includes(operation) && operation.kind === 'delete set') {
        this.#foreignSetsOf(operation.table).delete(operation.set);
      }
    }
    this.commits.push(operations);
    return result;
  }

  #foreignSetsOf({ family }: TableRef): Set<string> {
    const found = this.#foreignSets.get(family) ?? new Set();
    this.#foreignSets.set(family, found);
    return found;
  }

  /** The handles of each chain's rules in order. */
  async #handles(): Promise<Map<string, bigint[]>> {
    const { tables } = await this.#fake.read();
    return new Map(
      tables.flatMap(({ family, chains }) =>
        chains.map(({ name, rules }) => [`${family}/${name}`, rules.map(({ handle }) => handle)] as const),
      ),
    );
  }
}
