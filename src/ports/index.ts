export { type Clock, systemClock } from './clock.js';
export type { Attributes, FileLock, Files, Stamp, StateFiles } from './files.js';
export { type MemoryClock, memoryClock } from './memory-clock.js';
export { type MemoryFiles, memoryFiles, type Trouble } from './memory-files.js';
export { type MemoryProcesses, memoryProcesses, type Program } from './memory-processes.js';
export { nodeFiles } from './node-files.js';
export { nodeProcesses } from './node-processes.js';
export {
  type Command,
  MOST_OUTPUT,
  type ProcessEnd,
  type Processes,
  type Start,
  type Started,
  spellEnd,
} from './processes.js';
export { isUnfinished } from './unfinished.js';
