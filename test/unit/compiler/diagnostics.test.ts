import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { compileSite, goldenCases, goldenRoot } from '../../support/golden.js';

describe('the diagnostics of each golden site', () => {
  it.each(goldenCases())('%s', (name) => {
    const { diagnostics, source } = compileSite(join(goldenRoot, name, 'site'));
    const places = diagnostics.map(
      ({ code, message, span }) => `${span.file}:${span.line}:${span.column} ${code} ${message}`,
    );
    expect(new Set(places).size).toBe(places.length);
    const errors = diagnostics
      .filter(({ severity }) => severity === 'error')
      .map(({ span }) => `${span.file}:${span.line}`);
    expect(errors.filter((place, index) => errors.indexOf(place) !== index)).toEqual([]);
    for (const { span, help, message, severity } of diagnostics) {
      const lines = (source(span.file) ?? '').split('\n');
      const text = [...(lines[span.line - 1] ?? '')];
      expect(span.line).toBeLessThanOrEqual(Math.max(1, lines.length));
      expect(span.endLine).toBe(span.line);
      expect(span.column).toBeGreaterThan(0);
      expect(span.endColumn).toBeGreaterThanOrEqual(span.column);
      expect(span.endColumn).toBeLessThanOrEqual(text.length + 1);
      expect(message).not.toMatch(/[.!]$/);
      if (severity === 'error') expect(help).toMatch(/\S/);
    }
  });
});
