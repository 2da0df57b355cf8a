export type { Bond, BondMode, BondOptions } from './bond.js';
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
export { type DesiredLinks, desiredLinks } from './desired.js';
export { type CurrentLinks, type Difference, differences } from './difference.js';
export { isLinkName } from './link-name.js';
export type {
  Address,
  Device,
  Gateway,
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
export { printLinks } from './print.js';
