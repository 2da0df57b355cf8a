export type { WatchEvent } from './event.js';
export { type Changes, Footprint } from './footprint.js';
export { type Reading, type Watched, watch } from './watch.js';
