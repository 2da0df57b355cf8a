/** Numbers from 0 up to, and without, 1: the same seed gives the same sequence (mulberry32). */
export function seededRandom(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** What breaks parsers: syntax of all kinds of files, white space of all kinds, bytes that are no UTF-8. */
const FRAGMENTS: readonly Uint8Array[] = [
  ...[
    '[',
    ']',
    '[RULES]',
    '[group a]',
    '#',
    '|',
    '!',
    '(',
    ')',
    '-',
    '--',
    '-p',
    '-dport ',
    ':',
    ',',
    '=',
    '{',
    '}',
    '"',
    '\\',
  ],
  ...[
    '\n',
    '\r\n',
    '\r',
    '\t',
    '\0',
    ' ',
    '\f',
    '\u00a0',
    '\ufeff',
    '\u2028',
    '\u{1f525}',
    '%',
    '$',
    '{}',
    '[]',
    '1e999',
  ],
  ...[
    'IN ACCEPT',
    'GROUP',
    'net31:',
    'iface',
    'source',
    'mapping x',
    'auto all',
    'iface a[1-9]',
    'inherits',
    'vrf a',
    'bridge-ports ',
    'bond-slaves ',
    '4094',
    'node {',
    '"ids":',
    'null',
    '\\\n',
    '{"a":',
  ],
]
  .map((text): Uint8Array => Buffer.from(text))
  .concat([Buffer.from([0xff]), Buffer.from([0xc3]), Buffer.from([0xed, 0xa0, 0x80]), Buffer.from('a'.repeat(300))]);

type Mutation = (bytes: Uint8Array, other: Uint8Array, random: () => number) => Uint8Array;

const below = (limit: number, random: () => number) => Math.floor(random() * limit);
const join = (...parts: readonly Uint8Array[]) => new Uint8Array(Buffer.concat(parts));

/** A stretch of the bytes, mostly short. */
function stretch(bytes: Uint8Array, random: () => number): readonly [from: number, to: number] {
  const from = below(bytes.length + 1, random);
  const longest = random() < 0.8 ? 8 : bytes.length;
  return [from, Math.min(bytes.length, from + below(longest + 1, random))];
}

const MUTATIONS: readonly Mutation[] = [
  function flip(bytes, _, random) {
    const flipped = new Uint8Array(bytes);
    if (flipped.length > 0) flipped[below(flipped.length, random)] = below(256, random);
    return flipped;
  },
  function insertFragment(bytes, _, random) {
    const at = below(bytes.length + 1, random);
    const fragment = FRAGMENTS[below(FRAGMENTS.length, random)] ?? new Uint8Array();
    return join(bytes.subarray(0, at), fragment, bytes.subarray(at));
  },
  function remove(bytes, _, random) {
    const [from, to] = stretch(bytes, random);
    return join(bytes.subarray(0, from), bytes.subarray(to));
  },
  function repeat(bytes, _, random) {
    const [from, to] = stretch(bytes, random);
    return join(bytes.subarray(0, to), bytes.subarray(from));
  },
  function splice(bytes, other, random) {
    const [from, to] = stretch(other, random);
    const at = below(bytes.length + 1, random);
    return join(bytes.subarray(0, at), other.subarray(from, to), bytes.subarray(at));
  },
  function cutOff(bytes, _, random) {
    return bytes.slice(0, below(bytes.length + 1, random));
  },
];

/** One to four changes to a file; `other` lends pieces. */
export function mutate(bytes: Uint8Array, other: Uint8Array, random: () => number): Uint8Array {
  let mutated = bytes;
  for (let changes = 1 + below(4, random); changes > 0; changes -= 1) {
    const change = MUTATIONS[below(MUTATIONS.length, random)];
    if (change !== undefined) mutated = change(mutated, other, random);
  }
  return mutated;
}
