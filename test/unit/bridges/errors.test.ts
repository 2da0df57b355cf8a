import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import { desiredLinks } from '../../../src/bridges/index.js';
import { type Diagnostic, diagnosticCodes, render, sortDiagnostics } from '../../../src/diagnostics/index.js';
import { memoryFiles } from '../../../src/ports/index.js';
import { readSite } from '../../../src/site/index.js';
import { type ErrorCase, formatCases, parseCases } from '../parser/error-cases.js';

const folder = fileURLToPath(new URL('./errors/', import.meta.url));
const names = readdirSync(folder).filter((name) => name.endsWith('.txt'));
const casesOf = (name: string) => parseCases(readFileSync(folder + name, 'utf8'));

const update = process.env['RINGWALL_GOLDEN_UPDATE'] === '1';
if (update && process.env['CI'] === 'true') throw new Error('expected diagnostics are not updated with CI=true');

/** Guests of the sites of all cases; the last one has trunks. */
const GUESTS = {
  '/etc/pve/nodes/pve1/qemu-server/100.conf': 'net0: virtio=BC:24:11:00:00:01,bridge=vmbr0,trunks=5;6\n',
};

/** What is found in a site with this one interfaces file; cases of the kind `guest` have a guest on vmbr0 too. */
function diagnosticsOf({ kind, input }: ErrorCase): Diagnostic[] {
  const files = memoryFiles({ '/etc/network/interfaces': input, ...(kind === 'guest' ? GUESTS : {}) });
  const { site, diagnostics } = readSite(files, { root: '/', hostname: 'pve1', now: 0 });
  return sortDiagnostics([...diagnostics, ...desiredLinks(site).diagnostics]);
}

function rendered(one: ErrorCase): string {
  const text = (file: string) => (file === 'etc/network/interfaces' ? one.input : null);
  return render(diagnosticsOf(one), text, { color: false });
}

if (update) {
  for (const name of names) {
    writeFileSync(folder + name, formatCases(casesOf(name).map((one) => ({ ...one, expected: rendered(one) }))));
  }
}

describe.each(names)('wrong links: %s', (name) => {
  test('is nothing but cases', () => {
    expect(formatCases(casesOf(name))).toBe(readFileSync(folder + name, 'utf8'));
  });

  test.each(casesOf(name).map((one) => [one.input.trimEnd(), one] as const))('%s', (_, one) => {
    expect(rendered(one)).toBe(one.expected);
    expect(one.expected).not.toBe('');
  });
});

test('each says what to do, and where in the file', () => {
  const found = names.flatMap(casesOf).flatMap(diagnosticsOf);
  expect(found.filter(({ help }) => help === undefined)).toEqual([]);
  const nowhere = found.filter(
    ({ span }) => span.file.endsWith('interfaces') && span.line === span.endLine && span.endColumn <= span.column,
  );
  expect(nowhere.map(({ code, span }) => `${code} ${span.line}`)).toEqual([]);
});

test('every code of links has a case', () => {
  const met = new Set<string>(
    names
      .flatMap(casesOf)
      .flatMap(diagnosticsOf)
      .map(({ code }) => code),
  );
  const codes = Object.keys(diagnosticCodes).filter((code) => code.startsWith('links/'));
  expect(codes.filter((code) => !met.has(code))).toEqual([]);
});
