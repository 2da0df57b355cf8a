import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import { diagnosticCodes, render } from '../../../src/diagnostics/index.js';
import { parseAny, readingProblem } from '../../support/parse-any.js';
import { type ErrorCase, formatCases, inputText, kindOfCase, parseCases } from './error-cases.js';

const folder = fileURLToPath(new URL('./errors/', import.meta.url));
const names = readdirSync(folder).filter((name) => name.endsWith('.txt'));
const casesOf = (name: string) => parseCases(readFileSync(folder + name, 'utf8'));

const update = process.env['RINGWALL_GOLDEN_UPDATE'] === '1';
if (update && process.env['CI'] === 'true') throw new Error('expected diagnostics are not updated with CI=true');

function diagnosticsOf({ kind, input }: ErrorCase) {
  return parseAny(kindOfCase(kind), Buffer.from(inputText(input)), kind).diagnostics;
}

function rendered(one: ErrorCase): string {
  return render(diagnosticsOf(one), () => inputText(one.input), { color: false });
}

if (update) {
  for (const name of names) {
    const cases = casesOf(name).map((one) => ({ ...one, expected: rendered(one) }));
    writeFileSync(folder + name, formatCases(cases));
  }
}

describe.each(names)('wrong input: %s', (name) => {
  test('is nothing but cases', () => {
    expect(formatCases(casesOf(name))).toBe(readFileSync(folder + name, 'utf8'));
  });

  test.each(casesOf(name).map((one) => [`${one.kind}: ${one.input.trimEnd()}`, one] as const))('%s', (_, one) => {
    expect(rendered(one)).toBe(one.expected);
    expect(one.expected).not.toBe('');
    const bytes = Buffer.from(inputText(one.input));
    expect(readingProblem(bytes, parseAny(kindOfCase(one.kind), bytes, one.kind))).toBeNull();
  });
});

test('every error of the parser says what to do', () => {
  const silent = names
    .flatMap(casesOf)
    .flatMap(diagnosticsOf)
    .filter(({ help }) => help === undefined);
  expect(silent).toEqual([]);
});

test('every code of the parser has a case', () => {
  const met = new Set<string>(
    names
      .flatMap(casesOf)
      .flatMap(diagnosticsOf)
      .map(({ code }) => code),
  );
  const parserCodes = Object.keys(diagnosticCodes).filter((code) => PARSER_CODE.test(code) && !SITE_CODES.has(code));
  expect(parserCodes.filter((code) => !met.has(code) && code !== 'syntax/encoding')).toEqual([]);
});

/** Rooms of codes that only the parser reports; `guest/` is shared with the reader of a site's guests. */
const PARSER_CODE = /^(syntax|interfaces|corosync|json)\//;

/** Those that need more than one line, or file, and are reported by the site. */
const SITE_CODES: ReadonlySet<string> = new Set([
  'interfaces/source',
  'interfaces/inherits',
  'interfaces/range',
  'interfaces/no-stanza',
  'interfaces/proxmox-save',
]);
