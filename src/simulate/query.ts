import { nearest } from '../parser/index.js';
import { bad } from './query-words.js';

const optionalKeys = [
  'proto',
  'source',
  'dest',
  'sport',
  'dport',
  'icmp-type',
  'srctype',
  'dsttype',
  'state',
  'mac',
] as const;

/** What people ask: two zones, and words about the packet as a policy test or the command line gives them. */
export type Query = { readonly from: string; readonly to: string } & {
  readonly [Key in (typeof optionalKeys)[number]]?: string;
};

export const queryKeys: readonly string[] = ['from', 'to', ...optionalKeys];

/** Reads a query out of unknown data, such as one entry of a YAML file; numbers stand for their digits. */
export function readQuery(data: Readonly<Record<string, unknown>>): Query {
  const words = new Map<string, string>();
  for (const [key, value] of Object.entries(data)) {
    if (!queryKeys.includes(key)) {
      const near = nearest(key, queryKeys);
      throw bad(
        `\`${key}\` says nothing about a packet`,
        near === null ? `use: ${queryKeys.join(', ')}` : `did you mean ${near}?`,
      );
    }
    if (value === undefined || value === null) continue;
    if (typeof value !== 'string' && typeof value !== 'number')
      throw bad(`\`${key}\` must be a word or a number`, `write ${key}: VALUE`);
    words.set(key, String(value));
  }
  const from = words.get('from');
  const to = words.get('to');
  if (from === undefined || to === undefined)
    throw bad(`the zone \`${from === undefined ? 'from' : 'to'}\` is missing`, 'give both from and to');
  return {
    from,
    to,
    ...Object.fromEntries(optionalKeys.flatMap((key) => (words.has(key) ? [[key, words.get(key)]] : []))),
  };
}
