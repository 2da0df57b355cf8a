import type { Diagnostic, Related, Severity, Span } from './diagnostic.js';
import { type Summary, summarize } from './summary.js';

/** The answer of `check --json`. */
export interface DiagnosticsJson {
  readonly diagnostics: readonly DiagnosticJson[];
  readonly summary: Summary;
}

/** A diagnostic with the parts of its span beside the message. */
export interface DiagnosticJson extends Span {
  readonly code: string;
  readonly severity: Severity;
  readonly message: string;
  readonly help?: string;
  readonly related?: readonly RelatedJson[];
}

export interface RelatedJson extends Span {
  readonly message: string;
}

export function toJson(diagnostics: readonly Diagnostic[]): DiagnosticsJson {
  return { diagnostics: diagnostics.map(diagnosticJson), summary: summarize(diagnostics) };
}

function diagnosticJson({ code, severity, message, span, help, related }: Diagnostic): DiagnosticJson {
  return {
    code,
    severity,
    message,
    ...span,
    ...(help === undefined ? {} : { help }),
    ...(related === undefined ? {} : { related: related.map(relatedJson) }),
  };
}

function relatedJson({ message, span }: Related): RelatedJson {
  return { message, ...span };
}
