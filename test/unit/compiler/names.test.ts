import { expect, it } from 'vitest';
import { compile } from '../../../src/compiler/index.js';
import { memoryFiles } from '../../../src/ports/index.js';
import { readSite } from '../../../src/site/index.js';

it("a cluster set's alias is the cluster's, although the guest that uses the set has one of that name", () => {
  const files = memoryFiles({
    '/etc/pve/firewall/cluster.fw': '[OPTIONS]\nenable: 1\n[ALIASES]\nserver 198.51.100.1\n[IPSET trusted]\nserver\n',
    '/etc/pve/nodes/pve1/qemu-server/100.conf': 'net0: virtio=BC:24:11:00:01:00,bridge=vmbr0,firewall=1\n',
    '/etc/pve/firewall/100.fw':
      '[OPTIONS]\nenable: 1\n[ALIASES]\nserver 192.0.2.1\n[RULES]\nIN ACCEPT -source +trusted\n',
  });
  const { ruleset, diagnostics } = compile(readSite(files, { root: '/', hostname: 'pve1', now: 0 }).site);
  expect(diagnostics).toEqual([]);
  const sets = ruleset.tables.flatMap((table) => table.sets.filter(({ name }) => name.startsWith('dc/')));
  const value = 0xc6336401n;
  expect(sets.map(({ elements }) => elements)).toEqual([[[value, value]]]);
});
