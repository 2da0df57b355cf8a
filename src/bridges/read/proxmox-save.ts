import type { Related } from '../../diagnostics/index.js';
import type { StanzaOption } from '../../site/index.js';
import type { Findings } from '../findings.js';
import { grouped } from '../grouped.js';
import type { Interface } from './interface.js';

/** The file that Proxmox VE's network editor writes anew; those it sources it leaves alone. */
const FILE = 'etc/network/interfaces';

/** What the editor of Proxmox VE would change when it saves the file, as one hint (spec interfaces.md 3.4). */
export function reportProxmoxSave(interfaces: readonly Interface[], findings: Findings): void {
  const losses = interfaces.flatMap(lossesOf).filter(({ span }) => span.file === FILE);
  const [first, ...others] = losses.sort((a, b) => a.span.line - b.span.line);
  if (first === undefined) return;
  const more = others.length === 0 ? '' : ` (and ${others.length} more)`;
  const message = `when Proxmox VE's network editor saves this file, ${first.message}${more}`;
  findings.report('interfaces/proxmox-save', first.span, message, 'edit this file by hand only', others);
}

type Loss = Related;

function lossesOf(one: Interface): Loss[] {
  const options = one.stanzas.flatMap((stanza) => stanza.options);
  const named = grouped(options, ({ key }) => key.value);
  const all = (...keys: readonly string[]): StanzaOption[] => keys.flatMap((key) => named.get(key) ?? []);
  return [
    ...one.stanzas.flatMap((stanza) => secondAddresses(one.name, stanza.options)),
    ...mixedStanzas(one),
    ...all('bridge-ports', 'bond-slaves', 'ovs-ports').flatMap(sortedPorts),
    ...all('bridge-vlan-aware').flatMap(({ value }) =>
      ['no', 'off', '0'].includes(value.value) ? [{ span: value.span, message: `${one.name} becomes VLAN-aware` }] : [],
    ),
    ...all('broadcast', 'uplink-id').map(gone),
    ...(isBridge(options) ? all('bridge-disable-mac-learning').map(gone) : []),
    ...bondLosses(one, all),
  ];
}

const gone = ({ key }: StanzaOption): Loss => ({ span: key.span, message: `\`${key.value}\` goes` });

const isBridge = (options: readonly StanzaOption[]): boolean => options.some(({ key }) => key.value === 'bridge-ports');

/** The editor knows one address of a family. */
function secondAddresses(name: string, options: readonly StanzaOption[]): Loss[] {
  const addresses = options.filter(({ key }) => key.value === 'address').map(({ value }) => value);
  return [
    addresses.filter(({ value }) => !value.includes(':')),
    addresses.filter(({ value }) => value.includes(':')),
  ].flatMap((family) =>
    family.slice(0, -1).map(({ value, span }) => ({ span, message: `${name} loses the address ${value}` })),
  );
}

/** Labels, such as `eth0:1`, are interfaces of their own for it. */
function mixedStanzas({ name, stanzas: all }: Interface): Loss[] {
  const stanzas = all.filter((stanza) => stanza.name.value === name);
  const plain = stanzas.find(({ family }) => family === null);
  if (plain === undefined || stanzas.every(({ family }) => family === null)) return [];
  return [{ span: plain.name.span, message: `the IPv6 options of ${name} stand in both of its stanzas` }];
}

/** The order decides which MAC address a bridge or a bond gets. */
function sortedPorts({ key, value }: StanzaOption): Loss[] {
  const words = value.value.split(/\s+/);
  if (words.includes('regex') || words.includes('glob')) {
    return [{ span: value.span, message: `it refuses the pattern in \`${key.value}\`` }];
  }
  const sorted = [...words].sort();
  return words.every((word, at) => word === sorted[at])
    ? []
    : [{ span: value.span, message: `\`${key.value}\` becomes \`${sorted.join(' ')}\`` }];
}

/** Modes in which the editor keeps a hash policy. */
const HASHING = ['balance-xor', '2', '802.3ad', '4'];

function bondLosses({ name, span }: Interface, all: (...keys: readonly string[]) => StanzaOption[]): Loss[] {
  const slaves = all('bond-slaves', 'bond-ports');
  const mode = all('bond-mode')[0]?.value.value.toLowerCase() ?? 'balance-rr';
  return [
    // It knows bonds by their names.
    ...(slaves.length > 0 && !/^bond[0-9]+$/.test(name) ? [{ span, message: `${name} is a bond without slaves` }] : []),
    ...all('bond-ports').map(({ key }) => ({
      span: key.span,
      message: `${name} loses its slaves to \`bond-slaves none\``,
    })),
    ...(HASHING.includes(mode) ? [] : all('bond-xmit-hash-policy').map(gone)),
  ];
}
