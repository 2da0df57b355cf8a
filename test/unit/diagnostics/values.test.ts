import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  type DiagnosticCode,
  diagnose,
  diagnosticCodes,
  LineSpans,
  sortDiagnostics,
  summarize,
  TextSpans,
  toJson,
} from '../../../src/diagnostics/index.js';

const place = (file: string, line: number, column: number) => ({
  file,
  line,
  column,
  endLine: line,
  endColumn: column + 1,
});

test('codes are kebab case under a room, titles are one line without a final stop', () => {
  for (const [code, { title }] of Object.entries(diagnosticCodes)) {
    expect(code).toMatch(/^[a-z0-9-]+(\/[a-z0-9-]+)?$/);
    expect(title).toMatch(/^\S[^\n]*[^.\s]$/);
  }
});

test('a diagnostic takes its severity from its code', () => {
  for (const code of Object.keys(diagnosticCodes) as DiagnosticCode[]) {
    expect(diagnose(code, place('a', 1, 1), 'x').severity).toBe(diagnosticCodes[code].severity);
  }
});

test('sorting goes by file, line, column and code, whatever the order before', () => {
  const sorted = [
    diagnose('json/syntax', place('a', 1, 1), 'x'),
    diagnose('syntax/bad-name', place('a', 1, 1), 'x'),
    diagnose('syntax/bad-name', place('a', 1, 7), 'x'),
    diagnose('syntax/bad-name', place('a', 10, 1), 'x'),
    diagnose('syntax/bad-name', place('b', 2, 1), 'x'),
  ];
  fc.assert(
    fc.property(fc.shuffledSubarray(sorted, { minLength: sorted.length }), (shuffled) => {
      expect(sortDiagnostics(shuffled)).toEqual(sorted);
    }),
  );
});

test('the JSON answer has the place beside the message, and counts by severity', () => {
  const related = [{ message: 'there', span: place('b', 3, 4) }];
  const diagnostics = [
    diagnose('syntax/repeated-option', place('a', 1, 2), 'again', { help: 'remove it', related }),
    diagnose('syntax/bad-name', place('a', 2, 2), 'bad'),
    diagnose('syntax/proxmox-differs', place('a', 3, 2), 'differs'),
  ];
  expect(toJson(diagnostics)).toEqual({
    diagnostics: [
      {
        code: 'syntax/repeated-option',
        severity: 'warning',
        message: 'again',
        file: 'a',
        line: 1,
        column: 2,
        endLine: 1,
        endColumn: 3,
        help: 'remove it',
        related: [{ message: 'there', file: 'b', line: 3, column: 4, endLine: 3, endColumn: 5 }],
      },
      {
        code: 'syntax/bad-name',
        severity: 'error',
        message: 'bad',
        file: 'a',
        line: 2,
        column: 2,
        endLine: 2,
        endColumn: 3,
      },
      {
        code: 'syntax/proxmox-differs',
        severity: 'hint',
        message: 'differs',
        file: 'a',
        line: 3,
        column: 2,
        endLine: 3,
        endColumn: 3,
      },
    ],
    summary: { errors: 1, warnings: 1, hints: 1 },
  });
  expect(summarize([])).toEqual({ errors: 0, warnings: 0, hints: 0 });
});

describe('spans', () => {
  test('of a line count code points from its origin', () => {
    expect(new LineSpans('f', 7, 'ab cd').at(3, 5)).toEqual({
      file: 'f',
      line: 7,
      column: 4,
      endLine: 7,
      endColumn: 6,
    });
    expect(new LineSpans('f', 7, '\u{1f525} x', 2).at(1, 2)).toMatchObject({ column: 3, endColumn: 4 });
  });

  test('of a text agree with those of its lines', () => {
    fc.assert(
      fc.property(fc.array(fc.string({ unit: 'binary' }).map((s) => s.replaceAll('\n', ''))), (lines) => {
        const text = lines.join('\n');
        const spans = new TextSpans('f', text);
        let from = 0;
        for (const [index, line] of lines.entries()) {
          const end = line.length;
          expect(spans.at(from, from + end)).toEqual(new LineSpans('f', index + 1, line).at(0, end));
          from += end + 1;
        }
      }),
    );
  });
});
