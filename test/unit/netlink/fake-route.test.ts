import { describe } from 'vitest';
import { FakeRoute } from '../../../src/netlink/index.js';
import { routePortSuite } from '../../support/route-port-suite.js';

describe('links in memory', () => {
  routePortSuite(
    () => {
      const port = new FakeRoute();
      return { port, remove: () => port.close() };
    },
    { whole: true },
  );
});
