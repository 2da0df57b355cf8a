import { describe } from 'vitest';
import { openRoute } from '../../src/netlink/index.js';
import { makeNamespace } from '../support/netns.js';
import { routePortSuite } from '../support/route-port-suite.js';

describe('links of the full kernel', () => {
  routePortSuite(
    () => {
      const netns = makeNamespace();
      const port = openRoute(netns.name);
      return {
        port,
        remove() {
          port.close();
          netns.remove();
        },
      };
    },
    { whole: true },
  );
});
