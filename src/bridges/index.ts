export { stepsBetween } from './between.js';
export type { Bond, BondMode, BondOptions } from './bond.js';
export {
  adSelections,
  arpAllTargets,
  arpValidations,
  bondModes,
  failOverMacs,
  hashPolicies,
  lacpRates,
  primaryReselections,
} from './bond.js';
export { miimonOf, onlyInMode } from './bond-mode.js';
export type {
  Bridge,
  BridgeOptions,
  BridgePort,
  GuestPort,
  Lower,
  PortOptions,
  PortVlans,
  VlanProtocol,
  VlanRange,
} from './bridge.js';
export { dhcpChange, type LinkChange, type LinkPart, linkChange, spellLinkChange } from './change.js';
export { linkDifferences } from './compare.js';
export type {
  CurrentAddress,
  CurrentDevice,
  CurrentLink,
  CurrentLinks,
  Forwarding,
  LinkAddress,
  Prefix,
  Route,
  VlanEntry,
} from './current.js';
export { defined } from './defined.js';
export { type DhcpPlan, type DhcpRun, planDhcp } from './dhcp-plan.js';
export type { Goal, GoalNote } from './goal.js';
export { type HookPlan, type HookRun, hookEnvironment, type OwedHooks, planHooks, spellHookRun } from './hook-plan.js';
export { type LostIsolation, lostIsolation } from './isolation.js';
export { type LinkFate, linkFates } from './link-changes.js';
export type {
  Address,
  Device,
  Gateway,
  Hook,
  HookPhase,
  Link,
  LinkSysctlName,
  LinkSysctls,
  Links,
  Start,
  Unmanaged,
  VlanDevice,
  Vxlan,
  VxlanOptions,
} from './links.js';
export { linksFromJson, linksToJson, readHook } from './links-json.js';
export { isSameMeaning } from './meaning.js';
export { mergeGoal, noLinks } from './merge.js';
export { LinkModel } from './model/model.js';
export type { DeviceOptions, LinkOperation, NewDevice } from './operation.js';
export { readOperation } from './operation-json.js';
export { type LinkPlan, planLinks } from './plan/plan.js';
export type { Disruption, LinkStep } from './plan/step.js';
export { printLinks } from './print.js';
export { type DesiredLinks, desiredLinks } from './read/desired.js';
export { addressOf, unicastRoute } from './route.js';
export { spellOperation } from './spell-operation.js';
