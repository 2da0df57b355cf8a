import type { BondOptions } from '../bond.js';
import type { Link } from '../links.js';
import type { Check } from './check.js';

const SPELLINGS = {
  upDelay: 'bond-updelay',
  downDelay: 'bond-downdelay',
  peerNotifyDelay: 'bond-peer-notif-delay',
} as const satisfies Partial<Record<keyof BondOptions, string>>;
const delays = ['upDelay', 'downDelay', 'peerNotifyDelay'] as const;

/** The kernel counts delays in looks at the carrier, and rounds down (_bond_option_delay_set). */
export const checkBondDelays: Check = (links, { places, findings }) =>
  links.map((link): Link => {
    if (link.kind !== 'bond') return link;
    const { miimon = 0 } = link.options;
    const rounded = delays.flatMap((name) => {
      const delay = link.options[name] ?? 0;
      const kept = miimon === 0 ? delay : delay - (delay % miimon);
      if (kept === delay) return [];
      const message = `a bond that looks at the carrier every ${miimon} ms waits for ${kept} ms, not ${delay}`;
      const help = `write a multiple of ${miimon}, or another \`bond-miimon\``;
      findings.report('links/bond-delay', places.option(link, SPELLINGS[name]), message, help);
      return [[name, kept] as const];
    });
    return { ...link, options: { ...link.options, ...Object.fromEntries(rounded) } };
  });
