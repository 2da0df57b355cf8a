import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { desiredLinks, printLinks } from '../../src/bridges/index.js';
import { nodeFiles } from '../../src/ports/index.js';
import { readSite } from '../../src/site/index.js';
import { goldenCases, goldenRoot } from '../support/golden.js';
import { makeNamespace, type TestNamespace } from '../support/netns.js';

const reference = fileURLToPath(new URL('../data/interfaces/', import.meta.url));
const referenceCases = readdirSync(reference, { withFileTypes: true })
  .filter((entry) => entry.isDirectory())
  .map(({ name }) => name);

const batchOf = (root: string): string =>
  printLinks(desiredLinks(readSite(nodeFiles, { root, hostname: 'pve1', now: 0 }).site).links);

/** Follows what the top of the text says. */
function load(namespace: TestNamespace, text: string): void {
  const marked = (mark: string): string =>
    text
      .split('\n')
      .flatMap((line) => (line.startsWith(`#${mark} `) ? [`${line.slice(mark.length + 2)}\n`] : []))
      .join('');
  namespace.run('ip', ['-batch', '-'], text);
  namespace.run('bridge', ['-batch', '-'], marked('bridge'));
  const settings = marked('sysctl');
  if (settings !== '') namespace.run('sysctl', ['-q', '-p', '-'], settings);
}

describe('links.batch in the full kernel', () => {
  let namespace: TestNamespace;
  beforeEach(() => {
    namespace = makeNamespace();
  });
  afterEach(() => {
    namespace.remove();
  });

  test.each(referenceCases)('leads to the state ifupdown2 leads to: %s', (name) => {
    for (const card of ['en0', 'en1', 'en2']) namespace.ip('link', 'add', card, 'type', 'dummy');
    load(namespace, batchOf(`${reference}${name}`));
    const state: unknown = JSON.parse(namespace.run(process.execPath, [`${reference}dump-state.mjs`]));
    expect(state).toEqual(JSON.parse(readFileSync(`${reference}${name}/state.json`, 'utf8')));
  });

  test.each(goldenCases().filter((name) => name.startsWith('links-')))('is taken without an error: %s', (name) => {
    const cards = ['eno1', 'eno2', 'eno3', 'eno4', 'eno5', 'eno6', 'eno7', 'swp1', 'swp2'];
    for (const card of cards) namespace.ip('link', 'add', card, 'mtu', '9000', 'type', 'dummy');
    const text = batchOf(`${goldenRoot}/${name}/site`);
    load(namespace, text);
    const made = [...text.matchAll(/^link add .*?dev ([^ ]+) /gm)].map(([, link]) => link);
    const there = new Set(
      namespace
        .ip('-br', 'link')
        .split('\n')
        .map((line) => line.split(/[ @]/)[0]),
    );
    expect(made.filter((link) => link !== undefined && !there.has(link))).toEqual([]);
  });
});
