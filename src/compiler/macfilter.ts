import type { Diagnostic } from '../diagnostics/index.js';
import { diagnose } from '../diagnostics/index.js';
import type { Rule } from '../ruleset/index.js';
import { range, spanOf } from '../ruleset/index.js';
import type { Guest, Nic } from '../site/index.js';
import { implied, is, isNot, nd, verdict } from './build.js';
import type { GuestInput } from './guest-input.js';

/** Drops what leaves a NIC under another MAC address than its own: in the frame, in ARP, in neighbour discovery. */
export function macFilter(nic: Nic, { report, guest }: Pick<GuestInput, 'report' | 'guest'>): Rule[] {
  if (nic.mac === null) {
    if (!nic.macUnreadable) report(noMac(nic, guest));
    return [implied('no MAC address known', [], verdict('drop'))];
  }
  return [
    implied('macfilter', [isNot('ether saddr', nic.mac)], verdict('drop')),
    implied('macfilter', [isNot('arp saddr ether', nic.mac)], verdict('drop')),
    ...linkLayerOptions(nic.mac),
  ];
}

/**
 * The MAC address a guest gives its neighbours for its own. Nothing in the kernel walks the options of neighbour
 * discovery, so the first is looked at, where systems put it. The interval of its type and length holds the options
 * Source and Target Link-Layer Address, one unit long (RFC 4861 section 4.6.1), and wrong lengths of both.
 */
const linkLayerOptions = (mac: bigint): Rule[] => [
  implied(
    'macfilter',
    [
      is('icmpv6 type', range(nd.neighborSolicitation, nd.neighborAdvertisement)),
      is('nd option', range(0x0101, 0x0201)),
      isNot('nd option ether', mac),
    ],
    verdict('drop'),
  ),
  implied(
    'macfilter',
    [is('icmpv6 type', nd.routerSolicitation), is('rs option', 0x0101), isNot('rs option ether', mac)],
    verdict('drop'),
  ),
];

function noMac(nic: Nic, guest: Guest): Diagnostic {
  const span = spanOf(nic.origin);
  const message = `net${nic.index} of guest ${guest.id} has no MAC address to check, so nothing may leave it`;
  return diagnose('guest/no-mac', span, message, { help: 'give the MAC address, or set macfilter: 0' });
}
