export { harmless, harmlessJson } from './cells.js';
export { type DiagnosticCode, diagnosticCodes } from './codes.js';
export { diagnose } from './diagnose.js';
export type { Diagnostic, Located, Related, Report, Severity, Span } from './diagnostic.js';
export { Failure, type FailureExit } from './failure.js';
export { type DiagnosticJson, type DiagnosticsJson, type RelatedJson, toJson } from './json.js';
export { type RenderOptions, render } from './render.js';
export { LineSpans, type Spans, TextSpans } from './span.js';
export { type Summary, sortDiagnostics, summarize } from './summary.js';
