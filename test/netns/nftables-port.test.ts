import { openNftables } from '../../src/netlink/index.js';
import { makeNamespace } from '../support/netns.js';
import { nftablesPortSuite } from '../support/nftables-port-suite.js';

nftablesPortSuite('kernel', () => {
  const namespace = makeNamespace();
  const port = openNftables(namespace.name);
  return {
    port,
    disturb: () => void namespace.nft('add', 'table', 'ip', 'foreign'),
    close: () => {
      port.close();
      namespace.remove();
    },
  };
});
