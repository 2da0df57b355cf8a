import type { Diagnostic } from '../../src/diagnostics/index.js';
import {
  parseCorosync,
  parseFirewall,
  parseGuestConfig,
  parseInterfaces,
  parseIpam,
  parseSdnConfig,
  parseVmList,
  printFirewall,
  printGuestConfig,
  printInterfaces,
} from '../../src/parser/index.js';
import type { FileKind } from './site-files.js';

export interface AnyReading {
  readonly diagnostics: readonly Diagnostic[];
  /** What the tree prints to; null for files that are read only. */
  readonly printed: Uint8Array | null;
}

/** Reads a file with the reader of its kind. */
export function parseAny(kind: FileKind, bytes: Uint8Array, file: string): AnyReading {
  switch (kind.kind) {
    case 'firewall': {
      const { tree, diagnostics } = parseFirewall(bytes, file, kind.scope);
      return { diagnostics, printed: printFirewall(tree) };
    }
    case 'guest': {
      const { tree, diagnostics } = parseGuestConfig(bytes, file);
      return { diagnostics, printed: printGuestConfig(tree) };
    }
    case 'interfaces': {
      const { tree, diagnostics } = parseInterfaces(bytes, file);
      return { diagnostics, printed: printInterfaces(tree) };
    }
    case 'corosync':
      return { diagnostics: parseCorosync(bytes, file).diagnostics, printed: null };
    case 'vmlist':
      return { diagnostics: parseVmList(bytes, file).diagnostics, printed: null };
    case 'sdn':
      return { diagnostics: parseSdnConfig(bytes, file).diagnostics, printed: null };
    case 'ipam':
      return { diagnostics: parseIpam(bytes, file).diagnostics, printed: null };
  }
}

/** Every kind of file there is, once. */
export const ALL_KINDS: readonly FileKind[] = [
  { kind: 'firewall', scope: 'cluster' },
  { kind: 'firewall', scope: 'host' },
  { kind: 'firewall', scope: 'guest' },
  { kind: 'firewall', scope: 'vnet' },
  { kind: 'guest' },
  { kind: 'interfaces' },
  { kind: 'corosync' },
  { kind: 'vmlist' },
  { kind: 'sdn' },
  { kind: 'ipam' },
];

/** What is wrong with a reading of these bytes, or null: lost bytes, or a finding outside of the file. */
export function readingProblem(bytes: Uint8Array, { diagnostics, printed }: AnyReading): string | null {
  if (printed !== null && Buffer.compare(printed, bytes) !== 0) return 'the tree prints to other bytes';
  const lines = columnsOf(bytes);
  for (const { span, code, related = [] } of diagnostics) {
    for (const place of [span, ...related.map((one) => one.span)]) {
      const start = lines[place.line - 1];
      const end = lines[place.endLine - 1];
      const inside = start !== undefined && end !== undefined && place.column <= start && place.endColumn <= end;
      const forward = place.line < place.endLine || (place.line === place.endLine && place.column <= place.endColumn);
      if (!inside || !forward || place.column < 1) return `${code} at ${JSON.stringify(place)} is outside of the file`;
    }
  }
  return null;
}

/** The column just behind each line. */
function columnsOf(bytes: Uint8Array): number[] {
  const utf8 = Buffer.from(bytes).toString('utf8');
  const text = Buffer.compare(Buffer.from(utf8), bytes) === 0 ? utf8 : Buffer.from(bytes).toString('latin1');
  return text
    .replace(/^\ufeff/, '')
    .split('\n')
    .map((line) => [...line].length + 1);
}
