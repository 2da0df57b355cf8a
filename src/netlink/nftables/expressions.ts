import type { NameField, Verdict } from '../../ruleset/index.js';
import { type Data, verdictCode } from './data-schema.js';
import { type Expression, encodeExpression, shared } from './expression-schema.js';

/** Every value is loaded into register 1 and used at once: rules of ours never need a second one. */
const REGISTER = 1;
const VERDICT_REGISTER = 0;

/** NFT_META_*: what `meta` can load (uapi linux/netfilter/nf_tables.h). */
export const metaKey = {
  protocol: 1,
  mark: 3,
  iifname: 6,
  oifname: 7,
  iiftype: 8,
  nfproto: 15,
  l4proto: 16,
  ibrname: 17,
  obrname: 18,
  pkttype: 19,
  ibrpvid: 28,
} as const;
export type MetaKey = keyof typeof metaKey;

export const ctKey = { state: 0, mark: 3 } as const;
export type CtKey = keyof typeof ctKey;

export const payloadBase = { link: 0, network: 1, transport: 2 } as const;
export type PayloadBase = keyof typeof payloadBase;

export const compareOp = { eq: 0, neq: 1, lt: 2, lte: 3, gt: 4, gte: 5 } as const;
export type CompareOp = keyof typeof compareOp;

const value = (bytes: Buffer): Data => ({ value: bytes });

export const loadMeta = (key: MetaKey): Expression => ({ kind: 'meta', dreg: REGISTER, key: metaKey[key] });

/** The expression that loads an interface's name. */
export const loadName = (field: NameField): Expression => {
  switch (field) {
    case 'iifname':
    case 'oifname':
      return loadMeta(field);
    case 'meta ibrname':
      return loadMeta('ibrname');
    case 'meta obrname':
      return loadMeta('obrname');
  }
};

export const loadCt = (key: CtKey): Expression => ({ kind: 'ct', dreg: REGISTER, key: ctKey[key] });

/** `offset` and `len` in bytes from the start of the header. */
export const loadPayload = (base: PayloadBase, offset: number, len: number): Expression => ({
  kind: 'payload',
  dreg: REGISTER,
  base: payloadBase[base],
  offset,
  len,
});

// NFTA_FIB_F_SADDR, NFTA_FIB_F_DADDR, NFT_FIB_RESULT_ADDRTYPE
const fibAddress = { saddr: 1, daddr: 2 } as const;
const FIB_ADDRESS_TYPE = 3;

/** The kind of address (local, broadcast, …) the routing table sees in the packet's source or destination. */
export const loadFibType = (address: keyof typeof fibAddress): Expression => ({
  kind: 'fib',
  dreg: REGISTER,
  result: FIB_ADDRESS_TYPE,
  flags: fibAddress[address],
});

export const compare = (op: CompareOp, bytes: Buffer): Expression => ({
  kind: 'cmp',
  sreg: REGISTER,
  op: compareOp[op],
  data: value(bytes),
});

/** Outside of [from, to], both included. */
export const outside = (from: Buffer, to: Buffer): Expression => ({
  kind: 'range',
  sreg: REGISTER,
  op: compareOp.neq,
  from: value(from),
  to: value(to),
});

/** register & mask */
export const and = (mask: Buffer): Expression => ({
  kind: 'bitwise',
  sreg: REGISTER,
  dreg: REGISTER,
  len: mask.length,
  mask: value(mask),
  xor: value(Buffer.alloc(mask.length)),
});

const BYTEORDER_HTON = 1;

/** Turns a host-order number into network order, so that intervals of it can be compared byte by byte. */
export const toNetworkOrder = (len: number): Expression => ({
  kind: 'byteorder',
  sreg: REGISTER,
  dreg: REGISTER,
  op: BYTEORDER_HTON,
  len,
  size: len,
});

const LOOKUP_INVERTED = 1;

export const lookup = (set: { name: string; id?: number }, inverted: boolean): Expression => ({
  kind: 'lookup',
  set: set.name,
  sreg: REGISTER,
  ...(set.id === undefined ? {} : { setId: set.id }),
  ...(inverted ? { flags: LOOKUP_INVERTED } : {}),
});

/** Takes the verdict the map holds for the register's value, if any. */
export const lookupVerdict = (map: string): Expression => ({
  kind: 'lookup',
  set: map,
  sreg: REGISTER,
  dreg: VERDICT_REGISTER,
});

export function verdictData(verdict: Verdict): Data {
  switch (verdict.kind) {
    case 'accept':
    case 'drop':
    case 'return':
      return { verdict: { code: verdictCode[verdict.kind] } };
    case 'jump':
    case 'goto':
      return { verdict: { code: verdictCode[verdict.kind], chain: verdict.chain } };
  }
}

const verdictExpression = (verdict: Verdict): Expression => ({
  kind: 'immediate',
  dreg: VERDICT_REGISTER,
  data: verdictData(verdict),
});

const plainVerdicts = {
  accept: shared(verdictExpression({ kind: 'accept' })),
  drop: shared(verdictExpression({ kind: 'drop' })),
  return: shared(verdictExpression({ kind: 'return' })),
} as const;

export const immediateVerdict = (verdict: Verdict): Expression =>
  verdict.kind === 'jump' || verdict.kind === 'goto' ? verdictExpression(verdict) : plainVerdicts[verdict.kind];

export const immediate = (bytes: Buffer): Expression => ({ kind: 'immediate', dreg: REGISTER, data: value(bytes) });

export const setMetaMark: Expression = shared({ kind: 'meta', key: metaKey.mark, sreg: REGISTER });
export const setCtMark: Expression = shared({ kind: 'ct', key: ctKey.mark, sreg: REGISTER });

/** Starts at zero. */
export const counter: Expression = shared({ kind: 'counter' });

const LIMIT_PACKETS = 0;

const LIMIT_OVER = 1;

/** `unit` in seconds. Holds up to the rate, or, inverted, above it. */
export const limit = (rate: number, unit: number, burst: number, inverted = false): Expression => ({
  kind: 'limit',
  rate: BigInt(rate),
  unit: BigInt(unit),
  burst,
  type: LIMIT_PACKETS,
  flags: inverted ? LIMIT_OVER : 0,
});

const DYNSET_UPDATE = 1;

/** Finds or makes the element of the register's value, and asks `counted`, of which each element has its own. */
export const update = (set: string, counted: Expression): Expression => ({
  kind: 'dynset',
  set,
  op: DYNSET_UPDATE,
  keyRegister: REGISTER,
  expression: encodeExpression(counted),
});

export const log = (group: number, prefix: string): Expression => ({ kind: 'log', group, prefix });

// NFT_REJECT_TCP_RST, NFT_REJECT_ICMPX_UNREACH; NFT_REJECT_ICMPX_*
const rejection = {
  'tcp reset': { type: 1, code: 0 },
  'port-unreachable': { type: 2, code: 1 },
  'admin-prohibited': { type: 2, code: 3 },
} as const;

export const reject = (reason: keyof typeof rejection): Expression => ({ kind: 'reject', ...rejection[reason] });

const QUEUE_BYPASS = 1;

/** Queues `first` to `last`; a packet nobody listens for passes. */
export const queue = (first: number, last: number): Expression => ({
  kind: 'queue',
  num: first,
  total: last - first + 1,
  flags: QUEUE_BYPASS,
});

/** NFT_OBJECT_CT_HELPER */
const HELPER_OBJECT = 3;

/** Assigns the helper of this name to the packet's connection. */
export const assignHelper = (name: string): Expression => ({ kind: 'objref', type: HELPER_OBJECT, name });
