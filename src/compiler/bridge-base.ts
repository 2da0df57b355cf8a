import type { Chain } from '../ruleset/index.js';
import { dispatch } from './build.js';
import { lateFrom, lateTo } from './late-port.js';
import { answersChain } from './reject.js';
import { VNETS } from './vnet.js';

/** The verdict maps with an element for each port, or each MAC address, of filtered guests. */
export const GUEST_IN = 'guest-in';
export const GUEST_OUT = 'guest-out';
export const INSPECTED = 'inspected';
export const GUEST_EARLY = 'guest-early';

/** What is in the table, as far as base chains depend on it. */
export interface Needs {
  /** Some guest refuses with an answer what goes to it. */
  readonly answersIn: boolean;
  readonly anyVnet: boolean;
  /** Some rule rejects. */
  readonly rejects: boolean;
  /** Some guest has the option `ips`. */
  readonly inspects: boolean;
  /** There is a bridge where ports of guests may come. */
  readonly anyBridge: boolean;
}

/** The hooks the table is called from, in the order in which a frame passes them. */
export const baseChains = ({ answersIn, anyVnet, rejects, inspects, anyBridge }: Needs): readonly Chain[] => [
  {
    name: 'prerouting',
    base: { hook: 'prerouting', priority: 0, policy: 'accept' },
    rules: [dispatch('iifname', GUEST_OUT), ...(anyBridge ? lateFrom : [])],
  },
  ...(answersIn ? [earlyBase] : []),
  ...(anyVnet ? [vnetForward] : []),
  {
    name: 'postrouting',
    base: { hook: 'postrouting', priority: 0, policy: 'accept' },
    rules: [dispatch('oifname', GUEST_IN), ...(anyBridge ? lateTo : [])],
  },
  ...(rejects ? [answersChain] : []),
  ...(inspects ? [inspectionBase] : []),
];

/** A bridge forwards between its own ports: the bridge of arrival is the one of departure, too. */
const vnetForward: Chain = {
  name: 'forward',
  base: { hook: 'forward', priority: 0, policy: 'accept' },
  rules: [dispatch('meta ibrname', VNETS)],
};

/** After the guests' OUT rules, which decide first whether a frame goes anywhere. */
const earlyBase: Chain = {
  name: 'early',
  base: { hook: 'prerouting', priority: 1, policy: 'accept' },
  rules: [dispatch('ether daddr', GUEST_EARLY)],
};

/** Right behind the rules: an accept there ends its own base chain, and the packet comes here. */
const inspectionBase: Chain = {
  name: 'inspection',
  base: { hook: 'postrouting', priority: 1, policy: 'accept' },
  rules: [dispatch('oifname', INSPECTED)],
};
