import type { CurrentLink, CurrentLinks } from './current.js';
import type { Links } from './links.js';
import { mergeGoal, noLinks } from './merge.js';
import { planLinks } from './plan/plan.js';
import type { LinkStep } from './plan/step.js';

/** The steps from one file's links to another's, on a host with their hardware and nothing else, in no kernel at all. */
export function stepsBetween(before: Links, desired: Links): readonly LinkStep[] {
  const names = [...before.links, ...desired.links].flatMap(({ kind, name }) =>
    kind === 'physical' || kind === 'loopback' ? [name] : [],
  );
  const bare = [...new Set(names)].map((name, at) => hardware(name, at + 1));
  const host: CurrentLinks = { links: bare, addresses: [], routes: [], forwarding: [] };
  const current = planLinks(mergeGoal(noLinks, before, host), host).after;
  return planLinks(mergeGoal(before, desired, current), current).steps;
}

const hardware = (name: string, index: number): CurrentLink => ({
  index,
  name,
  device: { kind: 'other', type: null },
  up: false,
  running: false,
  mtu: 1500,
  mac: `02:00:00:00:${byte(index >> 8)}:${byte(index)}`,
  permanentMac: null,
  master: null,
  parentIndex: null,
  alias: null,
  port: null,
  vlans: [],
  sysctls: {},
});

const byte = (value: number): string => (value & 0xff).toString(16).padStart(2, '0');
