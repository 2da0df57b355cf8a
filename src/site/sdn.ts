import type { Report } from '../diagnostics/index.js';
import { diagnose } from '../diagnostics/index.js';
import type { Ipam, SdnConfig, SdnSubnet, Word } from '../parser/index.js';
import type { AddressRange } from './address.js';
import { parseAddressRange } from './address.js';
import { readNetwork } from './address-spec.js';
import type { IpSet, SetEntry } from './site.js';

/**
 * The sets of scope `sdn` (spec firewall.md 5.7): of each vnet all subnets, its gateways, the subnets without the
 * gateways, and the DHCP ranges; of each guest the addresses IPAM gave it.
 */
export function readSdnSets(config: SdnConfig | null, ipam: Ipam | null, report: Report): IpSet[] {
  const vnets = (config?.vnets ?? []).flatMap(({ name }) => {
    const subnets = (config?.subnets ?? []).filter(({ vnet }) => vnet.value === name.value);
    return vnetSets(name, subnets, report);
  });
  return [...vnets, ...guestSets(ipam, report)];
}

function vnetSets(vnet: Word, subnets: readonly SdnSubnet[], report: Report): IpSet[] {
  const networks = subnets.flatMap(({ cidr }) => entry(cidr, readNetwork(cidr, report)));
  const gateways = subnets.flatMap(({ gateway }) =>
    gateway === null ? [] : entry(gateway, readNetwork(gateway, report)),
  );
  // Who cannot be left out because nobody knows who it is takes its subnet with it: a set never holds more than is meant.
  const known = new Set(gateways.map(({ span }) => span));
  const unclear = new Set(
    subnets.flatMap(({ cidr, gateway, gatewayUnreadable }) =>
      gatewayUnreadable || (gateway !== null && !known.has(gateway.span)) ? [cidr.span] : [],
    ),
  );
  const ranges = subnets.flatMap(({ dhcpRanges }) =>
    dhcpRanges.flatMap(({ start, end }) => entry(start, readRange(start, end, report))),
  );
  const set = (suffix: string, entries: readonly SetEntry[]): IpSet => {
    const spelling = `${vnet.value}-${suffix}`;
    return { name: spelling.toLowerCase(), spelling, span: vnet.span, entries, unclear: null };
  };
  return [
    set('all', networks),
    set('gateway', gateways),
    set('no-gateway', [
      ...networks.map((network) => ({ ...network, nomatch: unclear.has(network.span) })),
      ...gateways.map((gateway) => ({ ...gateway, nomatch: true })),
    ]),
    set('dhcp', ranges),
  ];
}

function guestSets(ipam: Ipam | null, report: Report): IpSet[] {
  const guests = new Map<number, { word: Word; entries: SetEntry[] }>();
  for (const { vmid, address } of ipam?.addresses ?? []) {
    if (vmid === null) continue;
    const guest = guests.get(vmid) ?? { word: address, entries: [] };
    guest.entries.push(...entry(address, readNetwork(address, report)));
    guests.set(vmid, guest);
  }
  return [...guests].map(([vmid, { word, entries }]) => ({
    name: `guest-ipam-${vmid}`,
    spelling: `guest-ipam-${vmid}`,
    span: word.span,
    entries,
    unclear: null,
  }));
}

function readRange(start: Word, end: Word, report: Report): AddressRange | undefined {
  const range = parseAddressRange(`${start.value}-${end.value}`);
  if (range.ok) return range.value;
  report(diagnose('value/bad-address', start.span, range.problem, { help: range.help }));
  return undefined;
}

const entry = ({ span }: Word, member: AddressRange | undefined): SetEntry[] =>
  member === undefined ? [] : [{ nomatch: false, member, span }];
