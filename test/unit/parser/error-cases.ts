import type { FileKind } from '../../support/site-files.js';

/**
 * A tiny wrong input and what is reported for it. In a file of cases each one is
 *
 *     === <kind of file>
 *     <the file's lines>
 *     ---
 *     <the rendered diagnostics>
 *
 * where `\u{hex}` stands for a character that cannot be seen.
 */
export interface ErrorCase {
  readonly kind: string;
  readonly input: string;
  readonly expected: string;
}

const CASE = /^=== (.+)\n([\s\S]*?)^---\n([\s\S]*?)(?=^=== |$(?![\s\S]))/gm;

export function parseCases(text: string): ErrorCase[] {
  return [...text.matchAll(CASE)].map(([, kind = '', input = '', expected = '']) => ({ kind, input, expected }));
}

export function formatCases(cases: readonly ErrorCase[]): string {
  return cases.map(({ kind, input, expected }) => `=== ${kind}\n${input}---\n${expected}`).join('');
}

/** The text of a case's file. */
export function inputText(input: string): string {
  return input.replace(/\\u\{([0-9a-f]+)\}/g, (_, hex: string) => String.fromCodePoint(Number.parseInt(hex, 16)));
}

const KINDS: Readonly<Record<string, FileKind>> = {
  'cluster.fw': { kind: 'firewall', scope: 'cluster' },
  'host.fw': { kind: 'firewall', scope: 'host' },
  '100.fw': { kind: 'firewall', scope: 'guest' },
  'vnet0.fw': { kind: 'firewall', scope: 'vnet' },
  '100.conf': { kind: 'guest' },
  interfaces: { kind: 'interfaces' },
  'corosync.conf': { kind: 'corosync' },
  '.vmlist': { kind: 'vmlist' },
  '.running-config': { kind: 'sdn' },
  'pve-ipam-state.json': { kind: 'ipam' },
};

export function kindOfCase(name: string): FileKind {
  const kind = KINDS[name];
  if (kind === undefined) throw new Error(`no kind of file is called ${name}`);
  return kind;
}
