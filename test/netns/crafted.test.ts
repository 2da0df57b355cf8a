import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { printLinks } from '../../src/bridges/index.js';
import { check } from '../../src/cli/check.js';
import { compile } from '../../src/cli/compile.js';
import { type Loaded, load } from '../../src/cli/load.js';
import { printRuleset } from '../../src/ruleset/index.js';
import { isLinkName } from '../../src/site/index.js';
import { printSysctls } from '../../src/sysctl/index.js';
import { contextOn } from '../support/context.js';
import { aroundThem, type CraftedField, firewallFields, linkFields, WRONG } from '../support/crafted/fields.js';
import { HARMFUL, type Payload, payloads } from '../support/crafted/payloads.js';
import { decodedBatch, rulesByChain, rulesByChainOfNft } from '../support/crafted/readings.js';
import { explainNft } from '../support/libnftables.js';
import { makeNamespace, type TestNamespace } from '../support/netns.js';

let netns: TestNamespace;
beforeAll(() => {
  netns = makeNamespace();
});
afterAll(() => netns.remove());

type Files = Readonly<Record<string, string | Uint8Array>>;

function withValue({ file, text }: CraftedField, value: Uint8Array | string): Files {
  const [before = '', after = ''] = text.split('@');
  return { ...aroundThem, [file]: Buffer.concat([Buffer.from(before), Buffer.from(value), Buffer.from(after)]) };
}

const loaded = (files: Files): Loaded => load(contextOn(files).context);

/** What libnftables reads in our text, what is in our batch, and the settings. */
function reading({ compiled }: Loaded) {
  const text = printRuleset(compiled.ruleset);
  expect(text).toMatch(/^[\n\t\x20-\x7e]*$/);
  return {
    nft: explainNft(netns.name, text),
    batch: decodedBatch(compiled.ruleset),
    settings: printSysctls(compiled.sysctls),
  };
}

/** Nothing that a terminal acts on comes out of commands that read a site, and their JSON is JSON. */
async function expectHarmlessWords(files: Files): Promise<void> {
  for (const json of [false, true]) {
    const { context, said } = contextOn(files, { json });
    await check(context, { strict: false });
    if (json) JSON.parse(said.out);
    await compile(context, { out: undefined });
    expect(said.err).not.toMatch(HARMFUL);
    expect(said.out.replaceAll('\t', '')).not.toMatch(HARMFUL);
  }
}

const linesOf = ({ diagnostics }: Loaded): string[] => diagnostics.map(({ span }) => `${span.file}:${span.line}`);
const lineOf = ({ file, text }: CraftedField): string =>
  `${file}:${text.slice(0, text.indexOf('@')).split('\n').length}`;

/** Each field gets another fifth of the texts, so that all of them are tried on fields of every kind. */
const share = (at: number): readonly Payload[] => payloads.filter((_, index) => index % 5 === at % 5);

const rows = (fields: readonly CraftedField[]) => fields.map((field, at) => ({ ...field, payloads: share(at), field }));

describe.each(rows(firewallFields))('$name is $outcome', ({ field, payloads: crafted }) => {
  const { outcome, harmless } = field;
  let twin: ReturnType<typeof reading>;
  beforeAll(() => {
    twin = reading(loaded(withValue(field, outcome === 'kept' ? harmless : WRONG)));
  });

  test('when harmless it is read', () => {
    const site = loaded(withValue(field, harmless));
    expect(site.diagnostics.filter(({ severity }) => severity === 'error')).toEqual([]);
    if (outcome === 'refused') expect(reading(site)).not.toEqual(twin);
  });

  test.each(crafted)('$name', async ({ bytes }) => {
    const files = withValue(field, bytes);
    const site = loaded(files);
    const found = reading(site);
    expect(found).toEqual(twin);
    expect(rulesByChainOfNft(found.nft)).toEqual(rulesByChain(found.batch));
    if (outcome === 'refused') expect(linesOf(site)).toContain(lineOf(field));
    await expectHarmlessWords(files);
  });
});

describe.each(rows(linkFields))('$name is $outcome', ({ field, payloads: crafted }) => {
  test('when harmless it is read', () => {
    expect(linesOf(loaded(withValue(field, field.harmless)))).not.toContain(lineOf(field));
    if (field.outcome === 'refused') expect(linesOf(loaded(withValue(field, WRONG)))).toContain(lineOf(field));
  });

  test.each(crafted)('$name', async ({ bytes }) => {
    const files = withValue(field, bytes);
    const site = loaded(files);
    const commands = printLinks(site.links)
      .split('\n')
      .filter((line) => line !== '' && (!line.startsWith('#') || /^#(bridge|sysctl) /.test(line)));
    for (const command of commands) {
      expect(command).toMatch(/^#?(link|address|route|bridge|sysctl) [A-Za-z0-9_.:/= -]+$/);
      const named = [...command.matchAll(/ (?:dev|link|master) (?!add|set|dev)(\S+)/g)].map(([, name = '']) => name);
      expect(named.filter((name) => !isLinkName(name))).toEqual([]);
    }
    if (field.outcome === 'refused') expect(linesOf(site)).toContain(lineOf(field));
    await expectHarmlessWords(files);
  });
});
