import { expect, it } from 'vitest';
import { linksFromJson, linksToJson } from '../../../src/bridges/index.js';
import { interfacesCases, linksOfCase } from '../../support/interfaces-cases.js';
import { desiredOf } from './site.js';

/** A link of every kind with values of every type. */
const EVERY_KIND = `auto lo en0 br b v.5 x d p q w
iface lo inet loopback
iface en0 inet dhcp
	mtu 1400
	hwaddress 02:00:00:00:00:01
	alias the uplink
	post-up echo up
iface br inet static
	address 10.0.0.1/24
	gateway 10.0.0.2
	metric 5
	bridge-ports en0 en1
	bridge-stp on
	bridge-fd 4
	bridge-vlan-aware yes
	bridge-vids 2-9 11
	bridge-learning off
	ip-forward on
iface b inet manual
	bond-slaves none
	bond-mode active-backup
	bond-arp-interval 100
	bond-arp-ip-target 10.0.0.9 10.0.0.10
iface v.5 inet manual
	vlan-raw-device br
	vlan-protocol 802.1ad
iface x inet manual
	vxlan-id 9
	vxlan-local-tunnelip 10.0.0.1
	vxlan-remoteip 10.0.0.3
	vxlan-learning no
iface d inet6 static
	link-type dummy
	address 2001:db8::1/64
	preferred-lifetime 0
iface p inet manual
	link-type veth
	veth-peer-name q
iface q inet manual
	link-type veth
	veth-peer-name p
iface w inet manual
	vrf-table 1009
`;

it('a record of links is the same links again', () => {
  const { links } = desiredOf(EVERY_KIND, {
    'etc/pve/nodes/pve1/qemu-server/100.conf': 'net0: virtio=BC:24:11:00:00:01,bridge=br,tag=5,trunks=7;10-19\n',
  });
  expect(linksFromJson(linksToJson(links), 'links.json')).toEqual(links);
  for (const name of interfacesCases) {
    expect(linksFromJson(linksToJson(linksOfCase(name)), 'links.json')).toEqual(linksOfCase(name));
  }
});

it('a record that is none says where', () => {
  const { links } = desiredOf(EVERY_KIND);
  const damaged = linksToJson(links).replace('"mtu": 1400', '"mtu": "1400"');
  expect(() => linksFromJson(damaged, 'links.json')).toThrow('links[1].mtu is not a whole number');
});
