import { afterEach, beforeEach, expect, test } from 'vitest';
import { makeSite } from '../support/cli.js';
import { nft } from '../support/libnftables.js';
import { makeNamespace, type TestNamespace } from '../support/netns.js';
import { probesTo } from '../support/no-blink/probes.js';
import { siteNumber } from '../support/no-blink/sites.js';
import { type Battle, flooded, ringwall, updated } from '../support/no-blink/updates.js';
import { Witness } from '../support/no-blink/witness.js';

/** `npm run no-blink` does the whole thing. */
const whole = process.env['RINGWALL_NO_BLINK'] === 'full';
const UPDATES = whole ? 300 : 20;
const PROBES = whole ? 1_000_000 : 20_000;

const macs = { sender: '02:00:00:00:00:01', host: '02:00:00:00:00:10' } as const;

let host: TestNamespace;
let sender: TestNamespace;
let battle: Battle;
beforeEach(() => {
  host = makeNamespace();
  sender = makeNamespace();
  host.ip('link', 'add', 'eth0', 'address', macs.host, 'type', 'veth', 'peer', 'name', 'eth0', 'netns', sender.name);
  sender.ip('link', 'set', 'eth0', 'address', macs.sender, 'up');
  host.ip('link', 'set', 'eth0', 'up');
  host.ip('address', 'add', '192.0.2.10/24', 'dev', 'eth0');
  host.ip('-6', 'address', 'add', '2001:db8::10/64', 'dev', 'eth0', 'nodad');
  battle = {
    witness: new Witness(host.name, 'inet'),
    netns: host.name,
    sender: sender.name,
    site: makeSite(siteNumber(0)),
    frames: probesTo(macs.host, macs.sender),
    siteNumber,
  };
});
afterEach(() => {
  host.remove();
  sender.remove();
  battle.site.remove();
});

test('without rules the probes come through, and a gap between two transactions is seen', async () => {
  const open = await flooded(battle, async () => {});
  expect(open['probes let in']).toBe(open['probes sent']);
  expect(open['allowed let in']).toBe(open['allowed sent']);
  await ringwall(battle, 'apply');
  const held = host.nft('list', 'table', 'inet', 'ringwall');
  const gap = await flooded(battle, async () => {
    for (let round = 0; round < 20; round += 1) {
      nft(host.name, 'delete table inet ringwall');
      nft(host.name, held);
    }
  });
  expect(gap['probes let in']).toBeGreaterThan(0);
});

test(`${UPDATES} updates under ${PROBES} probes that all of them forbid: none gets in, and what all allow gets in whole`, async () => {
  await ringwall(battle, 'apply');
  const seen = await updated(battle, UPDATES, PROBES);
  expect(seen['probes sent']).toBeGreaterThanOrEqual(PROBES);
  expect(seen['probes let in']).toBe(0);
  expect(seen['allowed sent']).toBeGreaterThan(PROBES / 100);
  expect(seen['allowed let in']).toBe(seen['allowed sent']);
}, 1_200_000);
