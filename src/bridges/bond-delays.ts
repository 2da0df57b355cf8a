import type { BondOptions } from './bond.js';

/**
 * What the kernel keeps as so many looks at the carrier (drivers/net/bonding/bond_options.c, _bond_option_delay_set): it takes
 * them only while `miimon` is set, and with another `miimon` they are other times.
 */
const delays = ['upDelay', 'downDelay', 'peerNotifyDelay'] as const;
export type BondDelays = Pick<BondOptions, (typeof delays)[number]>;

/** Changes of a bond as messages: the delays end before `miimon` does, and come again after it. */
export function withDelays(changed: BondOptions, now: BondOptions): BondOptions[] {
  const { miimon } = changed;
  if (miimon === undefined) return [changed];
  if (miimon > 0) return [{ ...changed, ...delaysOf({ ...now, ...changed }) }];
  const { upDelay: _up, downDelay: _down, peerNotifyDelay: _notify, ...rest } = changed;
  const none = Object.fromEntries(Object.keys(delaysOf(now)).map((name) => [name, 0]));
  return [none, rest];
}

/** The delays with another `miimon`. */
export const delaysAfter = (miimon: number, now: BondOptions): BondDelays =>
  Object.fromEntries(
    Object.entries(delaysOf(now)).map(([name, time]) => [name, Math.trunc(time / (now.miimon || 1)) * miimon]),
  );

export const hasDelays = (options: BondOptions): boolean => delays.some((name) => options[name] !== undefined);

/** Those that are not zero. */
const delaysOf = (options: BondOptions): BondDelays =>
  Object.fromEntries(delays.flatMap((name) => (options[name] ? [[name, options[name]]] : [])));
