import { isLinkName, type Stanza, type StanzaOption } from '../../site/index.js';
import type { Device } from '../links.js';
import { readNumber } from './option-value.js';
import type { Options } from './options.js';

/** Reads what `link-type` makes: a dummy, or one end of a veth pair. `peerOf` gives the end whose stanza names this one. */
export function readLinkType(options: Options, type: StanzaOption, peerOf: (link: string) => string | null): Device {
  switch (type.value.value) {
    case 'dummy':
      return { kind: 'dummy' };
    case 'veth': {
      const option = options.take('veth-peer-name');
      const peer = option?.value.value ?? peerOf(options.link.name);
      if (peer !== null && isLinkName(peer) && peer !== options.link.name) return { kind: 'veth', peer };
      const message = `the other end of ${options.link.name} has no name: it cannot be made`;
      options.refuse(option ?? type, message, 'add `veth-peer-name NAME` below it');
      return { kind: 'other', option: 'link-type' };
    }
    default:
      options.value(type, { ok: false, expected: 'dummy or veth' });
      return { kind: 'other', option: 'link-type' };
  }
}

/** Any 32 bits but 0. */
const readTable = readNumber(1, 0xffff_ffff, ', or auto');

export function readVrf(options: Options, tables: ReadonlyMap<string, number>): Device {
  const option = options.take('vrf-table');
  const own = option?.value.value === 'auto' ? tables.get(options.link.name) : undefined;
  if (own !== undefined) return { kind: 'vrf', table: own };
  const table = option && options.value(option, readTable(option.value.value));
  return table === null ? { kind: 'other', option: 'vrf-table' } : { kind: 'vrf', table };
}

/** The tables ifupdown2 takes for `vrf-table auto` (spec interfaces.md 2.8). */
const AUTO_TABLES = { first: 1001, count: 4000 } as const;

/** The table of each VRF. A name has the same number in every run, unless another VRF has it. */
export function tablesOf(stanzas: readonly Stanza[]): Map<string, number> {
  const words = stanzas.flatMap(({ name, options }) =>
    options.flatMap(({ key, value }) => (key.value === 'vrf-table' ? [{ name: name.value, table: value.value }] : [])),
  );
  const tables = new Map<string, number>();
  for (const { name, table } of words) {
    const number = readTable(table);
    if (number.ok && !tables.has(name)) tables.set(name, number.value);
  }
  const taken = new Set(tables.values());
  const automatic = words.flatMap(({ name, table }) => (table === 'auto' && !tables.has(name) ? [name] : []));
  for (const name of [...new Set(automatic)].sort()) {
    const start = hashOf(name) % AUTO_TABLES.count;
    const steps = Array.from({ length: AUTO_TABLES.count }, (_, step) => (start + step) % AUTO_TABLES.count);
    const table = steps.map((step) => AUTO_TABLES.first + step).find((number) => !taken.has(number));
    if (table === undefined) break;
    tables.set(name, table);
    taken.add(table);
  }
  return tables;
}

/** FNV-1a with 32 bits. */
function hashOf(name: string): number {
  let hash = 0x811c9dc5;
  for (const byte of Buffer.from(name)) hash = Math.imul(hash ^ byte, 0x01000193) >>> 0;
  return hash;
}
