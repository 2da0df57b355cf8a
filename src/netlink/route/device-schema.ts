import {
  adSelections,
  arpAllTargets,
  arpValidations,
  bondModes,
  failOverMacs,
  hashPolicies,
  lacpRates,
  primaryReselections,
} from '../../bridges/index.js';
import { object, u8, u16, u16be, u32 } from '../tlv.js';
import {
  flag8,
  flag32,
  hardwareAddress,
  ipAddress,
  numbered,
  u32s,
  u64,
  vlanProtocol,
  word8,
  word32,
} from './values.js';

// The attributes of each kind of device (uapi linux/if_link.h), under the names that `bridges` has for them.

/** IFLA_BR_* */
export const bridgeData = object({
  forwardDelay: [1, u32],
  helloTime: [2, u32],
  maxAge: [3, u32],
  ageingTime: [4, u32],
  stp: [5, flag32],
  priority: [6, u16],
  vlanAware: [7, flag8],
  vlanProtocol: [8, vlanProtocol],
  multicastRouter: [22, u8],
  multicastSnooping: [23, flag8],
  multicastQueryUseAddress: [24, flag8],
  multicastQuerier: [25, flag8],
  hashMax: [27, u32],
  multicastLastMemberCount: [28, u32],
  multicastStartupQueryCount: [29, u32],
  multicastLastMemberInterval: [30, u64],
  multicastMembershipInterval: [31, u64],
  multicastQuerierInterval: [32, u64],
  multicastQueryInterval: [33, u64],
  multicastQueryResponseInterval: [34, u64],
  multicastStartupQueryInterval: [35, u64],
  vlanStatistics: [41, flag8],
  multicastStatistics: [42, flag8],
  igmpVersion: [43, u8],
  mldVersion: [44, u8],
});

/** IFLA_BRPORT_* */
export const portData = object({
  priority: [2, u16],
  pathCost: [3, u32],
  hairpin: [4, flag8],
  guard: [5, flag8],
  rootBlock: [6, flag8],
  fastLeave: [7, flag8],
  learning: [8, flag8],
  unicastFlood: [9, flag8],
  multicastRouter: [25, u8],
  multicastFlood: [27, flag8],
  multicastToUnicast: [28, flag8],
  vlanTunnel: [29, flag8],
  broadcastFlood: [30, flag8],
  groupForwardMask: [31, u16],
  neighbourSuppress: [32, flag8],
  isolated: [33, flag8],
  locked: [39, flag8],
});

/** IFLA_BOND_*; the primary slave is an index. */
export const bondData = object({
  mode: [1, word8(bondModes)],
  miimon: [3, u32],
  upDelay: [4, u32],
  downDelay: [5, u32],
  useCarrier: [6, flag8],
  arpInterval: [7, u32],
  arpTargets: [8, numbered(ipAddress)],
  arpValidate: [9, word32(arpValidations)],
  arpAllTargets: [10, word32(arpAllTargets)],
  primary: [11, u32],
  primaryReselect: [12, word8(primaryReselections)],
  failOverMac: [13, word8(failOverMacs)],
  hashPolicy: [14, word8(hashPolicies)],
  resendIgmp: [15, u32],
  peerNotifications: [16, u8],
  allSlavesActive: [17, flag8],
  minLinks: [18, u32],
  learnPacketInterval: [19, u32],
  packetsPerSlave: [20, u32],
  lacpRate: [21, word8(lacpRates)],
  adSelect: [22, word8(adSelections)],
  adActorPriority: [24, u16],
  adUserPortKey: [25, u16],
  adActorSystem: [26, hardwareAddress],
  tlbDynamic: [27, flag8],
  peerNotifyDelay: [28, u32],
  lacpActive: [29, flag8],
  missedMax: [30, u8],
});

/** IFLA_VLAN_*; the flags are two words, the flags and which of them are meant. */
export const vlanData = object({ id: [1, u16], flags: [2, u32s], protocol: [5, vlanProtocol] });

/** IFLA_VXLAN_* */
export const vxlanData = object({
  id: [1, u32],
  group: [2, ipAddress],
  device: [3, u32],
  local: [4, ipAddress],
  ttl: [5, u8],
  tos: [6, u8],
  learning: [7, flag8],
  ageing: [8, u32],
  port: [15, u16be],
  group6: [16, ipAddress],
  local6: [17, ipAddress],
});

/** IFLA_VRF_TABLE */
export const vrfData = object({ table: [1, u32] });
