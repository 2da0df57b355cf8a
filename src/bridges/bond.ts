import type { Lower, Matching } from './bridge.js';

export interface Bond {
  readonly kind: 'bond';
  readonly slaves: readonly Lower[];
  readonly matching?: readonly Matching[];
  readonly options: BondOptions;
}

/** By the numbers the kernel has for them (uapi linux/if_bonding.h BOND_MODE_*). */
export const bondModes = [
  'balance-rr',
  'active-backup',
  'balance-xor',
  'broadcast',
  '802.3ad',
  'balance-tlb',
  'balance-alb',
] as const;
export type BondMode = (typeof bondModes)[number];

/** By number, as all lists below (Documentation/networking/bonding.rst; BOND_XMIT_POLICY_*). */
export const hashPolicies = ['layer2', 'layer3+4', 'layer2+3', 'encap2+3', 'encap3+4', 'vlan+srcmac'] as const;
export type HashPolicy = (typeof hashPolicies)[number];

export const primaryReselections = ['always', 'better', 'failure'] as const;
export type PrimaryReselection = (typeof primaryReselections)[number];

export const lacpRates = ['slow', 'fast'] as const;
export type LacpRate = (typeof lacpRates)[number];

export const adSelections = ['stable', 'bandwidth', 'count'] as const;
export type AdSelection = (typeof adSelections)[number];

export const failOverMacs = ['none', 'active', 'follow'] as const;
export type FailOverMac = (typeof failOverMacs)[number];

export const arpValidations = ['none', 'active', 'backup', 'all', 'filter', 'filter_active', 'filter_backup'] as const;
export type ArpValidation = (typeof arpValidations)[number];

export const arpAllTargets = ['any', 'all'] as const;
export type ArpAllTargets = (typeof arpAllTargets)[number];

/** The attributes of a bond (uapi linux/if_link.h IFLA_BOND_*); an absent one is left alone. Times are milliseconds. */
export interface BondOptions {
  readonly mode?: BondMode;
  /** How often the carrier is looked at; it excludes `arpInterval`. */
  readonly miimon?: number;
  readonly upDelay?: number;
  readonly downDelay?: number;
  readonly peerNotifyDelay?: number;
  readonly useCarrier?: boolean;
  readonly arpInterval?: number;
  /** At most 16 IPv4 addresses in canonical form. */
  readonly arpTargets?: readonly string[];
  readonly arpValidate?: ArpValidation;
  readonly arpAllTargets?: ArpAllTargets;
  /** A slave's name. */
  readonly primary?: string;
  readonly primaryReselect?: PrimaryReselection;
  readonly failOverMac?: FailOverMac;
  readonly hashPolicy?: HashPolicy;
  readonly resendIgmp?: number;
  /** Gratuitous ARP and unsolicited neighbour advertisements after a change of slave: one number for both. */
  readonly peerNotifications?: number;
  readonly allSlavesActive?: boolean;
  readonly minLinks?: number;
  /** Seconds. */
  readonly learnPacketInterval?: number;
  readonly packetsPerSlave?: number;
  readonly lacpRate?: LacpRate;
  readonly lacpActive?: boolean;
  readonly adSelect?: AdSelection;
  readonly adActorPriority?: number;
  readonly adUserPortKey?: number;
  /** A MAC address in canonical form. */
  readonly adActorSystem?: string;
  readonly tlbDynamic?: boolean;
  readonly missedMax?: number;
}
