export { asCurrent } from './as-current.js';
export { type Change, type ChangeSummary, countChanges, spellChange } from './change.js';
export { commentOf, spellOrigin } from './comment.js';
export type {
  CurrentChain,
  CurrentDynamicSet,
  CurrentHelper,
  CurrentMap,
  CurrentRule,
  CurrentRuleset,
  CurrentSet,
  CurrentTable,
  ForeignObject,
} from './current.js';
export { diffRuleset, type RulesetDiff } from './diff.js';
export { ruleDigest } from './digest.js';
export type { AddressField, DataType, Field, FlagField, NameField } from './field.js';
export { ctState, fields, nameFields, tcpFlag } from './field.js';
export type { Interval } from './interval.js';
export { includes, merge, one, prefixLength, prefixMask, range, subtract } from './interval.js';
export { readJson, rulesetFromJson, rulesetToJson } from './json.js';
export { countLines, type LineCount } from './line-counts.js';
export type { Operation, RulePosition, TableRef, TransactionError, TransactionResult } from './operation.js';
export {
  printMapElement,
  printMapKey,
  printRule,
  printRuleBody,
  printRuleset,
  printTable,
  printVerdict,
} from './print.js';
export { Reader, UnreadableValue } from './reader.js';
export { rebuildRuleset } from './rebuild.js';
export { recallRuleset } from './recall.js';
export { chainsOf, type References, referencesOf } from './references.js';
export type {
  BaseHook,
  Chain,
  CtHelper,
  DynamicSet,
  FlagMatch,
  Hook,
  KeyField,
  KeyType,
  LimitUnit,
  MapElement,
  MapKey,
  Match,
  NamedSet,
  NameMatch,
  Origin,
  Rate,
  RejectWith,
  Rule,
  Ruleset,
  SetMatch,
  Statement,
  Table,
  TableFamily,
  ValueMatch,
  Verdict,
  VerdictMap,
} from './ruleset.js';
export {
  isRefusal,
  LATE_IN_CHAIN,
  LATE_OUT_CHAIN,
  managementSet,
  originOf,
  REJECT_CHAIN,
  spanOf,
  TABLE_NAME,
  UNANSWERED_CHAIN,
} from './ruleset.js';
export { spellInterval, spellIpv4, spellIpv6, spellIpv6Groups, spellMac, spellQueues, spellValue } from './spelling.js';
export { longestCommonSubsequence } from './subsequence.js';
