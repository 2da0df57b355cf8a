import { describe, expect, test } from 'vitest';
import { parseAny, readingProblem } from '../../support/parse-any.js';
import { filesBelow, kindOf, sharedReference, testData } from '../../support/site-files.js';

/** All findings in the files of a folder, as `path:line code`. */
function findingsBelow(folder: string): { read: number; findings: string[]; problems: string[] } {
  const findings: string[] = [];
  const problems: string[] = [];
  let read = 0;
  for (const { path, bytes } of filesBelow(folder)) {
    const kind = kindOf(path);
    if (kind === null) continue;
    read += 1;
    const reading = parseAny(kind, bytes, path);
    findings.push(...reading.diagnostics.map(({ code, span }) => `${path}:${span.line} ${code}`));
    const problem = readingProblem(bytes, reading);
    if (problem !== null) problems.push(`${path}: ${problem}`);
  }
  return { read, findings, problems };
}

describe('files that Proxmox VE itself has judged', () => {
  test('random sites and interfaces files read without a finding', () => {
    const { read, findings, problems } = findingsBelow(testData);
    expect(read).toBeGreaterThan(800);
    expect(findings).toEqual([]);
    expect(problems).toEqual([]);
  });

  test.runIf(sharedReference !== null || process.env['CI'] === 'true')(
    'the test sites of pve-firewall have one: the wrong option they test',
    () => {
      if (sharedReference === null)
        throw new Error('these test sites lie beside the repository only, and are not there');
      const { read, findings, problems } = findingsBelow(sharedReference);
      expect(read).toBeGreaterThan(900);
      expect(findings).toEqual(['pve-tests/errors4/etc/pve/firewall/100.fw:3 syntax/unknown-option']);
      expect(problems).toEqual([]);
    },
  );
});
