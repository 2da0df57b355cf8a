import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import process from 'node:process';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Agreement } from '../support/agreement/agreement.js';
import { spellPair } from '../support/agreement/compare.js';
import { onOneProcessor } from '../support/agreement/sockets.js';
import { makeTally } from '../support/agreement/tally.js';
import { goldenSites, randomSites } from '../support/sites.js';

const FULL = process.env['RINGWALL_AGREEMENT'] === 'full';
const SEED = Number(process.env['RINGWALL_AGREEMENT_SEED'] ?? 1);
const EXTENT = FULL ? { matrix: 400, edges: 600, flows: 40 } : { matrix: 20, edges: 22, flows: 5 };
/** More differences than this say no more. */
const SHOWN = 5;

// The same packet goes through the simulator and, as a frame, through a kernel that holds the ruleset: what arrives, is
// answered or vanishes there must be what was foretold.
describe(`kernel and simulator agree on packets (seed ${SEED})`, () => {
  const agreement = new Agreement({ ...EXTENT, seed: SEED });
  let everyProcessor = (): void => undefined;
  const tally = makeTally();
  const sites = [...randomSites(), ...goldenSites()];
  const asked = new Set<string>();

  beforeAll(() => {
    everyProcessor = onOneProcessor();
  });

  afterAll(() => {
    agreement.remove();
    everyProcessor();
    const { pairs, differing } = tally.total;
    const text = `${pairs} pairs of ${asked.size} sites, seed ${SEED}: ${pairs - differing} agree, ${differing} differ\n\n${tally.table()}\n`;
    process.stdout.write(`\n${text}\n`);
    const results = process.env['RINGWALL_LAB_RESULTS'];
    if (results !== undefined) writeFileSync(join(results, 'agreement.txt'), text);
  });

  it.each(sites.map((site) => [site.name, site] as const))('%s', async (_, site) => {
    const pairs = await agreement.pairs(site);
    tally.add(pairs);
    if (pairs.length > 0) asked.add(site.name);
    const differing = pairs.filter(({ agrees }) => !agrees);
    expect(differing.slice(0, SHOWN).map(spellPair).join('\n')).toBe('');
  });

  it('would be seen to differ if the kernel held the rules of another site', async () => {
    const [one, other] = randomSites();
    if (one === undefined || other === undefined) throw new Error('there are no random sites');
    const pairs = await agreement.pairs(one, other);
    expect(pairs.filter(({ agrees }) => !agrees).length).toBeGreaterThan(pairs.length / 50);
  });

  it('were asked about enough, in every direction and of every kind', () => {
    expect(asked.size).toBeGreaterThanOrEqual(50);
    expect(tally.total.pairs).toBeGreaterThanOrEqual(3000);
    expect(tally.directions()).toEqual([
      'guest → guest',
      'guest → guest, routed',
      'guest → host',
      'guest → outside',
      'guest → outside, routed',
      'host → guest',
      'host → outside',
      'outside → guest',
      'outside → guest, routed',
      'outside → host',
      'outside → outside',
      'outside → outside, routed',
    ]);
    expect(tally.protocols()).toEqual([
      'ARP',
      'ICMP',
      'ICMP error',
      'ICMPv6',
      'ICMPv6 error',
      'ND',
      'TCP SYN',
      'TCP SYNv6',
      'TCP other',
      'TCP otherv6',
      'UDP',
      'UDPv6',
      'VLAN',
      'not IP',
      'other',
      'otherv6',
    ]);
  });
});
