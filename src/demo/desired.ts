import { compile } from '../compiler/index.js';
import { nodeFiles, systemClock } from '../ports/index.js';
import type { Origin, Ruleset } from '../ruleset/index.js';
import { readSite } from '../site/index.js';

/** What the files below a root ask for. */
export interface Desired {
  readonly ruleset: Ruleset;
  /** The text of a source line, without its end; empty when there is no such line. */
  line(origin: Origin): string;
}

export function readDesired(root: string): Desired {
  const now = Math.floor(systemClock.now() / 1000);
  const { site, sources } = readSite(nodeFiles, { root, hostname: 'pve1', now });
  return {
    ruleset: compile(site).ruleset,
    line: ({ file, line }) => new TextDecoder().decode(sources.get(file)).split('\n')[line - 1]?.trim() ?? '',
  };
}
