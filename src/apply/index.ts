export {
  type Applied,
  type ApplyRequest,
  type ApplyTimer,
  type Author,
  apply,
  describeChanges,
  type Review,
} from './apply.js';
export { type Restored, restoreAtBoot } from './boot.js';
export { type Cleared, clear } from './clear.js';
export { forgetCommits, type RecordedCommit, recordCommits, startRecord } from './commit-record.js';
export {
  compareGenerations,
  type Difference,
  type FileDifference,
  type GenerationDifference,
  type SettingDifference,
} from './compare.js';
export { type Confirmed, confirm } from './confirm.js';
export { type Counters, counters } from './counters.js';
export { type Feature, type Fitted, fitToKernel, type Need, needs } from './features.js';
export { type GenerationMeta, type Half, lineOf, readSources, type Sources } from './generation.js';
export { type History, type HistoryEntry, history } from './history.js';
export { type Pending, spellWayBack, timeLeft } from './pending.js';
export type { Desired, Firewall, PlannedChange } from './plan.js';
export { type Position, readPosition } from './position.js';
export { type Administrator, type Preview, preview } from './preview.js';
export { type Recovered, recover } from './recover.js';
export { replug } from './replug.js';
export { type RollbackRequest, type RolledBack, rollback } from './rollback.js';
export type { StateDirectory } from './state-directory.js';
export { type Drift, type PendingStatus, type Status, status } from './status.js';
export { type WatchEnd, watchPending } from './watch-pending.js';
export { type Companion, sitDown, startWatchmen, type Watchman } from './watchmen.js';
export type { Kernel, World } from './world.js';
