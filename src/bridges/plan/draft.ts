import type { Origin } from '../../ruleset/index.js';
import type { CurrentLink, CurrentLinks } from '../current.js';
import type { Goal, GoalLink } from '../goal.js';
import { grouped } from '../grouped.js';
import { inverseOf } from '../inverse.js';
import { LinkModel } from '../model/model.js';
import { type LinkOperation, linkOf } from '../operation.js';
import type { Disruption, LinkStep } from './step.js';

/** A plan in the making: the steps so far, and a model of the kernel on which each of them has been tried. */
export class Draft {
  readonly goal: Goal;
  /** What the kernel holds before the first step. */
  readonly before: CurrentLinks;
  readonly steps: LinkStep[] = [];
  readonly model: LinkModel;
  /** Bridges whose MAC address no port changes any more. */
  readonly keptMacs = new Set<string>();
  /** The kernel would refuse a step: what depends on it is not planned again and again. */
  refused = false;
  readonly #goalOf: ReadonlyMap<string, GoalLink>;
  readonly #portsOf: ReadonlyMap<string, readonly GoalLink[]>;
  readonly #session: ReadonlySet<string>;
  readonly #sessionAddress: string | null;

  /** `session` is the own address of the administrator's connection. */
  constructor(goal: Goal, current: CurrentLinks, session: string | null) {
    this.goal = goal;
    this.before = current;
    this.model = new LinkModel(current);
    this.#goalOf = new Map(goal.links.map((link) => [link.name, link]));
    this.#portsOf = grouped(goal.links, ({ master }) => master);
    this.#session = new Set(session === null ? [] : linksUnder(session, this.model));
    this.#sessionAddress = session;
  }

  /** As the steps so far leave it. */
  link(name: string): CurrentLink | undefined {
    return this.model.link(name);
  }

  goalOf(name: string): GoalLink | undefined {
    return this.#goalOf.get(name);
  }

  /** The links that are to be ports of this one. */
  goalPortsOf(master: string): readonly GoalLink[] {
    return this.#portsOf.get(master) ?? [];
  }

  step(operation: LinkOperation, origin: Origin | null, disruption: Disruption = 'none'): void {
    const inverse = inverseOf(operation, this.model);
    this.steps.push({
      operation,
      inverse,
      disruption: this.#cuts(operation, disruption) ? 'session' : disruption,
      origin,
    });
    if (this.model.perform(operation) !== null) this.refused = true;
  }

  #cuts(operation: LinkOperation, disruption: Disruption): boolean {
    if (operation.kind === 'delete address') return operation.address.address === this.#sessionAddress;
    const link = linkOf(operation);
    if (link === null || !this.#session.has(link)) return false;
    return disruption !== 'none' || operation.kind === 'delete link' || operation.kind === 'delete route';
  }
}

/** The link that has an address, and all it stands on. */
function linksUnder(address: string, model: LinkModel): string[] {
  const found: string[] = [];
  const visit = (name: string): void => {
    if (found.includes(name)) return;
    found.push(name);
    const device = model.link(name)?.device;
    if (device?.kind === 'vlan') visit(device.parent);
    for (const port of model.portsOf(name)) visit(port.name);
  };
  for (const { link } of model.addresses.filter((known) => known.address === address)) visit(link);
  return found;
}
