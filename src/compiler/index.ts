export type { Compiled } from './compile.js';
export { compile, printGuest, printHost } from './compile.js';
export type { GuestUnit } from './guest.js';
