import type { Random } from '../agreement/random.js';
import type { Command } from './machine.js';
import { filesOf, firewalls, type Half, linkSets, type Site } from './sites.js';

/** What is under way when the power goes. */
export const kinds = [
  'apply',
  'pending',
  'confirmed',
  'expired',
  'rollback',
  'taken back',
  'extended',
  'boot',
] as const;

export type Kind = (typeof kinds)[number];

/** A change that is made before and while the power goes. */
export interface Change {
  readonly kind: Kind;
  readonly commands: readonly Command[];
  readonly target: Site | null;
  /** Which of the commands makes it one that is kept; null when none does. */
  readonly keptBy: number | null;
}

/** Where a machine is: the site that was kept last, and those of the generations it can go back to. */
export interface Known {
  readonly site: Site | null;
  readonly generations: ReadonlyMap<number, Site>;
}

const LONG = '600';
/** Its deadline passes before the power goes, or just after. */
const SHORT = '2';

export function drawChange(random: Random, kind: Kind, known: Known): Change {
  const target = drawSite(random, known.site);
  const apply = (site: Site, ...more: string[]): Command => ({
    kind: 'ringwall',
    files: filesOf(site),
    args: ['apply', '--yes', '--force', ...more, '--root', '/tmp/site'],
  });
  const then = (...args: string[]): Command => ({ kind: 'ringwall', files: null, args });
  const pending = apply(target, '--confirm', LONG);
  switch (kind) {
    case 'apply':
      return { kind, commands: [apply(target)], target, keptBy: 0 };
    case 'pending':
      return { kind, commands: [pending], target, keptBy: null };
    case 'confirmed':
      return { kind, commands: [pending, then('confirm')], target, keptBy: 1 };
    case 'expired':
      return { kind, commands: [apply(target, '--confirm', SHORT)], target, keptBy: null };
    case 'taken back':
      return { kind, commands: [pending, then('rollback')], target, keptBy: null };
    case 'extended': {
      const further = apply(drawSite(random, target), '--confirm', LONG, '--extend');
      return { kind, commands: [pending, further], target, keptBy: null };
    }
    case 'rollback': {
      const others = [...known.generations].filter(([, site]) => !isSame(site, known.site));
      const chosen = random.pick(others);
      // Before there is another generation there is nothing to go back to.
      if (chosen === undefined) return { kind: 'apply', commands: [apply(target)], target, keptBy: 0 };
      const [generation, site] = chosen;
      return { kind, commands: [then('rollback', '--force', String(generation))], target: site, keptBy: 0 };
    }
    case 'boot':
      return { kind, commands: [], target: null, keptBy: null };
  }
}

export const isSame = (a: Site | null, b: Site | null): boolean =>
  a === null || b === null ? a === b : a.firewall === b.firewall && a.links === b.links;

/** Another one: in its firewall, its links or both. */
function drawSite(random: Random, from: Site | null): Site {
  const [firewall, links] = [drawHalf(random, firewalls, from?.firewall), drawHalf(random, linkSets, from?.links)];
  if (from === null) return { firewall, links };
  const sites = [
    { firewall, links: from.links },
    { firewall: from.firewall, links },
    { firewall, links },
  ];
  return random.pick(sites) ?? from;
}

function drawHalf(random: Random, halves: readonly Half[], not: Half | undefined): Half {
  const half = random.pick(halves.filter((one) => one !== not));
  if (half === undefined) throw new Error('there is one half only');
  return half;
}
