import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';

const NAMESPACE = 'lab-smoke';

function run(program: string, args: readonly string[], input = ''): string {
  return execFileSync(program, args, { encoding: 'utf8', input, stdio: ['pipe', 'pipe', 'pipe'] });
}

/** Runs `ip` inside the namespace of the test. */
function ip(...args: string[]): string {
  return run('ip', ['-n', NAMESPACE, ...args]);
}

/** Loads a ruleset in the namespace and lists what the kernel then holds. */
function loaded(ruleset: string): string {
  run('ip', ['netns', 'exec', NAMESPACE, 'nft', '-f', '-'], ruleset);
  return run('ip', ['netns', 'exec', NAMESPACE, 'nft', 'list', 'ruleset']);
}

beforeEach(() => {
  run('ip', ['netns', 'add', NAMESPACE]);
});

afterEach(() => {
  run('ip', ['netns', 'delete', NAMESPACE]);
});

describe('links of the full kernel', () => {
  it('carries VLANs on a bridge that filters them', () => {
    ip('link', 'add', 'vmbr0', 'type', 'bridge', 'vlan_filtering', '1');
    ip('link', 'add', 'tap100i0', 'type', 'veth', 'peer', 'name', 'guest');
    ip('link', 'set', 'tap100i0', 'master', 'vmbr0');
    run('bridge', ['-n', NAMESPACE, 'vlan', 'add', 'dev', 'tap100i0', 'vid', '7', 'pvid', 'untagged']);
    ip('link', 'add', 'link', 'vmbr0', 'name', 'vmbr0.7', 'type', 'vlan', 'id', '7');
    expect(run('bridge', ['-n', NAMESPACE, 'vlan', 'show', 'dev', 'tap100i0'])).toMatch(/7 PVID Egress Untagged/);
    expect(ip('-d', 'link', 'show', 'vmbr0.7')).toMatch(/vlan protocol 802\.1Q id 7/);
  });

  it('bonds two dummies and keeps the mode', () => {
    ip('link', 'add', 'bond0', 'type', 'bond', 'mode', 'active-backup', 'miimon', '100');
    for (const name of ['eno1', 'eno2']) {
      ip('link', 'add', name, 'type', 'dummy');
      ip('link', 'set', name, 'master', 'bond0');
    }
    expect(ip('-d', 'link', 'show', 'bond0')).toMatch(/bond mode active-backup .*miimon 100 /);
    expect(ip('link', 'show', 'master', 'bond0')).toMatch(/eno1.*eno2/s);
  });

  it('makes VXLAN and VRF devices', () => {
    ip('link', 'add', 'vxlan9', 'type', 'vxlan', 'id', '9', 'dstport', '4789', 'local', '10.0.0.1');
    ip('link', 'add', 'vrf9', 'type', 'vrf', 'table', '9');
    expect(ip('-d', 'link', 'show', 'vxlan9')).toMatch(/vxlan id 9 local 10\.0\.0\.1/);
    expect(ip('-d', 'link', 'show', 'vrf9')).toMatch(/vrf table 9/);
  });
});

describe('nf_tables of the full kernel', () => {
  it('knows connection state, reject and the bridge name in the bridge family', () => {
    const listed = loaded(`table bridge smoke {
      chain prerouting {
        type filter hook prerouting priority 0; policy drop;
        ct state established,related accept
        meta ibrname "vmbr0" tcp dport 22 accept
        ip protocol tcp reject with tcp reset
        reject with icmpx type admin-prohibited
      }
    }`);
    expect(listed).toMatch(/ct state (established,related|related,established) accept/);
    expect(listed).toMatch(/meta ibrname "vmbr0" tcp dport 22 accept/);
    expect(listed).toMatch(/reject with tcp reset/);
    expect(listed).toMatch(/reject with icmpx/);
  });

  it('knows reverse path, logging to a group and rate limits in the inet family', () => {
    const listed = loaded(`table inet smoke {
      chain prerouting {
        type filter hook prerouting priority raw; policy accept;
        fib saddr . iif oif missing drop
        limit rate 1/second burst 5 packets log prefix "smoke: " group 0
      }
    }`);
    expect(listed).toMatch(/fib saddr \. iif oif (missing|0) drop/);
    expect(listed).toMatch(/log prefix "smoke: " group 0/);
  });

  it('lets packets pass a stateful bridge ruleset one way only', () => {
    const hosts = ['a', 'b'].map((name, index) => ({
      name,
      space: `${NAMESPACE}-${name}`,
      address: `10.9.0.${index + 1}`,
    }));
    ip('link', 'add', 'vmbr0', 'type', 'bridge');
    ip('link', 'set', 'vmbr0', 'up');
    try {
      for (const { name, space, address } of hosts) {
        run('ip', ['netns', 'add', space]);
        ip('link', 'add', `port-${name}`, 'type', 'veth', 'peer', 'name', 'eth0', 'netns', space);
        ip('link', 'set', `port-${name}`, 'master', 'vmbr0', 'up');
        run('ip', ['-n', space, 'address', 'add', `${address}/24`, 'dev', 'eth0']);
        run('ip', ['-n', space, 'link', 'set', 'eth0', 'up']);
      }
      loaded(`table bridge smoke {
        chain forward {
          type filter hook forward priority 0; policy drop;
          ether type arp accept
          ct state established accept
          iifname "port-a" ct state new counter accept
        }
      }`);
      const ping = (from: string, to: string): string =>
        run('ip', ['netns', 'exec', `${NAMESPACE}-${from}`, 'busybox', 'ping', '-c', '1', '-W', '5', to]);
      expect(ping('a', '10.9.0.2')).toMatch(/1 packets received/);
      expect(() => ping('b', '10.9.0.1')).toThrow(/Command failed/);
    } finally {
      for (const { space } of hosts) run('ip', ['netns', 'delete', space]);
    }
  });

  it('has conntrack for bridges as a module of its own', () => {
    loaded('table bridge smoke { chain c { ct state new accept; }; }');
    expect(readFileSync('/proc/modules', 'utf8')).toMatch(/^nf_conntrack_bridge /m);
  });
});
