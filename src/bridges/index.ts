export { type DesiredLinks, desiredLinks } from './desired.js';
export { type CurrentLinks, type Difference, differences } from './difference.js';
export { isLinkName } from './link-name.js';
export type {
  Address,
  Bond,
  BondMode,
  Bridge,
  Device,
  Gateway,
  GuestPort,
  Link,
  Links,
  Lower,
  Start,
  Unmanaged,
  VlanDevice,
  VlanRange,
} from './links.js';
export { printLinks } from './print.js';
