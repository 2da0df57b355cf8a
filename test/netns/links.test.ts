import { openRoute } from '../../src/netlink/index.js';
import { hardware } from '../support/interfaces-cases.js';
import { linksSuite, type TestHost } from '../support/links-suite.js';
import { LinksWorld } from '../support/links-world.js';
import { makeNamespace } from '../support/netns.js';

/** Those whose links every kernel can make: bridges and addresses. */
const CASES = ['default-bridge', 'dual-stack', 'many-addresses', 'routed'];

function makeHost(): TestHost {
  const netns = makeNamespace();
  for (const name of hardware) netns.ip('link', 'add', name, 'type', 'veth', 'peer', 'name', `${name}-far`);
  const port = openRoute(netns.name);
  return {
    world: new LinksWorld(port),
    remove() {
      port.close();
      netns.remove();
    },
  };
}

linksSuite({ makeHost, chosen: CASES, targets: CASES });
