import type { Diagnostic } from '../../diagnostics/index.js';
import { originOf } from '../../ruleset/index.js';
import type { Site } from '../../site/index.js';
import { checkLinks } from '../check/index.js';
import { Findings } from '../findings.js';
import { type Device, type Link, type Links, lowersOf, portsOf } from '../links.js';
import { PORT_KEYS, PORT_VLAN_KEYS, readHardware } from './bridge.js';
import { readDevice, type Surroundings } from './device.js';
import { readGeneral } from './general.js';
import { readGuestPorts } from './guest-port.js';
import { type Interface, joiningLinks, namedPeers, readInterfaces, unclaimedNames } from './interface.js';
import { meantOption } from './known-option.js';
import { readMethods } from './method.js';
import { NOTHING_TO_DO } from './nothing-to-do.js';
import { readFlag } from './option-value.js';
import { Options } from './options.js';
import { Places } from './places.js';
import { reportProxmoxSave } from './proxmox-save.js';
import { readStanza, type StanzaReading } from './stanza.js';
import { withTunnelLearning } from './tunnel-learning.js';
import { tablesOf } from './virtual.js';
import { impliedDevice } from './vlan.js';

export interface DesiredLinks {
  readonly links: Links;
  readonly diagnostics: readonly Diagnostic[];
}

/** What the interfaces files and the guests of a site want the links to be. */
export function desiredLinks(site: Site): DesiredLinks {
  const findings = new Findings();
  const interfaces = readInterfaces(site.interfaces, findings);
  reportProxmoxSave(interfaces, findings);
  const opened = interfaces.map((one) => openInterface(one, findings));
  const around = surroundingsOf(interfaces, opened);
  const said = opened.map((one) => readLink(one, around, findings));
  const unlearning = new Set(
    opened.flatMap(({ one, options }, at) =>
      said[at]?.kind === 'bridge' && options.read(readFlag, 'bridge-disable-mac-learning') === true ? [one.name] : [],
    ),
  );
  leaveRest(opened, said);
  const guestPorts = readGuestPorts(site, unlearning, findings);
  const places = new Places(interfaces);
  const all = withTunnelLearning([...said, ...impliedLinks(said)]);
  const links = checkLinks(all, { guestPorts, places, findings });
  const files = [...site.interfaces.files, ...site.guests.map(({ file }) => file)];
  return {
    links: { links, guestPorts, unmanaged: findings.unmanaged(files) },
    diagnostics: findings.diagnostics(files),
  };
}

/** An interface whose addresses are read, and whose other options wait for who knows them. */
interface Opened {
  readonly one: Interface;
  readonly readings: readonly StanzaReading[];
  readonly options: Options;
}

/** Addresses belong to their stanza; all other options of an interface count together (spec interfaces.md 1.6). */
function openInterface(one: Interface, findings: Findings): Opened {
  const { name, span, stanzas } = one;
  const readings = stanzas.map((stanza) => readStanza(stanza, name, findings));
  const rest = readings.flatMap((reading) => reading.rest);
  return { one, readings, options: new Options({ name, origin: originOf(span) }, rest, findings) };
}

function surroundingsOf(interfaces: readonly Interface[], opened: readonly Opened[]): Surroundings {
  const options = new Map(opened.map((one) => [one.one.name, one.options]));
  const joining = joiningLinks(interfaces);
  const peers = namedPeers(interfaces);
  return {
    unclaimed: unclaimedNames(interfaces),
    optionsOf: (link) => options.get(link) ?? null,
    joining: (bond) => joining.get(bond) ?? [],
    peerOf: (link) => peers.get(link) ?? null,
    tables: tablesOf(interfaces.flatMap(({ stanzas }) => stanzas)),
  };
}

function readLink({ one, readings, options }: Opened, around: Surroundings, findings: Findings): Link {
  const { name, span, start, stanzas } = one;
  const methods = readMethods(stanzas, findings);
  const general = readGeneral(options, stanzas, methods.sysctls);
  options.takeAll('bond-master');
  const device: Device =
    name === 'lo' || methods.loopback
      ? { kind: 'loopback' }
      : methods.other === null
        ? readDevice(options, around)
        : { kind: 'other', option: methods.other };
  return {
    ...device,
    ...(device.kind === 'bridge' ? readHardware(options) : {}),
    ...general,
    name,
    origin: originOf(span),
    start,
    ...(methods.dhcp.length === 0 ? {} : { dhcp: methods.dhcp }),
    addresses: readings.flatMap(({ addresses }) => addresses),
    gateways: readings.flatMap(({ gateways }) => gateways),
  };
}

/** What nobody has taken: options of ports on links that are none, and options that are not known. */
function leaveRest(opened: readonly Opened[], links: readonly Link[]): void {
  const ports = new Set(links.flatMap((link) => (link.kind === 'bridge' ? portsOf(link).map(({ name }) => name) : [])));
  for (const [at, { one, options }] of opened.entries()) {
    if (options.rest().length === 0) continue;
    const kind = links[at]?.kind;
    if (kind !== 'bridge' && kind !== 'other' && !ports.has(one.name)) {
      const help = `add ${one.name} to the \`bridge-ports\` of a bridge, or remove the line`;
      options.refuseAll([...PORT_KEYS, ...PORT_VLAN_KEYS], `${one.name} is not the port of a bridge`, help);
    }
    options.explainAll(NOTHING_TO_DO);
    options.leaveRest(meantOption);
  }
}

/** The links that others stand on and no stanza is about; the other end of a veth pair is made along with the one that is said. */
function impliedLinks(said: readonly Link[]): Link[] {
  const ends = new Map(said.flatMap((link) => (link.kind === 'veth' ? [[link.peer, link.name] as const] : [])));
  const names = new Set(said.map(({ name }) => name));
  const implied: Link[] = [];
  const visit = (link: Link): void => {
    for (const lower of lowersOf(link)) {
      const { name, origin } = lower;
      if (names.has(name)) continue;
      names.add(name);
      const peer = ends.get(name);
      const device: Device = peer === undefined ? impliedDevice(lower) : { kind: 'veth', peer };
      const found: Link = { ...device, name, origin, start: 'manual', addresses: [], gateways: [] };
      implied.push(found);
      visit(found);
    }
  };
  said.forEach(visit);
  return implied;
}
