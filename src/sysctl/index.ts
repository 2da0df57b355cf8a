export { type CarriedOut, carryOutSysctls, type TakeBack } from './carry-out.js';
export { FakeSysctls } from './fake.js';
export { readReplaced, readSysctls, replacedToJson } from './json.js';
export { planSysctls, type SysctlChange, type SysctlPlan, spellSysctlChange } from './plan.js';
export type { CurrentSysctl, SysctlPort } from './port.js';
export { printSysctls } from './print.js';
export { procSysctls } from './proc.js';
export type { Replaced, Sysctl, SysctlName } from './sysctl.js';
