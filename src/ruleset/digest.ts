import { createHash } from 'node:crypto';
import { printRuleBody } from './print.js';
import type { Rule } from './ruleset.js';

/** Raised when the codec writes other bytes for the same rule, so that an upgrade replaces what the old one wrote. */
const ENCODING = 1;

/**
 * What a rule does, in 16 hex digits; kept in the kernel rule's userdata. The origin is left out on purpose: a line
 * that only moved is the same rule, and its counters live on.
 */
export function ruleDigest(rule: Rule): string {
  return createHash('sha1')
    .update(`${ENCODING} ${printRuleBody(rule)}`)
    .digest('hex')
    .slice(0, 16);
}
