import { describe, expect, test } from 'vitest';
import { desiredLinks } from '../../../src/bridges/index.js';
import { compile } from '../../../src/compiler/index.js';
import { type Diagnostic, diagnosticCodes } from '../../../src/diagnostics/index.js';
import { memoryFiles } from '../../../src/ports/index.js';
import { readSite } from '../../../src/site/index.js';
import { fencesOf, readPage, sectionsOf } from '../../support/docs.js';

const page = readPage('docs/diagnostics.md');
const entries = sectionsOf(page, 3).map(({ title, text }) => ({ code: title.replaceAll('`', ''), text }));

/** Where a file of an example lies below a site's root, by the words behind its fence: `fw 100.fw`. */
function pathOf(info: string): string {
  const name = info.split(' ').at(-1) ?? '';
  if (name === 'interfaces') return 'etc/network/interfaces';
  if (name === 'host.fw' || /^(qemu-server|lxc)\//.test(name)) return `etc/pve/nodes/pve1/${name}`;
  if (name.startsWith('sdn/') || name === 'corosync.conf' || name === '.vmlist') return `etc/pve/${name}`;
  return `etc/pve/firewall/${name}`;
}

/** `\xe9` stands for a byte. */
function bytesOf(lines: readonly string[]): Uint8Array {
  const parts = `${lines.join('\n')}\n`.split(/\\x([0-9a-f]{2})/);
  return Buffer.concat(parts.map((part, index) => (index % 2 === 0 ? Buffer.from(part) : Buffer.from(part, 'hex'))));
}

/** What is found in a site of the example's files, on a node with one guest unless the example is about its links. */
function diagnosticsOf(text: string): Diagnostic[] {
  const files: Record<string, string | Uint8Array> = {
    '/etc/pve/firewall/cluster.fw': '[OPTIONS]\nenable: 1\n',
  };
  const fences = fencesOf(text);
  if (!fences.some(({ info }) => info === 'interfaces')) {
    files['/etc/pve/nodes/pve1/qemu-server/100.conf'] = 'net0: virtio=BC:24:11:00:00:01,bridge=vmbr0,firewall=1\n';
  }
  for (const { info, body } of fences) files[`/${pathOf(info)}`] = bytesOf(body);
  const { site, diagnostics } = readSite(memoryFiles(files), { root: '/', hostname: 'pve1', now: 1_800_000_000 });
  return [...diagnostics, ...compile(site).diagnostics, ...desiredLinks(site).diagnostics];
}

test('each code has one entry, and each entry a code', () => {
  expect(entries.map(({ code }) => code).sort()).toEqual(Object.keys(diagnosticCodes).sort());
});

describe('entry', () => {
  test.each(entries.map(({ code, text }) => [code, text] as const))('%s', (code, text) => {
    const severity = Object.entries(diagnosticCodes).find(([name]) => name === code)?.[1].severity ?? '';
    expect(text.trim().toLowerCase()).toMatch(new RegExp(`^\\*\\*${severity}\\.\\*\\* `));

    // An example of a few lines does not switch the firewall on each time, nor keep to options that are managed.
    const beside = new Set(
      ['firewall/off', 'links/not-managed', 'links/unmanaged-kind'].filter((other) => other !== code),
    );
    // It only ever says what follows of another one.
    if (code === 'name/unclear-set') beside.add('name/unknown-alias');
    const found = diagnosticsOf(text).filter((one) => !beside.has(one.code));
    expect([...new Set(found.map((one) => one.code))]).toEqual([code]);
    if (severity !== 'hint') expect(found.map(({ help }) => help)).not.toContain(undefined);
  });
});
