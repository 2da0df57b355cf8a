import { describe, expect, test } from 'vitest';
import { formatFirewall, parseFirewall, printFirewall } from '../../../src/parser/index.js';
import { type Files, nodeFiles } from '../../../src/ports/index.js';
import { printRuleset } from '../../../src/ruleset/index.js';
import { compileSite } from '../../support/golden.js';
import { kindOf } from '../../support/site-files.js';
import { goldenSites, randomSites } from '../../support/sites.js';

/** The site as it is when all its firewall files are in their canonical layout. */
const formatted: Files = {
  ...nodeFiles,
  read: (path) => {
    const bytes = nodeFiles.read(path);
    const kind = kindOf(path);
    if (bytes === null || kind?.kind !== 'firewall') return bytes;
    return printFirewall(formatFirewall(parseFirewall(bytes, path, kind.scope).tree));
  },
};

const outcome = (root: string, files: Files) => {
  const { compiled, diagnostics } = compileSite(root, files);
  return {
    // With the line of each rule and in each log prefix: no line moves.
    ruleset: printRuleset(compiled.ruleset),
    settings: compiled.sysctls,
    findings: diagnostics
      .filter(({ code }) => code !== 'syntax/proxmox-differs')
      .map(({ code, severity, span, message }) => `${span.file}:${span.line} ${severity} ${code} ${message}`)
      .sort(),
  };
};

describe('a site in its canonical layout compiles to the same rules from the same lines', () => {
  test.each([...goldenSites(), ...randomSites().slice(0, 40)].map(({ name, root }) => [name, root] as const))(
    '%s',
    (_, root) => {
      expect(outcome(root, formatted)).toEqual(outcome(root, nodeFiles));
    },
  );

  test('which is another text for some of them', () => {
    const changed = goldenSites().filter(({ root }) => {
      const path = `${root}/etc/pve/firewall/cluster.fw`;
      const bytes = nodeFiles.read(path);
      return bytes !== null && !Buffer.from(formatted.read(path) ?? []).equals(bytes);
    });
    expect(changed.length).toBeGreaterThan(2);
  });
});
