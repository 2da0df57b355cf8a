import { type DesiredLinks, desiredLinks, type Link } from '../../../src/bridges/index.js';
import { memoryFiles } from '../../../src/ports/index.js';
import { readSite } from '../../../src/site/index.js';

/** The desired links of a site with this interfaces file, and with further files by their path below the root. */
export function desiredOf(interfaces: string | null, files: Readonly<Record<string, string>> = {}): DesiredLinks {
  const all = { ...(interfaces === null ? {} : { 'etc/network/interfaces': interfaces }), ...files };
  const rooted = Object.fromEntries(Object.entries(all).map(([path, text]) => [`/site/${path}`, text]));
  const { site } = readSite(memoryFiles(rooted), { root: '/site', hostname: 'pve1', now: 0 });
  return desiredLinks(site);
}

/** The link of that name that an interfaces file asks for. */
export function linkOf(interfaces: string, name: string): Link {
  const found = desiredOf(interfaces).links.links.find((link) => link.name === name);
  if (found === undefined) throw new Error(`there is no link ${name}`);
  return found;
}

/** `3 links/bad-value` for each finding. */
export const problems = ({ diagnostics }: DesiredLinks): string[] =>
  diagnostics.map(({ span, code }) => `${span.line} ${code}`);

export const unmanaged = ({ links }: DesiredLinks): string[] =>
  links.unmanaged.map(
    ({ link, option, value, reason, origin }) => `${origin.line} ${reason}: ${link} ${option} ${value}`,
  );
