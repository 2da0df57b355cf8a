import { ByteWriter } from '../byte-writer.js';
import {
  type AttributeType,
  type ObjectOf,
  object,
  bytes as rawBytes,
  string,
  u8,
  u16be,
  u32be,
  u64be,
} from '../tlv.js';
import { attributes, MalformedMessage, readString } from '../wire.js';
import { data } from './data-schema.js';

/** The attribute table of each expression ringwall writes or meets, under the kernel's name for it. */
export const expressionTables = {
  meta: object({ dreg: [1, u32be], key: [2, u32be], sreg: [3, u32be] }),
  payload: object({ dreg: [1, u32be], base: [2, u32be], offset: [3, u32be], len: [4, u32be] }),
  cmp: object({ sreg: [1, u32be], op: [2, u32be], data: [3, data] }),
  range: object({ sreg: [1, u32be], op: [2, u32be], from: [3, data], to: [4, data] }),
  bitwise: object({
    sreg: [1, u32be],
    dreg: [2, u32be],
    len: [3, u32be],
    mask: [4, data],
    xor: [5, data],
    op: [6, u32be],
  }),
  byteorder: object({ sreg: [1, u32be], dreg: [2, u32be], op: [3, u32be], len: [4, u32be], size: [5, u32be] }),
  lookup: object({ set: [1, string], sreg: [2, u32be], dreg: [3, u32be], setId: [4, u32be], flags: [5, u32be] }),
  immediate: object({ dreg: [1, u32be], data: [2, data] }),
  ct: object({ dreg: [1, u32be], key: [2, u32be], direction: [3, u8], sreg: [4, u32be] }),
  limit: object({ rate: [1, u64be], unit: [2, u64be], burst: [3, u32be], type: [4, u32be], flags: [5, u32be] }),
  // The expression stays bytes: an expression as `encodeExpression` writes it.
  dynset: object({
    set: [1, string],
    setId: [2, u32be],
    op: [3, u32be],
    keyRegister: [4, u32be],
    dataRegister: [5, u32be],
    timeout: [6, u64be],
    expression: [7, rawBytes],
    flags: [9, u32be],
    expressions: [10, rawBytes],
  }),
  counter: object({ bytes: [1, u64be], packets: [2, u64be] }),
  log: object({
    group: [1, u16be],
    prefix: [2, string],
    snaplen: [3, u32be],
    qthreshold: [4, u16be],
    level: [5, u32be],
    flags: [6, u32be],
  }),
  reject: object({ type: [1, u32be], code: [2, u8] }),
  queue: object({ num: [1, u16be], total: [2, u16be], flags: [3, u16be] }),
  objref: object({ type: [1, u32be], name: [2, string] }),
  fib: object({ dreg: [1, u32be], result: [2, u32be], flags: [3, u32be] }),
} as const;

type Tables = typeof expressionTables;
export type ExpressionName = keyof Tables;
export type ExpressionNamed<N extends ExpressionName> = { readonly kind: N } & ObjectOf<Tables[N]['attributes']>;

/** One step of a rule; an expression this codec does not know keeps its name and bytes. */
export type Expression =
  | { [N in ExpressionName]: ExpressionNamed<N> }[ExpressionName]
  | { readonly kind: 'unknown'; readonly name: string; readonly content: Buffer };

const NAME = 1;
const DATA = 2;

const isKnown = (name: string): name is ExpressionName => Object.hasOwn(expressionTables, name);

function tableOf(name: ExpressionName): AttributeType<unknown> {
  return expressionTables[name];
}

/** The bytes of expressions that nearly every rule has, so that a large ruleset does not encode them again and again. */
const encoded = new WeakMap<Expression, Buffer>();

/** Marks an expression that never changes and serves many rules: its bytes are made once. */
export function shared(value: Expression): Expression {
  encoded.set(value, encodeExpression(value));
  return value;
}

/** The bytes of an expression, for one that holds another. */
export function encodeExpression(value: Expression): Buffer {
  const out = new ByteWriter(64);
  writeExpression(out, value);
  return out.finish();
}

export const expression: AttributeType<Expression> = {
  nested: true,
  write(out, value) {
    const known = encoded.get(value);
    if (known === undefined) writeExpression(out, value);
    else out.bytes(known);
  },
  read(source, start, end) {
    const { name, content } = parts(source, start, end);
    const { start: from, end: to } = content ?? { start: end, end };
    if (!isKnown(name)) return { kind: 'unknown', name, content: rawBytes.read(source, from, to) };
    // The table under this name made the properties.
    return Object.assign({ kind: name }, tableOf(name).read(source, from, to)) as Expression;
  },
  locate(source, start, end, offset) {
    const { name, content } = parts(source, start, end);
    if (content === undefined || offset < content.start || !isKnown(name)) return `.${name}`;
    return `.${name}${tableOf(name).locate(source, content.start, content.end, offset)}`;
  },
};

function writeExpression(out: ByteWriter, value: Expression): void {
  const name = value.kind === 'unknown' ? value.name : value.kind;
  const nameStart = out.beginAttribute(NAME, false);
  out.string(name);
  out.endAttribute(nameStart);
  const dataStart = out.beginAttribute(DATA, true);
  writeContent(out, value);
  out.endAttribute(dataStart);
}

function writeContent(out: ByteWriter, value: Expression): void {
  if (value.kind === 'unknown') out.bytes(value.content);
  else tableOf(value.kind).write(out, value);
}

function parts(source: Buffer, start: number, end: number) {
  const all = attributes(source, start, end);
  const name = all.find((attribute) => attribute.type === NAME);
  if (name === undefined) throw new MalformedMessage('an expression has no name');
  return {
    name: readString(source, name.start, name.end),
    content: all.find((attribute) => attribute.type === DATA),
  };
}
