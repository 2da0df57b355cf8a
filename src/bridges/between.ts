import type { CurrentLink } from './current.js';
import type { Links } from './links.js';
import { mergeGoal, noLinks } from './merge.js';
import { LinkModel } from './model.js';
import { type LinkStep, planLinks } from './plan.js';

/** The steps from one file's links to another's, on a host with their hardware and nothing else, in no kernel at all. */
export function stepsBetween(before: Links, desired: Links): readonly LinkStep[] {
  const names = [...before.links, ...desired.links].flatMap(({ kind, name }) =>
    kind === 'physical' || kind === 'loopback' ? [name] : [],
  );
  const bare = [...new Set(names)].map((name, at) => hardware(name, at + 1));
  const model = new LinkModel({ links: bare, addresses: [], routes: [], forwarding: [] });
  for (const { operation } of planLinks(mergeGoal(noLinks, before, model.state()), model.state()).steps) {
    model.perform(operation);
  }
  const current = model.state();
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
