import { execFileSync } from 'node:child_process';
import { describe, expect, it } from 'vitest';
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

describe('MPLS', () => {
  it('of a link is read as its file shows it, and a written one is read back', async () => {
    execFileSync('/usr/sbin/modprobe', ['mpls_router']);
    const netns = makeNamespace();
    const port = openRoute(netns.name);
    try {
      await port.apply({ kind: 'create link', link: 'a', device: { kind: 'veth', peer: 'b' } });
      const input = async () => (await port.read()).links.map(({ name, sysctls }) => [name, sysctls['mpls/input']]);
      expect(await input()).toEqual([
        ['lo', 0],
        ['b', 0],
        ['a', 0],
      ]);
      await port.apply({ kind: 'set sysctl', link: 'a', name: 'mpls/input', value: 1 });
      expect(netns.run('/bin/cat', ['/proc/sys/net/mpls/conf/a/input'])).toBe('1\n');
      expect(await input()).toEqual([
        ['lo', 0],
        ['b', 0],
        ['a', 1],
      ]);
    } finally {
      port.close();
      netns.remove();
    }
  });
});
