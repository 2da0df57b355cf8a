export type { Compiled } from './compile.js';
export { compile } from './compile.js';
export type { GuestUnit } from './guest.js';
export { printGuest, printHost } from './print.js';
