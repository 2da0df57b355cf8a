import type { Link } from '../links.js';
import { checkAddresses } from './address.js';
import { checkBonds } from './bond.js';
import { checkBondDelays } from './bond-delay.js';
import { checkBridgeDelay } from './bridge-delay.js';
import type { Check, Surroundings } from './check.js';
import { checkCycle } from './cycle.js';
import { checkDefaultRoutes, checkGateways } from './gateway.js';
import { checkGuestVlans } from './guest-vlan.js';
import { checkKinds } from './kind.js';
import { checkMasters } from './master.js';
import { checkMtu } from './mtu.js';
import { checkPortAddresses } from './port-address.js';
import { checkPortKinds } from './port-kind.js';
import { checkTunnels } from './tunnel.js';
import { checkUnknown } from './unknown.js';
import { checkVlanBelowBridge, checkVlanTwice } from './vlan.js';

/** Each finds what is wrong in one way; what one makes inert, the next ones do not see. */
const CHECKS: readonly Check[] = [
  checkKinds,
  checkUnknown,
  checkPortKinds,
  checkMasters,
  checkCycle,
  checkPortAddresses,
  checkBridgeDelay,
  checkBonds,
  checkBondDelays,
  checkVlanTwice,
  checkVlanBelowBridge,
  checkTunnels,
  checkMtu,
  checkAddresses,
  checkGateways,
  checkDefaultRoutes,
  checkGuestVlans,
];

/** All that is wrong with links that each by itself can be read, and what is left of them (spec interfaces.md 6.4). */
export const checkLinks = (links: readonly Link[], around: Surroundings): readonly Link[] =>
  CHECKS.reduce((left, check) => check(left, around), links);
