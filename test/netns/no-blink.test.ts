import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { main } from '../../src/cli/main.js';
import { makeSite, type TestSite } from '../support/cli.js';
import { nft } from '../support/libnftables.js';
import { makeNamespace, type TestNamespace } from '../support/netns.js';
import { type Flood, startFlood } from '../support/no-blink/flood.js';
import { CLOSED, OPEN, siteNumber } from '../support/no-blink/sites.js';
import { frameTo, tcpSyn4, udp4, udp6 } from '../support/raw-frames.js';

/** `npm run no-blink` does the whole thing. */
const whole = process.env['RINGWALL_NO_BLINK'] === 'full';
const UPDATES = whole ? 300 : 20;
const PROBES = whole ? 1_000_000 : 20_000;

/** Every seventh update goes back by one generation. */
const BACK = 7;

const macs = { sender: '02:00:00:00:00:01', host: '02:00:00:00:00:10' } as const;

/**
 * A table of somebody else, which counts before the rules of ringwall and behind them. Counters lose nothing, as sockets
 * do whose buffers are full.
 */
const witness = `
table inet witness {
  chain before {
    type filter hook prerouting priority -400;
    th dport { ${CLOSED.join(', ')} } counter comment "probes sent"
    udp dport ${OPEN} counter comment "allowed sent"
  }
  chain behind {
    type filter hook input priority 400;
    th dport { ${CLOSED.join(', ')} } counter comment "probes let in"
    udp dport ${OPEN} counter comment "allowed let in"
  }
}
`;

let host: TestNamespace;
let sender: TestNamespace;
let site: TestSite;
beforeEach(() => {
  host = makeNamespace();
  sender = makeNamespace();
  site = makeSite(siteNumber(0));
  host.ip('link', 'add', 'eth0', 'address', macs.host, 'type', 'veth', 'peer', 'name', 'eth0', 'netns', sender.name);
  sender.ip('link', 'set', 'eth0', 'address', macs.sender, 'up');
  host.ip('link', 'set', 'eth0', 'up');
  host.ip('address', 'add', '192.0.2.10/24', 'dev', 'eth0');
  host.ip('-6', 'address', 'add', '2001:db8::10/64', 'dev', 'eth0', 'nodad');
  host.load(witness);
});
afterEach(() => {
  host.remove();
  sender.remove();
  site.remove();
});

const frames = [
  frameTo(macs.host, macs.sender, udp4('192.0.2.1', '192.0.2.10', 10_000, OPEN)),
  ...CLOSED.flatMap((port) =>
    [1234, 40_000].flatMap((from) => [
      udp4('192.0.2.1', '192.0.2.10', from, port),
      udp4('198.51.100.7', '192.0.2.10', from, port),
      tcpSyn4('192.0.2.1', '192.0.2.10', from, port),
      udp6('2001:db8::1', '2001:db8::10', from, port),
    ]),
  ).map((packet) => frameTo(macs.host, macs.sender, packet)),
];

/** Packets so far, by the comment of the witness's rule. */
const counted = (): Record<string, number> =>
  Object.fromEntries(
    [...nft(host.name, 'list table inet witness').matchAll(/counter packets (\d+) .*comment "(.*)"/g)].map(
      ([, packets, comment]) => [comment, Number(packets)],
    ),
  );

async function run(...args: string[]): Promise<void> {
  let said = '';
  const stream = {
    write: (text: string) => {
      said += text;
    },
  };
  const options = ['--root', site.root, '--state', site.state, '--netns', host.name, '--json', '--force'];
  const code = await main(['node', 'ringwall', ...args, ...options], { stdout: stream, stderr: stream });
  if (code !== 0) throw new Error(said);
}

function edit(n: number): void {
  for (const [path, text] of Object.entries(siteNumber(n))) site.write(path, text);
}

/** Waits until this many probes have come. */
async function probes(count: number): Promise<void> {
  while ((counted()['probes sent'] ?? 0) < count) await sleep(20);
}

async function flooded(act: () => Promise<void>): Promise<Record<string, number>> {
  host.load(`delete table inet witness\n${witness}`);
  const flood: Flood = startFlood(sender.name, 'eth0', frames);
  try {
    await probes(1000);
    await act();
  } finally {
    await flood.stop();
  }
  // What is still queued between the two ends.
  await sleep(100);
  return counted();
}

test('without rules the probes come through, and a gap between two transactions is seen', async () => {
  const open = await flooded(async () => {});
  expect(open['probes let in']).toBe(open['probes sent']);
  expect(open['allowed let in']).toBe(open['allowed sent']);
  await run('apply');
  const held = host.nft('list', 'table', 'inet', 'ringwall');
  const gap = await flooded(async () => {
    for (let round = 0; round < 20; round += 1) {
      nft(host.name, 'delete table inet ringwall');
      nft(host.name, held);
    }
  });
  expect(gap['probes let in']).toBeGreaterThan(0);
});

test(`${UPDATES} updates under ${PROBES} probes that all of them forbid: none gets in, and what all allow gets in whole`, async () => {
  await run('apply');
  let updates = 0;
  const seen = await flooded(async () => {
    for (let n = 1; updates < UPDATES; n += 1) {
      if (n % BACK === 0) await run('rollback');
      else {
        edit(n);
        await run('apply');
      }
      updates += 1;
    }
    await probes(PROBES);
  });
  expect(seen['probes sent']).toBeGreaterThanOrEqual(PROBES);
  expect(seen['probes let in']).toBe(0);
  expect(seen['allowed sent']).toBeGreaterThan(PROBES / 100);
  expect(seen['allowed let in']).toBe(seen['allowed sent']);
}, 1_200_000);
