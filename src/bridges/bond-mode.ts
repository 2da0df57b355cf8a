import type { BondMode, BondOptions } from './bond.js';

const lacp: readonly BondMode[] = ['802.3ad'];
const asksByArp: readonly BondMode[] = ['balance-rr', 'active-backup', 'balance-xor', 'broadcast'];

/**
 * The options that the kernel takes in some modes only (drivers/net/bonding/bond_options.c, unsuppmodes). All others go with
 * every mode, also where they have no effect: `ad_select`, `primary_reselect`, the targets of ARP.
 */
export const modesOf: { readonly [Name in keyof BondOptions]?: readonly BondMode[] } = {
  lacpRate: lacp,
  lacpActive: lacp,
  adActorPriority: lacp,
  adActorSystem: lacp,
  adUserPortKey: lacp,
  primary: ['active-backup', 'balance-tlb', 'balance-alb'],
  tlbDynamic: ['balance-tlb', 'balance-alb'],
  packetsPerSlave: ['balance-rr'],
  arpInterval: asksByArp,
  arpValidate: asksByArp,
  missedMax: asksByArp,
};

/** BOND_DEFAULT_MIIMON, in milliseconds */
const DEFAULT_MIIMON = 100;

/**
 * How often a bond of that mode looks at the carrier of its slaves where nobody says it: one that cannot ask by ARP is given
 * a time when it gets its mode (bond_option_mode_set), the others are not.
 */
export const miimonOf = (mode: BondMode): number => (asksByArp.includes(mode) ? 0 : DEFAULT_MIIMON);

/** The options that the kernel takes in a mode. */
export const onlyInMode = (options: BondOptions, mode: BondMode): BondOptions =>
  Object.fromEntries(
    Object.entries(options).filter(([name]) => {
      const modes: readonly BondMode[] | undefined = Reflect.get(modesOf, name);
      return modes === undefined || modes.includes(mode);
    }),
  );

/** Options that change only while the bond is down, and while it has no slaves (BOND_OPTFLAG_IFDOWN, _NOSLAVES). */
const whileDown: readonly (keyof BondOptions)[] = [
  'mode',
  'lacpRate',
  'lacpActive',
  'adSelect',
  'adUserPortKey',
  'tlbDynamic',
];
const withoutSlaves: readonly (keyof BondOptions)[] = ['mode', 'failOverMac'];

export const needsDown = (options: BondOptions): boolean => whileDown.some((name) => options[name] !== undefined);
export const needsNoSlaves = (options: BondOptions): boolean =>
  withoutSlaves.some((name) => options[name] !== undefined);
