import { Failure } from '../diagnostics/index.js';
import { type Origin, spellOrigin } from '../ruleset/index.js';
import type { GuestPort } from './bridge.js';
import { isLinkName } from './link-name.js';
import { type Link, type Links, portsOf, type Unmanaged } from './links.js';
import { linksThatStart, lowersFirst } from './order.js';
import { DEFAULT_PVID, spellRange } from './vlan-range.js';

const HEADER = `# Makes the links where there are none yet, with: ip -batch links.batch
# Then the VLAN ids of their ports, with: sed -n 's/^#bridge //p' links.batch | bridge -batch -
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
  return [HEADER, ...sections.filter((lines) => lines.length > 0).map((lines) => `${lines.join('\n')}\n`)].join('\n');
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
    ...creationOf(link),
    ...portsOf(link).flatMap((port) => portLines(link, byName.get(port.name))),
    ...vlanIdLines(link, byName),
    ...(link.mtu === undefined ? [] : [`link set dev ${name} mtu ${link.mtu}`]),
    ...link.addresses.map(({ address, prefixLength }) => `address add ${address}/${prefixLength} dev ${name}`),
    ...(slaves.has(name) ? [] : [`link set dev ${name} up`]),
    // The gateway may lie outside every network of the link, as providers of single addresses want it.
    ...link.gateways.map(
      ({ address, metric }) =>
        `route add default via ${address} dev ${name} onlink${metric === undefined ? '' : ` metric ${metric}`}`,
    ),
  ];
}

/** Why it cannot be made, or null. */
function whatIsLacking(link: Link, byName: AllLinks['byName']): string | null {
  if (link.kind === 'other') return `${printable(link.option)} is not supported`;
  if (link.kind !== 'vlan') return null;
  const parent = byName.get(link.parent.name);
  return parent === undefined || whatIsLacking(parent, byName) === null ? null : `it stands on ${parent.name}`;
}

function creationOf(link: Link): string[] {
  switch (link.kind) {
    case 'physical':
    case 'loopback':
    case 'vxlan':
    case 'dummy':
    case 'veth':
    case 'vrf':
    case 'other':
      return [];
    case 'bridge': {
      const { stp, forwardDelay, vlanAware } = link.options;
      const words = [
        ...(stp === undefined ? [] : [`stp_state ${Number(stp)}`]),
        ...(forwardDelay === undefined ? [] : [`forward_delay ${forwardDelay}`]),
        ...(vlanAware === true ? ['vlan_filtering 1'] : []),
      ];
      return [['link add dev', checked(link.name), 'type bridge', ...words].join(' ')];
    }
    case 'vlan': {
      const parent = checked(link.parent.name);
      return [`link add link ${parent} dev ${checked(link.name)} type vlan protocol ${link.protocol} id ${link.id}`];
    }
    case 'bond': {
      const { mode, miimon } = link.options;
      const words = [
        ...(mode === undefined ? [] : [`mode ${mode}`]),
        ...(miimon === undefined ? [] : [`miimon ${miimon}`]),
      ];
      return [['link add dev', checked(link.name), 'type bond', ...words].join(' ')];
    }
  }
}

function portLines(master: Link, port: Link | undefined): string[] {
  if (port === undefined) return [];
  if (port.kind === 'other') return [`# not-yet: port ${port.name} of ${master.name}`];
  const set = `link set dev ${checked(port.name)}`;
  // A bond takes links only that are down, and brings them up itself.
  return [...(master.kind === 'bond' ? [`${set} down`] : []), `${set} master ${checked(master.name)}`];
}

/** The ids an aware bridge's ports carry, and for a VLAN device on such a bridge the id the bridge itself does. */
function vlanIdLines(link: Link, byName: AllLinks['byName']): string[] {
  if (link.kind === 'bridge') {
    const ports = link.ports.filter(({ name }) => byName.get(name)?.kind !== 'other');
    return ports.flatMap(({ name, vlans }) =>
      (vlans?.tagged ?? []).map((range) => `#bridge vlan add dev ${checked(name)} vid ${spellRange(range)}`),
    );
  }
  if (link.kind !== 'vlan' || link.id === DEFAULT_PVID) return [];
  const parent = byName.get(link.parent.name);
  const aware = parent?.kind === 'bridge' && parent.options.vlanAware === true;
  return aware ? [`#bridge vlan add dev ${checked(parent.name)} vid ${link.id} self`] : [];
}

const because: Readonly<Record<Unmanaged['reason'], string>> = {
  'not yet': 'not-yet',
  'wrong value': 'wrong value',
  repeated: 'said before',
  'on a port': 'not on a port',
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
