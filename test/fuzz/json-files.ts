import type { SiteFile } from '../support/site-files.js';

const file = (path: string, value: unknown): SiteFile => ({ path, bytes: Buffer.from(JSON.stringify(value, null, 1)) });

/** The JSON files of a site: the sites of the test data have none. Repeated, so that mutation meets them often enough. */
export const JSON_FILES: readonly SiteFile[] = Array.from({ length: 30 }, () => [
  file('etc/pve/.vmlist', {
    version: 7,
    ids: { 100: { node: 'pve1', type: 'qemu', version: 3 }, 101: { node: 'pve2', type: 'lxc', version: 4 } },
  }),
  file('etc/pve/sdn/.running-config', {
    zones: { ids: { zone1: { type: 'simple' } } },
    vnets: { ids: { vnet1: { zone: 'zone1', tag: 100 } } },
    subnets: {
      ids: {
        'zone1-10.1.0.0-24': {
          vnet: 'vnet1',
          gateway: '10.1.0.1',
          snat: 1,
          'dhcp-range': ['start-address=10.1.0.10,end-address=10.1.0.20'],
        },
      },
    },
  }),
  file('etc/pve/sdn/pve-ipam-state.json', {
    zones: {
      zone1: {
        subnets: {
          '10.1.0.0/24': { ips: { '10.1.0.1': { gateway: 1 }, '10.1.0.9': { vmid: 100, mac: 'BC:24:11:00:00:01' } } },
        },
      },
    },
  }),
]).flat();
