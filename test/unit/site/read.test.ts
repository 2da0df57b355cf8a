import { describe, expect, it } from 'vitest';
import { memoryFiles } from '../../../src/ports/index.js';
import { readSite } from '../../../src/site/index.js';

const read = (files: Record<string, string | Uint8Array>, node?: string) =>
  readSite(memoryFiles(files), { root: '/', hostname: 'workstation', now: 0, ...(node === undefined ? {} : { node }) });

const twoNodes = { '/etc/pve/nodes/pve1/host.fw': '', '/etc/pve/nodes/pve2/host.fw': '' };

describe('the node that is read', () => {
  it('is the only one there is', () => {
    expect(read({ '/etc/pve/nodes/pve7/host.fw': '' }).site.node).toBe('pve7');
  });

  it('has to be chosen among several', () => {
    expect(() => read(twoNodes)).toThrow('etc/pve/nodes has 2 nodes, none of them named after this host');
    expect(read(twoNodes, 'pve2').site.node).toBe('pve2');
  });

  it('must be there', () => {
    expect(() => read(twoNodes, '../pve1')).toThrow('there is no node `../pve1` under etc/pve/nodes');
  });
});

it('a file too large to be one of a site is refused before it is parsed', () => {
  const large = new Uint8Array((8 << 20) + 1);
  expect(() => read({ '/etc/pve/firewall/cluster.fw': large })).toThrow(
    'etc/pve/firewall/cluster.fw has 8388609 bytes',
  );
});

it('a guest the cluster places here without a configuration is reported, others are not', () => {
  const { diagnostics } = read({
    '/etc/pve/nodes/pve1/qemu-server/100.conf': '',
    '/etc/pve/.vmlist':
      '{"ids":{"100":{"node":"pve1","type":"qemu"},"101":{"node":"pve1","type":"lxc"},"102":{"node":"pve2","type":"qemu"}}}',
  });
  expect(diagnostics.map(({ code, message }) => [code, message])).toEqual([
    ['guest/no-config', 'guest 101 runs on this node, but has no configuration here'],
  ]);
});
