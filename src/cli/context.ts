import { harmlessJson } from '../diagnostics/index.js';
import type { Clock, StateFiles } from '../ports/index.js';

export interface GlobalOptions {
  /** Absolute; the directory that stands for `/`. */
  readonly root: string;
  readonly node: string | undefined;
  /** Absolute. */
  readonly state: string;
  readonly netns: string | undefined;
  readonly json: boolean;
  readonly color: 'auto' | 'always' | 'never';
  readonly only: 'firewall' | 'network' | undefined;
}

/** A stream people or programs read. */
export interface Output {
  write(text: string): void;
  readonly color: boolean;
}

/** What a command gets beside its own options. */
export interface Context {
  readonly options: GlobalOptions;
  readonly files: StateFiles;
  readonly clock: Clock;
  /** Answers. */
  readonly out: Output;
  /** Diagnostics, questions and errors. */
  readonly err: Output;
}

/** Writes the answer of a command: JSON when asked for, else the text. */
export function answer({ options, out }: Context, json: unknown, text: () => string): void {
  out.write(options.json ? `${harmlessJson(json)}\n` : text());
}
