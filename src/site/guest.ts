import type { Located, Report } from '../diagnostics/index.js';
import { diagnose } from '../diagnostics/index.js';
import type { GuestConfigContent, GuestConfigTree, Property, Word } from '../parser/index.js';
import type { AddressRange } from './address.js';
import { parseAddress } from './address.js';
import { parseSwitch } from './options.js';
import type { Guest, Nic } from './site.js';

const MAC = /^[0-9a-f]{2}(:[0-9a-f]{2}){5}$/i;
/** Network device models of QEMU that a `netN` line may name (spec firewall.md 6.2). */
const models: ReadonlySet<string> = new Set(
  'e1000 e1000-82540em e1000-82544gc e1000-82545em e1000e i82551 i82557b i82559er ne2k_isa ne2k_pci pcnet rtl8139 virtio vmxnet3'.split(
    ' ',
  ),
);

/** Reads the NICs of a guest's configuration; `kind` says which of the two dialects the file is written in. */
export function readNics(tree: GuestConfigTree, id: number, kind: Guest['kind'], report: Report): Nic[] {
  const nics = new Map<number, Nic>();
  for (const { content, number } of tree.lines) {
    if (content.kind !== 'nic') continue;
    const { value: index } = content.index;
    if (nics.has(index) || !canExist(content.index, id, kind, report)) continue;
    nics.set(index, readNic(content, id, kind, { file: tree.file, line: number }, report));
  }
  return [...nics.values()].sort((a, b) => a.index - b.index);
}

const portOf = (id: number, index: number, kind: Guest['kind']): string =>
  `${kind === 'vm' ? 'tap' : 'veth'}${id}i${index}`;

/** The kernel's limit of an interface's name, in bytes (IFNAMSIZ with its final zero is 16). */
const LONGEST_NAME = 15;

function canExist({ value: index, span }: Located<number>, id: number, kind: Guest['kind'], report: Report): boolean {
  const port = portOf(id, index, kind);
  if (port.length <= LONGEST_NAME) return true;
  report(
    diagnose('guest/port-name', span, `the host's end of net${index} would be \`${port}\`, which is too long a name`, {
      help: `use net0 to net9: the kernel takes ${LONGEST_NAME} characters`,
    }),
  );
  return false;
}

type NicContent = Extract<GuestConfigContent, { readonly kind: 'nic' }>;

function readNic(
  { index: { value: index }, properties, garbled }: NicContent,
  id: number,
  kind: Guest['kind'],
  origin: Nic['origin'],
  report: Report,
): Nic {
  const words = new Map(properties.map(({ key, value }) => [key.value, value]));
  const word = macWord(properties, words, kind);
  const mac = readMac(word, report);
  return {
    index,
    port: portOf(id, index, kind),
    mac,
    macUnreadable: mac === null && word !== undefined,
    bridge: words.get('bridge')?.value ?? null,
    tag: readTag(words.get('tag'), report),
    trunks: words.get('trunks')?.value ?? null,
    // Unreadable, or missing where the line is garbled, it filters: a guest that was meant to be filtered must not be open.
    firewall:
      garbled && !words.has('firewall') ? true : (readSwitch(words.get('firewall'), 'firewall', report) ?? true),
    linkDown: readSwitch(words.get('link_down'), 'link_down', report) ?? false,
    addresses: kind === 'container' ? ['ip', 'ip6'].flatMap((key) => readFixedAddress(words.get(key), report)) : [],
    origin,
  };
}

/** A VM gives its MAC as the value of the model, or of `macaddr`; a container as `hwaddr`. */
function macWord(
  properties: readonly Property[],
  words: ReadonlyMap<string, Word>,
  kind: Guest['kind'],
): Word | undefined {
  if (kind === 'container') return words.get('hwaddr');
  const model = properties.find(({ key, value }) => models.has(key.value) && value.value !== '');
  return model?.value ?? words.get('macaddr');
}

function readMac(word: Word | undefined, report: Report): bigint | null {
  if (word === undefined) return null;
  if (MAC.test(word.value)) return BigInt(`0x${word.value.replaceAll(':', '')}`);
  report(
    diagnose('guest/bad-mac', word.span, `\`${word.value}\` is no MAC address`, {
      help: 'write six bytes in hex, such as BC:24:11:00:00:01',
    }),
  );
  return null;
}

/** Off where it is not written; undefined when it cannot be read. */
function readSwitch(word: Word | undefined, key: string, report: Report): boolean | undefined {
  if (word === undefined) return false;
  const on = parseSwitch(word.value);
  if (on === undefined)
    report(diagnose('value/bad-option', word.span, `\`${word.value}\` is no value of ${key}`, { help: 'use 0 or 1' }));
  return on;
}

function readTag(word: Word | undefined, report: Report): number | null {
  if (word === undefined) return null;
  const tag = /^[0-9]{1,4}$/.test(word.value) ? Number(word.value) : 0;
  if (tag >= 1 && tag <= 4094) return tag;
  report(
    diagnose('guest/bad-tag', word.span, `\`${word.value}\` is no VLAN tag`, { help: 'use a number from 1 to 4094' }),
  );
  return null;
}

/** `dhcp`, `auto` and `manual` fix no address; of `address/prefix` only the address is the guest's own. */
function readFixedAddress(word: Word | undefined, report: Report): AddressRange[] {
  if (word === undefined || ['dhcp', 'auto', 'manual', ''].includes(word.value)) return [];
  const address = parseAddress(word.value.replace(/\/[0-9]+$/, ''));
  if (address !== undefined) return [{ family: address.family, interval: [address.value, address.value] }];
  report(
    diagnose('guest/bad-address', word.span, `\`${word.value}\` is no address`, {
      help: 'write address/prefix, dhcp, auto or manual',
    }),
  );
  return [];
}
