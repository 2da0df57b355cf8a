export { type Clock, systemClock } from './clock.js';
export type { Attributes, FileLock, Files, StateFiles } from './files.js';
export { type MemoryFiles, memoryFiles, type Trouble } from './memory-files.js';
export { nodeFiles } from './node-files.js';
