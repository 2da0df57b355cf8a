import type { BondMode, BondOptions } from './bond.js';

/** The options that only some modes know (drivers/net/bonding/bond_options.c, unsuppmodes); all others are for every mode. */
const modesOf: { readonly [Name in keyof BondOptions]?: readonly BondMode[] } = {
  lacpRate: ['802.3ad'],
  lacpActive: ['802.3ad'],
  adSelect: ['802.3ad'],
  adActorPriority: ['802.3ad'],
  adActorSystem: ['802.3ad'],
  adUserPortKey: ['802.3ad'],
  primary: ['active-backup', 'balance-tlb', 'balance-alb'],
  primaryReselect: ['active-backup', 'balance-tlb', 'balance-alb'],
  tlbDynamic: ['balance-tlb', 'balance-alb'],
  packetsPerSlave: ['balance-rr'],
  arpInterval: ['balance-rr', 'active-backup', 'balance-xor', 'broadcast'],
  arpValidate: ['balance-rr', 'active-backup', 'balance-xor', 'broadcast'],
};

/** The options that a mode knows. */
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
