import type { Diagnostic } from '../diagnostics/index.js';
import { diagnose } from '../diagnostics/index.js';
import type { GuestConfigTree, Property, Word } from '../parser/index.js';
import type { AddressRange } from './address.js';
import { parseAddress } from './address.js';
import type { Guest, Nic } from './site.js';

type Report = (diagnostic: Diagnostic) => void;

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
    if (nics.has(index)) continue;
    nics.set(index, readNic(content.properties, id, index, kind, { file: tree.file, line: number }, report));
  }
  return [...nics.values()].sort((a, b) => a.index - b.index);
}

function readNic(
  properties: readonly Property[],
  id: number,
  index: number,
  kind: Guest['kind'],
  origin: Nic['origin'],
  report: Report,
): Nic {
  const words = new Map(properties.map(({ key, value }) => [key.value, value]));
  const flag = (key: string): boolean => words.get(key)?.value === '1';
  return {
    index,
    port: `${kind === 'vm' ? 'tap' : 'veth'}${id}i${index}`,
    mac: readMac(macWord(properties, words, kind), report),
    bridge: words.get('bridge')?.value ?? null,
    tag: readTag(words.get('tag'), report),
    trunks: words.get('trunks')?.value ?? null,
    firewall: flag('firewall'),
    linkDown: flag('link_down'),
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
