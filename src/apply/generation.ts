import { linksFromJson, linksToJson } from '../bridges/index.js';
import { Failure } from '../diagnostics/index.js';
import { type Origin, readJson, rulesetFromJson, rulesetToJson } from '../ruleset/index.js';
import { readSysctls } from '../sysctl/index.js';
import type { Desired } from './plan.js';
import { readRecord, type StateDirectory } from './state-directory.js';

/** Who made a generation, when, and what it was about. */
export interface GenerationMeta {
  /** From 1. */
  readonly generation: number;
  /** ISO 8601 in UTC. */
  readonly time: string;
  readonly user: string;
  readonly summary: string;
  /** The node whose site was compiled; null for a generation that comes from no site. */
  readonly node: string | null;
  /** The generation that was in force when this one was made; null for the first. */
  readonly previous: number | null;
  /** The version of ringwall that wrote it. */
  readonly version: string;
}

/** The rules, and the links. */
export const halves = ['firewall', 'network'] as const;
export type Half = (typeof halves)[number];

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

const folder = (state: StateDirectory): string => `${state.path}/generations`;
const unfinished = (state: StateDirectory): string => `${folder(state)}/new`;
const folderOf = (state: StateDirectory, generation: number): string => `${folder(state)}/${generation}`;

/** The numbers of the generations that are stored, ascending. */
export function storedGenerations(state: StateDirectory): number[] {
  const names = state.files.list(folder(state)) ?? [];
  return names
    .filter((name) => /^[1-9]\d{0,8}$/.test(name))
    .map(Number)
    .sort((a, b) => a - b);
}

/**
 * Stores a generation: written aside and then renamed, so that it is there whole or not at all, also after a power cut.
 * The sources go into one file, because each file costs two disk flushes and a site can have a thousand guests.
 */
export function storeGeneration(state: StateDirectory, meta: GenerationMeta, desired: Desired, sources: Sources): void {
  const { files } = state;
  const fresh = unfinished(state);
  files.remove(fresh);
  files.makeDirectory(fresh);
  const { firewall, links } = desired;
  if (firewall !== null) {
    files.writeAtomically(`${fresh}/ruleset.json`, rulesetToJson(firewall.ruleset));
    files.writeAtomically(`${fresh}/settings.json`, `${JSON.stringify(firewall.sysctls)}\n`);
  }
  if (links !== null) files.writeAtomically(`${fresh}/links.json`, linksToJson(links));
  files.writeAtomically(`${fresh}/sources.json`, sourcesToJson(sources));
  files.writeAtomically(`${fresh}/meta.json`, `${JSON.stringify({ ...meta, halves: halvesOf(desired) })}\n`);
  files.rename(fresh, folderOf(state, meta.generation));
}

/** Also what was left of it when storing it could not be finished: a full disk needs that room. */
export function removeGeneration(state: StateDirectory, generation: number): void {
  state.files.remove(unfinished(state));
  state.files.remove(folderOf(state, generation));
}

export function readMeta(state: StateDirectory, generation: number): GenerationMeta {
  return readPart(state, generation, 'meta.json', (text, file) =>
    readJson(text, file, (reader) => ({
      generation: reader.field('generation').integer(),
      time: reader.field('time').string(),
      user: reader.field('user').string(),
      summary: reader.field('summary').string(),
      node: reader.field('node').nullable((field) => field.string()),
      previous: reader.field('previous').nullable((field) => field.integer()),
      version: reader.field('version').string(),
    })),
  );
}

export function readGeneration(state: StateDirectory, generation: number): Desired {
  const held = readPart(state, generation, 'meta.json', (text, file) =>
    readJson(text, file, (reader) => reader.field('halves').list((item) => item.oneOf(halves))),
  );
  const part = <T>(name: string, read: (text: string, file: string) => T): T => readPart(state, generation, name, read);
  return {
    firewall: held.includes('firewall')
      ? {
          ruleset: part('ruleset.json', rulesetFromJson),
          sysctls: part('settings.json', (text, file) => readJson(text, file, readSysctls)),
        }
      : null,
    links: held.includes('network') ? part('links.json', linksFromJson) : null,
  };
}

const halvesOf = ({ firewall, links }: Desired): Half[] => [
  ...(firewall === null ? [] : (['firewall'] as const)),
  ...(links === null ? [] : (['network'] as const)),
];

export function readSources(state: StateDirectory, generation: number): Map<string, string | Uint8Array> {
  return readPart(
    state,
    generation,
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
}

/** The generation `rollback` goes to by default; null when nothing tells. */
export function previousGeneration(state: StateDirectory, generation: number): number | null {
  const stored = storedGenerations(state);
  const { previous } = readMeta(state, generation);
  if (previous !== null && stored.includes(previous)) return previous;
  return stored.filter((number) => number < generation).at(-1) ?? null;
}

/** As `readGeneration`, but null when the generation is not there or damaged. */
export function findGeneration(state: StateDirectory, generation: number): Desired | null {
  try {
    return readGeneration(state, generation);
  } catch (error) {
    if (error instanceof Failure && error.code === 'damaged-file') return null;
    throw error;
  }
}

function readPart<T>(
  state: StateDirectory,
  generation: number,
  name: string,
  read: (text: string, file: string) => T,
): T {
  const file = `${folderOf(state, generation)}/${name}`;
  const text = readRecord(state, file);
  if (text === null)
    throw new Failure('damaged-file', `generation ${generation} is damaged: ${file} is missing`, { help });
  return read(text, file);
}

const help = '`ringwall apply` makes a new generation; `ringwall history` lists those that can be read';

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
