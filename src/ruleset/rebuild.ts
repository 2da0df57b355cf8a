import { diffRuleset } from './diff.js';
import type { Operation, TableRef } from './operation.js';
import { type Ruleset, TABLE_NAME } from './ruleset.js';

const ours: readonly TableRef[] = [
  { family: 'inet', name: TABLE_NAME },
  { family: 'bridge', name: TABLE_NAME },
];

/**
 * The steps that make our tables exactly these, whatever the kernel holds of them: for when nothing can be compared, as
 * at boot. All counters start anew. A table is added first because the kernel refuses to delete one that is not there.
 */
export const rebuildRuleset = (desired: Ruleset): Operation[] => [
  ...ours.flatMap((table): Operation[] => [
    { kind: 'add table', table },
    { kind: 'delete table', table },
  ]),
  ...diffRuleset(desired, { generation: 0, tables: [] }).operations,
];
