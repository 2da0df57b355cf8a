import { type Diagnostic, diagnose, type Located, type Span, TextSpans } from '../diagnostics/index.js';
import { decode } from './encoding.js';
import { SyntaxError as NotJson, parse } from './generated/json.js';
import { withoutByteOrderMark } from './lines.js';
import { fields, flag, list } from './shape.js';
import type { Word } from './tree.js';

/** A JSON value that knows its place. The members of an object keep their order; of equal keys the last one counts. */
export type JsonNode = { readonly span: Span } & (
  | { readonly kind: 'null' }
  | { readonly kind: 'boolean'; readonly value: boolean }
  | { readonly kind: 'number'; readonly value: number }
  | { readonly kind: 'string'; readonly value: string }
  | { readonly kind: 'array'; readonly items: readonly JsonNode[] }
  | { readonly kind: 'object'; readonly members: ReadonlyMap<string, JsonMember> }
);

export interface JsonMember {
  readonly key: Word;
  readonly value: JsonNode;
}

export interface JsonReading {
  /** Null when the bytes are not JSON. */
  readonly value: JsonNode | null;
  readonly diagnostics: readonly Diagnostic[];
}

/** Reads JSON text with the place of every value. Bytes that are not JSON are one diagnostic. */
export function readJson(bytes: Uint8Array, file: string): JsonReading {
  const text = withoutByteOrderMark(decode(bytes).text);
  const spans = new TextSpans(file, text);
  try {
    const parsed = parse(text, { startRule: 'Document' });
    return { value: nodeOf(parsed, spans), diagnostics: [] };
  } catch (error) {
    if (!(error instanceof NotJson)) throw error;
    const { start, end } = error.location;
    const message = error.found === null ? 'the JSON text ends too early' : 'from here on this cannot be read as JSON';
    const help = 'Proxmox VE writes this file: restore it, or save the object it belongs to once more';
    return {
      value: null,
      diagnostics: [diagnose('json/syntax', spans.at(start.offset, end.offset), message, { help })],
    };
  }
}

function nodeOf(parsed: unknown, spans: TextSpans): JsonNode {
  const { kind, value, start, end } = fields(parsed);
  const span = spans.at(Number(start), Number(end));
  switch (kind) {
    case 'null':
      return { kind, span };
    case 'boolean':
      return { kind, value: flag(value), span };
    case 'number':
      return { kind, value: Number(value), span };
    case 'string':
      return { kind, value: String(value), span };
    case 'array':
      return { kind, items: list(value).map((item) => nodeOf(item, spans)), span };
    default:
      return { kind: 'object', members: new Map(list(value).map((member) => memberOf(member, spans))), span };
  }
}

function memberOf(parsed: unknown, spans: TextSpans): [string, JsonMember] {
  const { key, value } = fields(parsed);
  const name = stringOf(nodeOf(key, spans));
  return [name.value, { key: name, value: nodeOf(value, spans) }];
}

function stringOf(node: JsonNode): Located<string> {
  return { value: node.kind === 'string' ? node.value : '', span: node.span };
}
