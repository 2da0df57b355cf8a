import { readJson } from '../ruleset/index.js';
import { checksum, damaged, seal, unseal } from './seal.js';
import { isOurs, readRecordBytes, type StateDirectory } from './state-directory.js';

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
  /** Made by `apply --confirm`: in force on trial, until somebody confirmed it. */
  readonly onTrial: boolean;
  /** The version of ringwall that wrote it. */
  readonly version: string;
}

/** The rules, and the links. */
export const halves = ['firewall', 'network'] as const;
export type Half = (typeof halves)[number];

/** The files of a generation, beside `meta.json`, which knows the checksums of these. */
export type PartName = 'ruleset.json' | 'rules.batch' | 'settings.json' | 'links.json' | 'sources.json';

/** A generation whose `meta.json` is as it was written. */
export interface StoredGeneration {
  readonly meta: GenerationMeta;
  readonly halves: readonly Half[];
  /** The bytes of one of its files, as they were written. Failure `damaged-file` when they are not. */
  part(name: PartName): Uint8Array;
  /** The same, read as text by `read`, which also gets the path for what it complains of. */
  text<T>(name: PartName, read: (text: string, file: string) => T): T;
}

const folder = (state: StateDirectory): string => `${state.path}/generations`;
const unfinished = (state: StateDirectory): string => `${folder(state)}/new`;
const folderOf = (state: StateDirectory, generation: number): string => `${folder(state)}/${generation}`;

const help = '`ringwall apply` makes a new generation; `ringwall history` lists those that can be read';

/** The numbers of the generations that are stored, ascending. */
export function storedGenerations(state: StateDirectory): number[] {
  const names = isOurs(state, folder(state), 'directory') ? (state.files.list(folder(state)) ?? []) : [];
  return names
    .filter((name) => /^[1-9]\d{0,8}$/.test(name))
    .map(Number)
    .sort((a, b) => a - b);
}

/** Written aside and then renamed, so that it is there whole or not at all, also after a power cut. */
export function writeGeneration(
  state: StateDirectory,
  meta: GenerationMeta,
  held: readonly Half[],
  parts: ReadonlyMap<PartName, string | Uint8Array>,
): void {
  const { files } = state;
  const fresh = unfinished(state);
  files.remove(fresh);
  files.makeDirectory(fresh);
  for (const [name, content] of parts) files.writeAtomically(`${fresh}/${name}`, content);
  const sums = Object.fromEntries([...parts].map(([name, content]) => [name, checksum(content)]));
  files.writeAtomically(`${fresh}/meta.json`, seal({ ...meta, halves: held, files: sums }));
  files.rename(fresh, folderOf(state, meta.generation));
}

/** Also what was left of it when storing it could not be finished: a full disk needs that room. */
export function removeGeneration(state: StateDirectory, generation: number): void {
  state.files.remove(unfinished(state));
  state.files.remove(folderOf(state, generation));
}

/** Renamed first, so that it is there whole or not at all. */
export function retireGeneration(state: StateDirectory, generation: number): void {
  const old = `${folder(state)}/old`;
  state.files.remove(old);
  state.files.rename(folderOf(state, generation), old);
  state.files.remove(old);
}

/** Failure `damaged-file` when `meta.json` is missing or not what was written. */
export function openGeneration(state: StateDirectory, generation: number): StoredGeneration {
  for (const path of [folder(state), folderOf(state, generation)]) isOurs(state, path, 'directory');
  const metaFile = `${folderOf(state, generation)}/meta.json`;
  const body = unseal(decode(bytesOf(state, metaFile)), metaFile, help);
  const record = readJson(
    body,
    metaFile,
    (reader) => ({
      meta: {
        generation: reader.field('generation').integer(),
        time: reader.field('time').string(),
        user: reader.field('user').string(),
        summary: reader.field('summary').string(),
        node: reader.field('node').nullable((field) => field.string()),
        previous: reader.field('previous').nullable((field) => field.integer()),
        onTrial: reader.field('onTrial').boolean(),
        version: reader.field('version').string(),
      },
      halves: reader.field('halves').list((item) => item.oneOf(halves)),
      sums: new Map(reader.field('files').entries((item) => item.string())),
    }),
    help,
  );
  if (record.meta.generation !== generation) {
    throw damaged(metaFile, `it is of generation ${record.meta.generation}`, help);
  }
  const part = (name: PartName): Uint8Array => {
    const file = `${folderOf(state, generation)}/${name}`;
    const bytes = bytesOf(state, file);
    if (checksum(bytes) === record.sums.get(name)) return bytes;
    throw damaged(file, 'it is not what was written: its checksum is wrong', help);
  };
  return {
    meta: record.meta,
    halves: record.halves,
    part,
    text: (name, read) => read(decode(part(name)), `${folderOf(state, generation)}/${name}`),
  };
}

function bytesOf(state: StateDirectory, file: string): Uint8Array {
  const bytes = readRecordBytes(state, file);
  if (bytes === null) throw damaged(file, 'it is missing', help);
  return bytes;
}

const decode = (bytes: Uint8Array): string => new TextDecoder().decode(bytes);
