import { type DiagnosticCode, diagnosticCodes } from './codes.js';
import type { Diagnostic, Related, Span } from './diagnostic.js';

/** Makes a diagnostic with the severity its code has in the list of all codes. */
export function diagnose(
  code: DiagnosticCode,
  span: Span,
  message: string,
  more: { readonly help?: string; readonly related?: readonly Related[] } = {},
): Diagnostic {
  return { code, severity: diagnosticCodes[code].severity, message, span, ...more };
}
