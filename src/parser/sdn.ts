import type { Diagnostic } from '../diagnostics/index.js';
import type { Ipam, IpamAddress, SdnConfig, SdnSubnet } from './config-trees.js';
import { type JsonMember, readJson } from './json.js';
import { JsonShapes } from './json-shapes.js';
import type { Word } from './tree.js';

/** `<zone>-<network>-<prefix length>`; the id of a zone has no dash in it. */
const SUBNET_ID = /^([A-Za-z0-9]+)-([0-9a-fA-F.:]+)-([0-9]{1,3})$/;

/** Reads the SDN running configuration. A part of another shape is reported and left out. */
export function parseSdnConfig(
  bytes: Uint8Array,
  file: string,
): { config: SdnConfig; diagnostics: readonly Diagnostic[] } {
  const { value, diagnostics } = readJson(bytes, file);
  if (value === null) return { config: { zones: [], vnets: [], subnets: [] }, diagnostics };
  const shapes = new JsonShapes();
  shapes.isObject(value, '');
  const idsOf = (section: string) =>
    shapes.membersOf(value, section, '').flatMap(({ key, value: ids }) => {
      if (key.value !== 'ids') return [];
      return shapes.members(ids, `${section}.ids`);
    });
  const config: SdnConfig = {
    zones: idsOf('zones').map(({ key }) => key),
    vnets: idsOf('vnets').flatMap(({ key, value: vnet }) => {
      const path = `vnets.ids.${key.value}`;
      if (!shapes.isObject(vnet, path)) return [];
      return [{ name: key, zone: shapes.text(vnet, 'zone', path), tag: shapes.count(vnet, 'tag', path) }];
    }),
    subnets: idsOf('subnets').flatMap((member) => subnetOf(member, shapes)),
  };
  return { config, diagnostics: shapes.diagnostics };
}

function subnetOf({ key, value }: JsonMember, shapes: JsonShapes): SdnSubnet[] {
  const path = `subnets.ids.${key.value}`;
  if (!shapes.isObject(value, path)) return [];
  const [, zone, network, length] = SUBNET_ID.exec(key.value) ?? [];
  if (zone === undefined) {
    shapes.reject(key, path, 'named <zone>-<network>-<prefix length>');
    return [];
  }
  const vnet = shapes.requiredText(value, 'vnet', path);
  if (vnet === null) return [];
  const gateway = shapes.text(value, 'gateway', path);
  return [
    {
      id: key,
      zone,
      cidr: { value: `${network}/${length}`, span: key.span },
      vnet,
      gateway,
      gatewayUnreadable: gateway === null && shapes.has(value, 'gateway'),
      snat: shapes.flag(value, 'snat', path),
      dhcpRanges: shapes
        .texts(value, 'dhcp-range', path)
        .flatMap((range) => dhcpRange(range, `${path}.dhcp-range`, shapes)),
    },
  ];
}

/** `start-address=a,end-address=b`, in either order. */
function dhcpRange(range: Word, path: string, shapes: JsonShapes): { start: Word; end: Word }[] {
  const parts = new Map(range.value.split(',').map((part) => splitAt(part, '=')));
  const start = parts.get('start-address');
  const end = parts.get('end-address');
  if (start === undefined || end === undefined || parts.size !== 2) {
    shapes.reject(range, path, 'start-address=…,end-address=…');
    return [];
  }
  return [{ start: { value: start, span: range.span }, end: { value: end, span: range.span } }];
}

function splitAt(text: string, separator: string): [string, string] {
  const at = text.indexOf(separator);
  return at === -1 ? [text, ''] : [text.slice(0, at).trim(), text.slice(at + 1).trim()];
}

/** Reads the IPAM state: which addresses of a subnet belong to whom. */
export function parseIpam(bytes: Uint8Array, file: string): { ipam: Ipam; diagnostics: readonly Diagnostic[] } {
  const { value, diagnostics } = readJson(bytes, file);
  if (value === null) return { ipam: { addresses: [] }, diagnostics };
  const shapes = new JsonShapes();
  shapes.isObject(value, '');
  const addresses = shapes.membersOf(value, 'zones', '').flatMap(({ key: zone, value: content }) => {
    const path = `zones.${zone.value}`;
    if (!shapes.isObject(content, path)) return [];
    return shapes
      .membersOf(content, 'subnets', path)
      .flatMap((subnet) => addressesOf(zone.value, subnet, `${path}.subnets`, shapes));
  });
  return { ipam: { addresses }, diagnostics: shapes.diagnostics };
}

function addressesOf(zone: string, { key, value }: JsonMember, parent: string, shapes: JsonShapes): IpamAddress[] {
  const path = `${parent}.${key.value}`;
  if (!shapes.isObject(value, path)) return [];
  return shapes.membersOf(value, 'ips', path).flatMap(({ key: address, value: owner }) => {
    const place = `${path}.ips.${address.value}`;
    if (!shapes.isObject(owner, place)) return [];
    return [
      {
        zone,
        subnet: key.value,
        address,
        gateway: shapes.flag(owner, 'gateway', place),
        vmid: shapes.count(owner, 'vmid', place),
        mac: shapes.text(owner, 'mac', place)?.value ?? null,
        hostname: shapes.text(owner, 'hostname', place)?.value ?? null,
      },
    ];
  });
}
