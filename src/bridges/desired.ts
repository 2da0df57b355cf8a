import type { Diagnostic, Span } from '../diagnostics/index.js';
import { originOf, spanOf } from '../ruleset/index.js';
import { ALL, type Site, type Stanza } from '../site/index.js';
import { impliedDevice, readDevice } from './device.js';
import { Findings } from './findings.js';
import { readGuestPorts } from './guest-port.js';
import { isLinkName } from './link-name.js';
import { type Link, type Links, lowersOf, portsOf, type Start } from './links.js';
import { readNumber } from './option-value.js';
import { Options } from './options.js';
import { lowersFirst } from './order.js';
import { readStanza, type StanzaReading } from './stanza.js';

export interface DesiredLinks {
  readonly links: Links;
  readonly diagnostics: readonly Diagnostic[];
}

/** What the interfaces files and the guests of a site want the links to be. */
export function desiredLinks(site: Site): DesiredLinks {
  const findings = new Findings();
  const said = readInterfaces(site, findings).map((one) => readLink(one, startOf(one.name, site), findings));
  const links = withoutAddressesOnPorts([...said, ...impliedLinks(said)], findings);
  reportCycle(links, findings);
  const guestPorts = readGuestPorts(site, findings);
  const files = [...site.interfaces.files, ...site.guests.map(({ file }) => file)];
  return {
    links: { links, guestPorts, unmanaged: findings.unmanaged(files) },
    diagnostics: findings.diagnostics(files),
  };
}

/** The stanzas of one interface. */
interface Interface {
  readonly name: string;
  /** Where its first stanza names it. */
  readonly span: Span;
  readonly stanzas: readonly Stanza[];
}

/** One for each name; `eth0:1` only labels an address of `eth0`. */
function readInterfaces(site: Site, findings: Findings): Interface[] {
  const interfaces = new Map<string, Interface>();
  for (const stanza of site.interfaces.stanzas) {
    const { span, value } = stanza.name;
    const name = value.replace(/:.*$/, '');
    if (isLinkName(name)) {
      const known = interfaces.get(name) ?? { name, span, stanzas: [] };
      interfaces.set(name, { ...known, stanzas: [...known.stanzas, stanza] });
    } else {
      const message = `\`${value}\` cannot be the name of an interface: its stanza does nothing`;
      findings.report('links/bad-name', span, message, 'use up to 15 letters, digits and `_`, `-`, `.`');
    }
  }
  return [...interfaces.values()];
}

const startOf = (name: string, { interfaces: { starts } }: Site): Start =>
  starts.get(ALL) ?? starts.get(name) ?? 'manual';

/** Addresses belong to their stanza; all other options of an interface count together (spec interfaces.md 1.6). */
function readLink({ name, span, stanzas }: Interface, start: Start, findings: Findings): Link {
  const readings = stanzas.map((stanza): StanzaReading => readStanza(stanza, name, findings));
  const origin = originOf(span);
  const options = new Options(
    { name, origin },
    readings.flatMap(({ rest }) => rest),
    findings,
  );
  // RFC 791 asks for 68 bytes at least; loopback has 65536.
  const mtu = options.read(readNumber(68, 65_536, ' bytes'), 'mtu');
  const loopback = name === 'lo' || stanzas.some(({ method }) => method?.value === 'loopback');
  const device = readDevice(options, loopback);
  options.leaveRest();
  return {
    ...device,
    name,
    origin,
    start,
    ...(mtu === null ? {} : { mtu }),
    addresses: readings.flatMap(({ addresses }) => addresses),
    gateways: readings.flatMap(({ gateways }) => gateways),
  };
}

/** The links that others stand on and no stanza is about. */
function impliedLinks(said: readonly Link[]): Link[] {
  const names = new Set(said.map(({ name }) => name));
  const implied: Link[] = [];
  const visit = (link: Link): void => {
    for (const lower of lowersOf(link)) {
      if (names.has(lower.name)) continue;
      names.add(lower.name);
      const found: Link = {
        ...impliedDevice(lower),
        ...lower,
        start: 'manual',
        addresses: [],
        gateways: [],
      };
      implied.push(found);
      visit(found);
    }
  };
  said.forEach(visit);
  return implied;
}

/** ifupdown2 gives a port of a bridge or bond none of the addresses its stanza has (spec interfaces.md 2.1.3). */
function withoutAddressesOnPorts(links: readonly Link[], findings: Findings): Link[] {
  const ports = new Set(links.flatMap((link) => portsOf(link).map(({ name }) => name)));
  return links.map((link) => {
    if (!ports.has(link.name)) return link;
    for (const { address, prefixLength, origin } of link.addresses) {
      const value = `${address}/${prefixLength}`;
      findings.leave({ link: link.name, option: 'address', value, reason: 'on a port' }, spanOf(origin));
    }
    for (const { address, origin } of link.gateways) {
      findings.leave({ link: link.name, option: 'gateway', value: address, reason: 'on a port' }, spanOf(origin));
    }
    return { ...link, addresses: [], gateways: [] };
  });
}

function reportCycle(links: readonly Link[], findings: Findings): void {
  const { cyclic } = lowersFirst(links);
  const [first] = cyclic;
  if (first === undefined) return;
  const message = `none of ${cyclic.map(({ name }) => name).join(', ')} can be made: each needs another one of them first`;
  findings.report(
    'links/cycle',
    spanOf(first.origin),
    message,
    'take one of them out of `bridge-ports`, `bond-slaves` or `vlan-raw-device`',
  );
}
