import { expect, test } from 'vitest';
import { type LinkOperation, type Links, linkDifferences } from '../../../src/bridges/index.js';
import { type Excuse, FakeRoute, type Performed } from '../../../src/netlink/index.js';
import { bareLink } from '../../support/bare-link.js';
import { hardware, interfacesCases, linksOfCase } from '../../support/interfaces-cases.js';
import { linksSuite } from '../../support/links-suite.js';
import { LinksWorld } from '../../support/links-world.js';

const links = hardware.map((name, at) => bareLink(name, at + 2));
const lo = { ...bareLink('lo', 1), up: true, mtu: 65_536 };

linksSuite({
  makeHost() {
    const port = new FakeRoute({ links: [lo, ...links], addresses: [], routes: [], forwarding: [] });
    return { world: new LinksWorld(port), remove: () => port.close() };
  },
  chosen: interfacesCases,
  targets: interfacesCases,
});

/** With an address goes the default route, which no plan foresees. */
class GreedyKernel extends FakeRoute {
  override async perform(operations: readonly LinkOperation[], excuse?: Excuse): Promise<Performed> {
    let refusal: Performed['refusal'] = null;
    for (const [place, operation] of operations.entries()) {
      const one = await super.perform([operation], excuse);
      if (one.refusal !== null) refusal ??= { ...one.refusal, place };
      if (operation.kind !== 'delete address') continue;
      const { routes } = await this.read();
      const gone = routes.filter(({ destination }) => destination === null);
      await super.perform(gone.map((route) => ({ kind: 'delete route', route })));
    }
    return { tried: operations.length, refusal };
  }
}

test('what the kernel took along unforeseen comes back when the steps are undone, wherever the run ended', async () => {
  const bridge = linksOfCase('default-bridge');
  const moved: Links = {
    ...bridge,
    links: bridge.links.map((link) => ({
      ...link,
      addresses: link.addresses.map((address) => ({ ...address, address: '192.0.2.20' })),
    })),
  };
  const world = new LinksWorld(new GreedyKernel({ links: [lo, ...links], addresses: [], routes: [], forwarding: [] }));
  await world.apply(bridge);
  const before = await world.read();
  expect(before.routes.some(({ destination }) => destination === null)).toBe(true);
  let step = 0;
  for (; ; step += 1) {
    world.cutAt = world.applied + step;
    try {
      await world.apply(moved);
      break;
    } catch {
      await world.recover();
      expect(linkDifferences(before, await world.read())).toEqual([]);
    }
  }
  expect(step).toBeGreaterThan(2);
});
