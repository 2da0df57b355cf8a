import { linksText, objectsText, routesText } from '../kernel-texts.js';
import { type Dump, differences } from '../kills/dump.js';
import type { Machine, RawDump } from './machine.js';
import { filesOf, type Site, spellSite } from './sites.js';

/** What a kernel holds with a site in force that it was brought to from nothing; null is no site. */
export class References {
  readonly #dumps = new Map<string, Dump>();

  /** Asks a machine, once for each site. */
  async ask(machine: Machine, site: Site | null): Promise<void> {
    const name = spellSite(site);
    if (this.#dumps.has(name)) return;
    this.#dumps.set(name, dumpFrom(await machine.refer(site === null ? null : filesOf(site))));
  }

  /** Of a site that was asked for. */
  of(site: Site | null): Dump {
    const dump = this.#dumps.get(spellSite(site));
    if (dump === undefined) throw new Error(`nobody asked for ${spellSite(site)}`);
    return dump;
  }
}

export const dumpFrom = ({ ruleset, links, routes4, routes6, vlans, settings }: RawDump): Dump =>
  new Map([
    ['nft list ruleset', ruleset],
    ['settings', settings],
    ['ip address', linksText(links)],
    ['ip -4 route', routesText(routes4)],
    ['ip -6 route', routesText(routes6)],
    ['bridge vlan', objectsText(vlans)],
  ]);

/** The parts in which a kernel is not as it should be, with the lines that are there in one of both only. */
export function spellDifferences(wanted: Dump, found: Dump): string {
  const only = (a: string, b: string): string[] => a.split('\n').filter((line) => !b.split('\n').includes(line));
  return differences(wanted, found)
    .flatMap((part) => {
      const [a, b] = [wanted.get(part) ?? '', found.get(part) ?? ''];
      return [`${part}:`, ...only(a, b).map((line) => `- ${line}`), ...only(b, a).map((line) => `+ ${line}`)];
    })
    .join('\n');
}
