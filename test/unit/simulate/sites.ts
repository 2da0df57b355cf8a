import { compile } from '../../../src/compiler/index.js';
import { memoryFiles } from '../../../src/ports/index.js';
import type { Ruleset } from '../../../src/ruleset/index.js';
import type { Site } from '../../../src/site/index.js';
import { readSite } from '../../../src/site/index.js';

const INTERFACES = `
iface eth0 inet manual
iface vmbr0 inet static
	address 192.0.2.10/24
	gateway 192.0.2.1
	bridge-ports eth0
iface vmbr1 inet manual
	bridge-ports none
`;

/** A node with vmbr0 (uplink eth0) and vmbr1, VM 100 on both, container 200 on vmbr0, and what `files` adds or replaces. */
export function siteWith(files: Readonly<Record<string, string>> = {}): { site: Site; ruleset: Ruleset } {
  const all: Readonly<Record<string, string>> = {
    'etc/network/interfaces': INTERFACES,
    'etc/pve/nodes/pve1/qemu-server/100.conf':
      'net0: virtio=BC:24:11:00:01:00,bridge=vmbr0,firewall=1\nnet1: virtio=BC:24:11:00:01:01,bridge=vmbr1,firewall=1\n',
    'etc/pve/nodes/pve1/lxc/200.conf': 'net0: name=eth0,hwaddr=BC:24:11:00:02:00,bridge=vmbr0,firewall=1\n',
    'etc/pve/firewall/cluster.fw': '[OPTIONS]\nenable: 1\n',
    ...files,
  };
  const rooted = Object.fromEntries(Object.entries(all).map(([path, text]) => [`/${path}`, text]));
  const { site } = readSite(memoryFiles(rooted), { root: '/', hostname: 'pve1', now: 0 });
  return { site, ruleset: compile(site).ruleset };
}
