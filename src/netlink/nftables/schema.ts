import {
  type AttributeType,
  bytes,
  list,
  type ObjectOf,
  object,
  s32be,
  string,
  u8,
  u16be,
  u32be,
  u64be,
} from '../tlv.js';
import { data } from './data-schema.js';
import { expression } from './expression-schema.js';

/** The attribute tables of nf_tables' objects (uapi linux/netfilter/nf_tables.h); integers are big-endian. */
export const table = object({
  name: [1, string],
  flags: [2, u32be],
  handle: [4, u64be],
  userdata: [6, bytes],
});

export const chain = object({
  table: [1, string],
  handle: [2, u64be],
  name: [3, string],
  hook: [4, object({ number: [1, u32be], priority: [2, s32be], device: [3, string] })],
  policy: [5, u32be],
  type: [7, string],
  flags: [10, u32be],
  userdata: [12, bytes],
});

export const rule = object({
  table: [1, string],
  chain: [2, string],
  handle: [3, u64be],
  expressions: [4, list(expression)],
  position: [6, u64be],
  userdata: [7, bytes],
});

/** Where a rule is, without what it says. */
export const ruleOwner = object({ table: [1, string], chain: [2, string] });

/** What read-back needs of a rule: its expressions stay bytes, because only the counter is looked at. */
export const ruleSummary = object({
  handle: [3, u64be],
  expressions: [4, bytes],
  userdata: [7, bytes],
});

export const set = object({
  table: [1, string],
  name: [2, string],
  flags: [3, u32be],
  keyType: [4, u32be],
  keyLength: [5, u32be],
  dataType: [6, u32be],
  dataLength: [7, u32be],
  policy: [8, u32be],
  description: [9, object({ size: [1, u32be] })],
  id: [10, u32be],
  timeout: [11, u64be],
  userdata: [13, bytes],
  objectType: [15, u32be],
  handle: [16, u64be],
  expression: [17, bytes],
  expressions: [18, bytes],
});

export const element = object({
  key: [1, data],
  data: [2, data],
  flags: [3, u32be],
  timeout: [4, u64be],
  userdata: [6, bytes],
  expression: [7, bytes],
  expressions: [11, bytes],
  keyEnd: [10, data],
});

/** Of NFT_OBJECT_CT_HELPER; `data` of other types means something else. */
export const helper = object({
  table: [1, string],
  name: [2, string],
  type: [3, u32be],
  data: [4, object({ name: [1, string], l3proto: [2, u16be], l4proto: [3, u8] })],
});

/** What can be said of an object of any type. */
export const anyObject = object({ table: [1, string], name: [2, string], type: [3, u32be] });

export const flowtable = object({ table: [1, string], name: [2, string] });

export const elementList = object({
  table: [1, string],
  set: [2, string],
  elements: [3, list(element)],
  setId: [4, u32be],
});

/** Whose elements they are. */
export const elementOwner = object({ table: [1, string], set: [2, string] });

export const generation = object({
  id: [1, u32be],
  processId: [2, u32be],
  processName: [3, string],
});

/** Of NFNL_MSG_BATCH_BEGIN (uapi linux/netfilter/nfnetlink.h). */
export const batch = object({ generation: [1, u32be] });

export type TableAttributes = ObjectOf<typeof table.attributes>;
export type ChainAttributes = ObjectOf<typeof chain.attributes>;
export type RuleAttributes = ObjectOf<typeof rule.attributes>;
export type HelperAttributes = ObjectOf<typeof helper.attributes>;
export type SetAttributes = ObjectOf<typeof set.attributes>;
export type ElementAttributes = ObjectOf<typeof element.attributes>;

/** NFT_MSG_* numbers. */
export const messageType = {
  newTable: 0,
  getTable: 1,
  deleteTable: 2,
  newChain: 3,
  getChain: 4,
  deleteChain: 5,
  newRule: 6,
  getRule: 7,
  deleteRule: 8,
  newSet: 9,
  getSet: 10,
  deleteSet: 11,
  newElements: 12,
  getElements: 13,
  deleteElements: 14,
  newGeneration: 15,
  getGeneration: 16,
  newObject: 18,
  getObject: 19,
  deleteObject: 20,
  newFlowtable: 22,
  getFlowtable: 23,
  deleteFlowtable: 24,
} as const;

export type MessageType = (typeof messageType)[keyof typeof messageType];

/** Name (the first word of an attribute path) and attribute table of each message's object. */
export function messageObject(
  type: number,
): { readonly name: string; readonly type: AttributeType<unknown> } | undefined {
  switch (type) {
    case messageType.newTable:
    case messageType.getTable:
    case messageType.deleteTable:
      return { name: 'table', type: table };
    case messageType.newChain:
    case messageType.getChain:
    case messageType.deleteChain:
      return { name: 'chain', type: chain };
    case messageType.newRule:
    case messageType.getRule:
    case messageType.deleteRule:
      return { name: 'rule', type: rule };
    case messageType.newSet:
    case messageType.getSet:
    case messageType.deleteSet:
      return { name: 'set', type: set };
    case messageType.newElements:
    case messageType.getElements:
    case messageType.deleteElements:
      return { name: 'set', type: elementList };
    case messageType.newObject:
    case messageType.getObject:
    case messageType.deleteObject:
      return { name: 'helper', type: helper };
    case messageType.newFlowtable:
    case messageType.getFlowtable:
    case messageType.deleteFlowtable:
      return { name: 'flowtable', type: flowtable };
    case messageType.newGeneration:
    case messageType.getGeneration:
      return { name: 'generation', type: generation };
    default:
      return undefined;
  }
}

// Flags of tables, chains, sets and elements.
export const TABLE_DORMANT = 1;
/** A chain written inside a rule, as in `jump { … }`: made and deleted with that rule, and never by itself. */
export const CHAIN_BINDING = 4;
export const SET_ANONYMOUS = 1;
export const SET_CONSTANT = 2;
export const SET_INTERVAL = 4;
export const SET_MAP = 8;
export const SET_TIMEOUT = 0x10;
/** Rules may add elements. */
export const SET_EVAL = 0x20;
export const ELEMENT_INTERVAL_END = 1;
export const OBJECT_CT_HELPER = 3;
export const DATA_VERDICT = 0xffffff00;
