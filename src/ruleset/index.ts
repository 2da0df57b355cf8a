export { commentOf, spellOrigin } from './comment.js';
export type { CurrentChain, CurrentMap, CurrentRule, CurrentRuleset, CurrentSet, CurrentTable } from './current.js';
export { ruleDigest } from './digest.js';
export type { DataType, Field, FlagField, NameField } from './field.js';
export { ctState, fields, tcpFlag } from './field.js';
export type { Interval } from './interval.js';
export { includes, merge, one, prefixLength, range, subtract } from './interval.js';
export type { Operation, RulePosition, TableRef, TransactionError, TransactionResult } from './operation.js';
export { printRule, printRuleBody, printRuleset, printTable, printVerdict } from './print.js';
export type {
  BaseHook,
  Chain,
  FlagMatch,
  Hook,
  LimitUnit,
  MapElement,
  Match,
  NamedSet,
  NameMatch,
  Origin,
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
export { TABLE_NAME } from './ruleset.js';
export { spellInterval, spellIpv4, spellIpv6, spellMac, spellValue } from './spelling.js';
