import type { Diagnostic } from '../diagnostics/index.js';

/** Why the kernel is looked at. */
export type Cause =
  | 'start'
  /** Files are others than they were. */
  | 'files'
  /** The time of a trial (`enable` with a time) is over. */
  | 'time'
  /** Ports of guests came. */
  | 'links'
  /** Something failed before. */
  | 'retry'
  /** Others commit, and it cannot be written down. */
  | 'commits';

/** What `watch` tells. */
export type WatchEvent =
  | { readonly event: 'started' }
  /** The files hold errors, whose lines do nothing. */
  | { readonly event: 'site'; readonly errors: number; readonly diagnostics: readonly Diagnostic[] }
  | {
      readonly event: 'applied';
      readonly cause: Cause;
      readonly generation: number;
      readonly changed: number;
      /** In words: `2 created`. */
      readonly summary: string;
      readonly warnings: readonly string[];
    }
  /** What is in force stays. `refused`: for safety. */
  | {
      readonly event: 'failed' | 'refused';
      readonly cause: Cause;
      readonly error: { readonly code: string; readonly message: string; readonly help?: string };
    }
  /** Another run changes something, or a change is pending: the files are looked at when that is over. */
  | { readonly event: 'waiting'; readonly cause: Cause; readonly reason: string }
  /** Somebody else committed to our tables. */
  | {
      readonly event: 'commit';
      readonly generation: number;
      readonly pid: number;
      readonly process: string;
      /** `inet/host-in`, each once. */
      readonly touched: readonly string[];
    }
  /** The kernel had more to tell than there was room for: who committed lately is not known. */
  | { readonly event: 'lost' }
  | { readonly event: 'stopped' };
