import { linksFromJson, linksToJson } from '../bridges/index.js';
import { Failure } from '../diagnostics/index.js';
import { type Origin, readJson, rulesetFromJson, rulesetToJson } from '../ruleset/index.js';
import { readSysctls } from '../sysctl/index.js';
import {
  type GenerationMeta,
  type Half,
  openGeneration,
  type PartName,
  storedGenerations,
  writeGeneration,
} from './generation-files.js';
import type { Desired } from './plan.js';
import type { StateDirectory } from './state-directory.js';
import { packBatch } from './whole-batch.js';

export {
  type GenerationMeta,
  type Half,
  removeGeneration,
  retireGeneration,
  storedGenerations,
} from './generation-files.js';

/** What a generation holds of a half that was never applied: going back to it takes nothing away. */
export const nothingDesired: Desired = { firewall: null, links: null };

/** The input files by their path relative to the site's root. */
export type Sources = ReadonlyMap<string, string | Uint8Array>;

/** The text of a source line, null when there is none. */
export function lineOf(sources: Sources, { file, line }: Origin): string | null {
  const content = sources.get(file);
  const text = content === undefined || typeof content === 'string' ? content : new TextDecoder().decode(content);
  return text?.split('\n')[line - 1] ?? null;
}

/** All of a generation. */
export interface Generation {
  readonly meta: GenerationMeta;
  readonly desired: Desired;
  /** As of `wholeBatch`. */
  readonly batch: Uint8Array | null;
  readonly sources: Sources;
}

/** The sources go into one file, because each file costs two disk flushes and a site can have a thousand guests. */
export function storeGeneration(state: StateDirectory, { meta, desired, batch, sources }: Generation): void {
  const { firewall, links } = desired;
  const parts = new Map<PartName, string | Uint8Array>();
  if (firewall !== null) {
    parts.set('ruleset.json', rulesetToJson(firewall.ruleset));
    parts.set('settings.json', `${JSON.stringify(firewall.sysctls)}\n`);
  }
  if (batch !== null) parts.set('rules.batch', packBatch(batch));
  if (links !== null) parts.set('links.json', linksToJson(links));
  parts.set('sources.json', sourcesToJson(sources));
  writeGeneration(state, meta, halvesOf(desired), parts);
}

const halvesOf = ({ firewall, links }: Desired): Half[] => [
  ...(firewall === null ? [] : (['firewall'] as const)),
  ...(links === null ? [] : (['network'] as const)),
];

export const readMeta = (state: StateDirectory, generation: number): GenerationMeta =>
  openGeneration(state, generation).meta;

export function readGeneration(state: StateDirectory, generation: number): Desired {
  const stored = openGeneration(state, generation);
  return {
    firewall: stored.halves.includes('firewall')
      ? {
          ruleset: stored.text('ruleset.json', rulesetFromJson),
          sysctls: stored.text('settings.json', (text, file) => readJson(text, file, readSysctls)),
        }
      : null,
    links: stored.halves.includes('network') ? stored.text('links.json', linksFromJson) : null,
  };
}

export const readSources = (state: StateDirectory, generation: number): Map<string, string | Uint8Array> =>
  openGeneration(state, generation).text(
    'sources.json',
    (text, file) =>
      new Map(
        readJson(text, file, (reader) =>
          reader.entries((item): string | Uint8Array => {
            const plain = item.optional('text', (field) => field.string());
            return plain ?? new Uint8Array(Buffer.from(item.field('base64').string(), 'base64'));
          }),
        ),
      ),
  );

export const noSuchGeneration = (stored: readonly number[], wanted: number): Failure =>
  new Failure('no-generation', `there is no generation ${wanted}`, {
    help:
      stored.length === 0
        ? 'nothing was applied yet'
        : `\`ringwall history\` lists them: ${stored.at(0)} to ${stored.at(-1)}`,
  });

/** The generation `rollback` goes to by default; null when nothing tells. */
export function previousGeneration(state: StateDirectory, generation: number): number | null {
  const stored = storedGenerations(state);
  const { previous } = readMeta(state, generation);
  if (previous !== null && stored.includes(previous)) return previous;
  return stored.filter((number) => number < generation).at(-1) ?? null;
}

/** As `readGeneration`, but null when the generation is not there or damaged. */
export const findGeneration = (state: StateDirectory, generation: number): Desired | null =>
  orNull(() => readGeneration(state, generation));

/** As `readMeta`, likewise. */
export const findMeta = (state: StateDirectory, generation: number): GenerationMeta | null =>
  orNull(() => readMeta(state, generation));

function orNull<T>(read: () => T): T | null {
  try {
    return read();
  } catch (error) {
    if (error instanceof Failure && error.code === 'damaged-file') return null;
    throw error;
  }
}

/** Texts stay readable; what is no valid UTF-8 is kept as base64. */
function sourcesToJson(sources: Sources): string {
  const entries = [...sources].map(([path, content]) => [path, encodeSource(content)] as const);
  return `${JSON.stringify(Object.fromEntries(entries), null, 1)}\n`;
}

function encodeSource(content: string | Uint8Array): { readonly text: string } | { readonly base64: string } {
  if (typeof content === 'string') return { text: content };
  const text = Buffer.from(content).toString('utf8');
  return Buffer.from(text).equals(content) ? { text } : { base64: Buffer.from(content).toString('base64') };
}
