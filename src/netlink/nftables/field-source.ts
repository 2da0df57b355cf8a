import type { Field } from '../../ruleset/index.js';
import { fields } from '../../ruleset/index.js';
import { dataTypes } from './data-type.js';
import { type Expression, shared } from './expression-schema.js';
import { and, loadFibType, loadMeta, loadPayload, type MetaKey, type PayloadBase } from './expressions.js';
import type { RawPlace } from './userdata.js';

type Source =
  | { readonly from: 'payload'; readonly base: PayloadBase; readonly offset: number; readonly length: number }
  | { readonly from: 'meta'; readonly key: MetaKey }
  | { readonly from: 'fib'; readonly address: 'saddr' | 'daddr' };

const payload = (base: PayloadBase, offset: number, length: number): Source => ({
  from: 'payload',
  base,
  offset,
  length,
});
const meta = (key: MetaKey): Source => ({ from: 'meta', key });

/** Where the kernel finds each field: RFC 791, 8200, 826 (Ethernet and IPv4), 9293, 768, 792, 4443, 4861, IEEE 802.3. */
const sources: Readonly<Record<Field | 'tcp flags', Source>> = {
  'ip saddr': payload('network', 12, 4),
  'ip daddr': payload('network', 16, 4),
  'ip6 saddr': payload('network', 8, 16),
  'ip6 daddr': payload('network', 24, 16),
  'arp saddr ether': payload('network', 8, 6),
  'arp saddr ip': payload('network', 14, 4),
  'ether daddr': payload('link', 0, 6),
  'ether saddr': payload('link', 6, 6),
  'ether type': payload('link', 12, 2),
  'vlan id': payload('link', 14, 2),
  'meta ibrpvid': meta('ibrpvid'),
  'meta protocol': meta('protocol'),
  'meta nfproto': meta('nfproto'),
  'meta l4proto': meta('l4proto'),
  'meta pkttype': meta('pkttype'),
  'meta mark': meta('mark'),
  'th sport': payload('transport', 0, 2),
  'th dport': payload('transport', 2, 2),
  'tcp flags': payload('transport', 13, 1),
  'icmp type': payload('transport', 0, 1),
  'icmp code': payload('transport', 1, 1),
  'icmpv6 type': payload('transport', 0, 1),
  'icmpv6 code': payload('transport', 1, 1),
  'nd target': payload('transport', 8, 16),
  'nd option': payload('transport', 24, 2),
  'nd option ether': payload('transport', 26, 6),
  'rs option': payload('transport', 8, 2),
  'rs option ether': payload('transport', 10, 6),
  'fib saddr type': { from: 'fib', address: 'saddr' },
  'fib daddr type': { from: 'fib', address: 'daddr' },
};

function load(source: Source, length?: number): Expression {
  switch (source.from) {
    case 'payload':
      return loadPayload(source.base, source.offset, length ?? source.length);
    case 'meta':
      return loadMeta(source.key);
    case 'fib':
      return loadFibType(source.address);
  }
}

/** nft's number for values it has no type for. */
const INTEGER = 4;

/** Where a field is that nft has no name for; null for the others. */
export function rawPlace(field: Field): RawPlace | null {
  const source = sources[field];
  return source.from === 'payload' && dataTypes[fields[field].type].id === INTEGER ? source : null;
}

/** The tag's upper bits are priority and drop eligibility (IEEE 802.1Q). */
const masks: Readonly<Partial<Record<Field | 'tcp flags', Expression>>> = { 'vlan id': and(Buffer.from([0x0f, 0xff])) };

/** What takes the field's bits out of what `fieldSource` loads; nothing where the field is whole bytes. */
export const fieldMask = (field: Field): readonly Expression[] => {
  const mask = masks[field];
  return mask === undefined ? [] : [mask];
};

const whole = new Map<Field | 'tcp flags', Expression>();

/** The expression that loads a field; of a header field, only its first `length` bytes when given. */
export function fieldSource(field: Field | 'tcp flags', length?: number): Expression {
  if (length !== undefined) return load(sources[field], length);
  let expression = whole.get(field);
  if (expression === undefined) {
    expression = shared(load(sources[field]));
    whole.set(field, expression);
  }
  return expression;
}
