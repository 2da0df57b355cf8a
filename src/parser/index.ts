export type * from './config-trees.js';
export { parseFirewall } from './firewall.js';
export { type PrintableContent, printFirewall, printLine } from './print.js';
export type * from './tree.js';
