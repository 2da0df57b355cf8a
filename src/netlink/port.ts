import type { CtHelper, CurrentRuleset, Operation, TransactionResult } from '../ruleset/index.js';

/** The kernel's nf_tables as ringwall uses it: our two tables, read whole and changed in transactions. */
export interface NftablesPort {
  /** Our tables as they are now; foreign tables are not even read. A dump that was disturbed is taken again. */
  read(): Promise<CurrentRuleset>;
  /**
   * Commits all operations or none. `generation` is the ruleset's generation the plan was made from: when the kernel
   * has another one by now, nothing happens and the answer is `stale`.
   */
  commit(operations: readonly Operation[], generation: number): Promise<TransactionResult>;
  /**
   * The operations as bytes to be kept for `load`. `generation` is the only one the kernel may load them in; null: any.
   * Asks the kernel nothing.
   */
  encode(operations: readonly Operation[], generation: number | null): Promise<Uint8Array>;
  /**
   * Commits what `encode` gave, all or none; an error names no operation, because the bytes know none. Bytes that are no
   * whole batch, or speak of a table that is not ours, are `refused` with EINVAL before the kernel sees them.
   */
  load(bytes: Uint8Array): Promise<TransactionResult>;
  /** Which of the features ringwall can use this kernel has; found by dry runs, so nothing is changed. */
  probe(): Promise<KernelFeatures>;
  /** Has the kernel this helper? Loads its module when there is one, so only ask about those that are wanted. */
  hasHelper(helper: CtHelper): Promise<boolean>;
  close(): void;
}

/** Features a kernel may lack, each under the name a diagnostic shows. */
export interface KernelFeatures {
  /** `ct state` in the bridge family (nf_conntrack_bridge): stateful guest rules need it. */
  readonly bridgeConntrack: boolean;
  /** `reject` in the bridge family (nft_reject_bridge). */
  readonly bridgeReject: boolean;
  /** `meta ibrname` and `meta obrname` in the bridge family (nft_meta_bridge): vnets and early refusals need them. */
  readonly bridgeName: boolean;
  /** `queue` in the bridge family (nft_queue). */
  readonly bridgeQueue: boolean;
  /** `reject` in the inet family. */
  readonly inetReject: boolean;
  /** `fib … type` in the inet family. */
  readonly inetFib: boolean;
  /** `log` to an nflog group. */
  readonly log: boolean;
}
