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
export { isLinkName } from './link-name.js';
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
export type { DeviceOptions, LinkOperation, NewDevice } from './operation.js';
export { printLinks } from './print.js';
export { type DesiredLinks, desiredLinks } from './read/desired.js';
export { addressOf, unicastRoute } from './route.js';
