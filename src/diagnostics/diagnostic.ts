import type { DiagnosticCode } from './codes.js';

/** How bad it is. An `error` makes its line inert; a `warning` or `hint` leaves the line in force. */
export type Severity = 'error' | 'warning' | 'hint';

/**
 * A place in a source file. Lines and columns count from 1; a column counts characters (code points, a tab is one);
 * `endColumn` is exclusive. `file` is relative to the site's root, with forward slashes.
 */
export interface Span {
  readonly file: string;
  readonly line: number;
  readonly column: number;
  readonly endLine: number;
  readonly endColumn: number;
}

/** Something found while reading or compiling a site: data for programs; `render.ts` makes the text for people. */
export interface Diagnostic {
  readonly code: DiagnosticCode;
  readonly severity: Severity;
  /** What is wrong, in one sentence without a final stop. */
  readonly message: string;
  readonly span: Span;
  /** What to do about it, one sentence. */
  readonly help?: string;
  /** Other places that belong to the finding, such as the first of two declarations. */
  readonly related?: readonly Related[];
}

export interface Related {
  readonly message: string;
  readonly span: Span;
}

/** A value together with the place that wrote it. */
export interface Located<T> {
  readonly value: T;
  readonly span: Span;
}

/** Takes what is found while reading or compiling; the caller decides what becomes of it. */
export type Report = (diagnostic: Diagnostic) => void;
