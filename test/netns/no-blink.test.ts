import { afterEach, beforeEach, expect, test } from 'vitest';
import { makeSite } from '../support/cli.js';
import { nft } from '../support/libnftables.js';
import { makeNamespace, type TestNamespace } from '../support/netns.js';
import { hostFrames, hostKinds } from '../support/no-blink/probes.js';
import { siteNumber } from '../support/no-blink/sites.js';
import { applied, type Battle, flooded, probed, ringwall } from '../support/no-blink/updates.js';
import { Witness } from '../support/no-blink/witness.js';

/** `npm run no-blink` does the whole thing. */
const whole = process.env['RINGWALL_NO_BLINK'] === 'full';
const UPDATES = whole ? 300 : 20;
const PROBES = whole ? 1_000_000 : 20_000;

/** Every seventh update goes back by one generation. */
const BACK = 7;

const ends = {
  sender: { link: 'eth0', mac: '02:00:00:00:00:01', 4: '192.0.2.1', 6: '2001:db8::1' },
  host: { link: 'eth0', mac: '02:00:00:00:00:10', 4: '192.0.2.10', 6: '2001:db8::10' },
} as const;

let host: TestNamespace;
let sender: TestNamespace;
let battle: Battle;
beforeEach(() => {
  host = makeNamespace();
  sender = makeNamespace();
  host.ip(
    'link',
    'add',
    'eth0',
    'address',
    ends.host.mac,
    'type',
    'veth',
    'peer',
    'name',
    'eth0',
    'netns',
    sender.name,
  );
  sender.ip('link', 'set', 'eth0', 'address', ends.sender.mac, 'up');
  host.ip('link', 'set', 'eth0', 'up');
  host.ip('address', 'add', `${ends.host[4]}/24`, 'dev', 'eth0');
  host.ip('-6', 'address', 'add', `${ends.host[6]}/64`, 'dev', 'eth0', 'nodad');
  battle = {
    witness: new Witness(host.name, 'inet', hostKinds),
    netns: host.name,
    sender: sender.name,
    site: makeSite(siteNumber(0)),
    frames: hostFrames(ends.sender, ends.host),
    pace: { burst: 512, pause: 0 },
  };
});
afterEach(() => {
  host.remove();
  sender.remove();
  battle.site.remove();
});

test('without rules the probes come through, and a gap between two transactions is seen', async () => {
  const open = await flooded(battle, async () => {});
  expect(open.forbidden.arrived).toBe(open.forbidden.sent);
  expect(open.allowed.arrived).toBe(open.allowed.sent);
  await applied(battle, {});
  const held = host.nft('list', 'table', 'inet', 'ringwall');
  const gap = await flooded(battle, async () => {
    for (let round = 0; round < 20; round += 1) {
      nft(host.name, 'delete table inet ringwall');
      nft(host.name, held);
    }
  });
  expect(gap.forbidden.arrived).toBeGreaterThan(0);
});

test(`${UPDATES} updates under ${PROBES} probes that all of them forbid: none gets in, and what all allow gets in whole`, async () => {
  await applied(battle, {});
  const seen = await flooded(battle, async () => {
    for (let n = 1; n <= UPDATES; n += 1) {
      if (n % BACK === 0) await ringwall(battle, 'rollback', '--force');
      else await applied(battle, siteNumber(n));
    }
    await probed(battle, PROBES);
  });
  expect(seen.forbidden.sent).toBeGreaterThanOrEqual(PROBES);
  expect(seen.forbidden.arrived).toBe(0);
  expect(seen.allowed.sent).toBeGreaterThan(PROBES / 100);
  expect(seen.allowed.arrived).toBe(seen.allowed.sent);
}, 1_200_000);
