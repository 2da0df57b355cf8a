import { Failure } from '../diagnostics/index.js';
import { type Origin, spellOrigin } from '../ruleset/index.js';
import { isLinkName } from '../site/index.js';
import { bondAttributes, bridgeAttributes, portAttributes, vxlanAttributes } from './attributes.js';
import type { Bridge, GuestPort, PortVlans } from './bridge.js';
import { type Address, type Link, type Links, portsOf, type Unmanaged, type Vxlan } from './links.js';
import { spellOptions } from './option-record.js';
import { linksThatStart, lowersFirst } from './order.js';
import { DEFAULT_PVID, spellRange } from './vlan-range.js';

const HEADER = `# Makes the links where there are none yet, with: ip -batch links.batch
# Then the VLAN ids of their ports, with: sed -n 's/^#bridge //p' links.batch | bridge -batch -
`;
const SETTINGS_HEADER = `# Then their settings, with: sed -n 's/^#sysctl //p' links.batch | sysctl -p -
`;

/**
 * The links as text for `ip -batch`, on a host that has none but its hardware: a block for each link that comes up,
 * lower links first. Lines of `bridge -batch` and everything that is not part of it are comments there. Throws Failure
 * `bad-link-name`.
 */
export function printLinks({ links, guestPorts, unmanaged }: Links): string {
  const all: AllLinks = {
    byName: new Map(links.map((link) => [link.name, link])),
    slaves: new Set(links.flatMap((link) => (link.kind === 'bond' ? link.slaves.map(({ name }) => name) : []))),
  };
  const starting = new Set(linksThatStart(links));
  const blocks = [...starting].map((link) => [comment(link.name, link.origin), ...linkLines(link, all)]);
  const cyclic = new Set(lowersFirst(links).cyclic);
  const others = links
    .filter((link) => !starting.has(link))
    .map((link) => {
      const why = cyclic.has(link) ? 'not made: it stands on itself' : 'left alone: nothing brings it up';
      return comment(`${link.name} is ${why}`, link.origin);
    });
  const sections = [...blocks, others, unmanaged.map(unmanagedLine), guestPorts.map(guestPortLine)];
  const header = links.some(({ sysctls }) => sysctls !== undefined) ? HEADER + SETTINGS_HEADER : HEADER;
  return [header, ...sections.filter((lines) => lines.length > 0).map((lines) => `${lines.join('\n')}\n`)].join('\n');
}

interface AllLinks {
  readonly byName: ReadonlyMap<string, Link>;
  readonly slaves: ReadonlySet<string>;
}

function linkLines(link: Link, { byName, slaves }: AllLinks): string[] {
  const lacking = whatIsLacking(link, byName);
  if (lacking !== null) return [`# not-yet: ${link.name} is not made: ${lacking}`];
  const name = checked(link.name);
  return [
    ...creationOf(link, byName),
    // Before the ports come, so that the bridge has it from the beginning.
    ...(link.mac === undefined ? [] : [`link set dev ${name} address ${link.mac}`]),
    ...(link.mac === undefined && link.kind === 'bridge' && link.macFrom !== undefined
      ? [comment(`${name} gets the MAC address of ${link.macFrom.name}`, link.macFrom.origin)]
      : []),
    ...portsOf(link).flatMap((port) => portLines(link, byName.get(port.name))),
    ...matchingLines(link),
    ...vlanIdLines(link, byName),
    ...(link.vrf === undefined ? [] : [`link set dev ${name} master ${checked(link.vrf.name)}`]),
    ...(link.alias === undefined ? [] : [aliasLine(name, link.alias)]),
    ...sysctlLines(link),
    ...(link.mtu === undefined ? [] : [`link set dev ${name} mtu ${link.mtu}`]),
    ...link.addresses.map((address) => `address add ${addressWords(address)} dev ${name}`),
    ...(slaves.has(name) || link.down === true ? [] : [`link set dev ${name} up`]),
    // The gateway may lie outside every network of the link, as providers of single addresses want it.
    ...link.gateways.map(
      ({ address, metric }) =>
        `route add default via ${address} dev ${name} onlink${table(link, byName)}${metric === undefined ? '' : ` metric ${metric}`}`,
    ),
  ];
}

/** The routing table of a link's VRF. */
function table(link: Link, byName: AllLinks['byName']): string {
  const vrf = link.kind === 'vrf' ? link : link.vrf && byName.get(link.vrf.name);
  return vrf?.kind === 'vrf' ? ` table ${vrf.table}` : '';
}

function addressWords({ address, prefixLength, scope, broadcast, peer, preferredLifetime }: Address): string {
  return [
    peer === undefined ? `${address}/${prefixLength}` : `${address} peer ${peer}/${prefixLength}`,
    ...(broadcast === undefined ? [] : [`broadcast ${broadcast}`]),
    ...(scope === undefined ? [] : [`scope ${scope}`]),
    ...(preferredLifetime === undefined ? [] : [`preferred_lft ${preferredLifetime}`]),
  ].join(' ');
}

/** What neither program does. */
const sysctlLines = ({ name, sysctls = {}, dhcp = [], hooks = [] }: Link): string[] => [
  ...Object.entries(sysctls).map(([setting, value]) => {
    const [family = '', ...rest] = setting.split('/');
    return `#sysctl net/${family}/conf/${checked(name)}/${rest.join('/')}=${value}`;
  }),
  ...dhcp.map((family) => `# the DHCP client asks for the IPv${family} addresses of ${name}`),
  ...hooks.map(({ phase, command, origin }) => comment(`${phase}: ${command}`, origin)),
];

/** `ip -batch` takes either quote, no escapes, and cuts a line at `#` even in quotes (iproute2 lib/utils.c). */
function aliasLine(name: string, alias: string): string {
  const quote = ['"', "'"].find((one) => !alias.includes(one));
  const words = `link set dev ${name} alias`;
  return quote === undefined || alias.includes('#')
    ? printable(`# not in a batch: ${words} ${alias}`)
    : `${words} ${quote}${printable(alias)}${quote}`;
}

/** Why it cannot be made, or null. */
function whatIsLacking(link: Link, byName: AllLinks['byName']): string | null {
  if (link.kind === 'other') return `${printable(link.option)} is not supported`;
  if (link.kind !== 'vlan') return null;
  const parent = byName.get(link.parent.name);
  return parent === undefined || whatIsLacking(parent, byName) === null ? null : `it stands on ${parent.name}`;
}

function creationOf(link: Link, byName: AllLinks['byName']): string[] {
  switch (link.kind) {
    case 'physical':
    case 'loopback':
    case 'other':
      return [];
    case 'dummy':
      return [`link add dev ${checked(link.name)} type dummy`];
    case 'vrf':
      return [`link add dev ${checked(link.name)} type vrf table ${link.table}`];
    case 'veth':
      // Both ends are made together, by the first of the two.
      return byName.get(link.peer)?.kind === 'veth' && link.peer < link.name
        ? []
        : [`link add dev ${checked(link.name)} type veth peer name ${checked(link.peer)}`];
    case 'vxlan':
      return vxlanLines(link);
    case 'bridge':
      return [
        ['link add dev', checked(link.name), 'type bridge', ...spellOptions(bridgeAttributes, link.options)].join(' '),
      ];
    case 'vlan': {
      const { parent, protocol, id, bridgeBinding } = link;
      const binding = bridgeBinding === undefined ? '' : ` bridge_binding ${bridgeBinding ? 'on' : 'off'}`;
      return [
        `link add link ${checked(parent.name)} dev ${checked(link.name)} type vlan protocol ${protocol} id ${id}${binding}`,
      ];
    }
    case 'bond':
      return [
        ['link add dev', checked(link.name), 'type bond', ...spellOptions(bondAttributes, link.options)].join(' '),
      ];
  }
}

/** The UDP port that ifupdown2 takes; the kernel's own is another, of the time before there was a standard. */
const VXLAN_PORT = 4789;

function vxlanLines({ name, id, port, local, group, device, remotes, options }: Link & Vxlan): string[] {
  const words = [
    `type vxlan id ${id} dstport ${port ?? VXLAN_PORT}`,
    ...(local === undefined ? [] : [`local ${local}`]),
    ...(group === undefined ? [] : [`group ${group}`]),
    ...(device === undefined ? [] : [`dev ${checked(device.name)}`]),
    ...spellOptions(vxlanAttributes, options),
  ];
  return [
    `link add dev ${checked(name)} ${words.join(' ')}`,
    ...remotes.map(({ address }) => `#bridge fdb append 00:00:00:00:00:00 dev ${checked(name)} dst ${address}`),
  ];
}

function portLines(master: Link, port: Link | undefined): string[] {
  if (port === undefined) return [];
  if (port.kind === 'other') return [`# not-yet: port ${port.name} of ${master.name}`];
  const set = `link set dev ${checked(port.name)}`;
  // A bond takes links only that are down, and brings them up itself.
  const options = master.kind === 'bridge' ? optionsOfPort(master, port.name) : [];
  return [
    ...(master.kind === 'bond' ? [`${set} down`] : []),
    `${set} master ${checked(master.name)}`,
    ...(options.length === 0 ? [] : [`${set} type bridge_slave ${options.join(' ')}`]),
  ];
}

/** What they stand for, the machine tells. */
const matchingLines = (link: Link): string[] =>
  link.kind === 'bridge' || link.kind === 'bond'
    ? (link.matching ?? []).map(({ pattern, origin }) =>
        comment(`its ports are also the links whose names end in ${pattern}`, origin),
      )
    : [];

const optionsOfPort = ({ ports }: Bridge, name: string): string[] =>
  ports.filter((port) => port.name === name).flatMap(({ options }) => spellOptions(portAttributes, options));

/** The ids an aware bridge's ports carry, and for a VLAN device on such a bridge the id the bridge itself does. */
function vlanIdLines(link: Link, byName: AllLinks['byName']): string[] {
  if (link.kind === 'bridge') {
    const ports = link.ports.filter(({ name }) => byName.get(name)?.kind !== 'other');
    return ports.flatMap(({ name, vlans }) => (vlans === undefined ? [] : portVlanLines(checked(name), vlans)));
  }
  if (link.kind !== 'vlan' || link.id === DEFAULT_PVID) return [];
  const parent = byName.get(link.parent.name);
  const aware = parent?.kind === 'bridge' && parent.options.vlanAware === true;
  return aware ? [`#bridge vlan add dev ${checked(parent.name)} vid ${link.id} self`] : [];
}

/** A new port has the default PVID and no more. */
function portVlanLines(name: string, { pvid, tagged }: PortVlans): string[] {
  return [
    ...(pvid === DEFAULT_PVID ? [] : [`#bridge vlan del dev ${name} vid ${DEFAULT_PVID}`]),
    ...tagged.map((range) => `#bridge vlan add dev ${name} vid ${spellRange(range)}`),
    ...(pvid === null || pvid === DEFAULT_PVID ? [] : [`#bridge vlan add dev ${name} vid ${pvid} pvid untagged`]),
  ];
}

const because: Readonly<Record<Unmanaged['reason'], string>> = {
  'not yet': 'not-yet',
  'wrong value': 'wrong value',
  repeated: 'said before',
  'on a port': 'not on a port',
  'nothing to do': 'nothing to do',
};

const unmanagedLine = ({ link, option, value, reason, origin }: Unmanaged): string =>
  comment(`${because[reason]}: ${link} ${option} ${value}`, origin);

function guestPortLine({ name, bridge, tag, trunks, linkDown, origin }: GuestPort): string {
  const words = [
    `guest port: ${name} on ${bridge}`,
    ...(tag === null ? [] : [`tag ${tag}`]),
    ...(trunks === null ? [] : [`trunks ${trunks.map(spellRange).join(';')}`]),
    ...(linkDown ? ['link down'] : []),
  ];
  return comment(words.join(', '), origin);
}

const comment = (text: string, origin: Origin): string => printable(`# ${text} (${spellOrigin(origin)})`);

/** A comment of a batch ends with its line. */
const printable = (text: string): string => text.replace(/[^\x20-\x7e]/g, '?');

function checked(name: string): string {
  if (isLinkName(name)) return name;
  throw new Failure('bad-link-name', `${JSON.stringify(name)} cannot be the name of an interface`);
}
