import { type Diagnostic, diagnose, type Located, type Span } from '../diagnostics/index.js';
import { refuseControls } from './character.js';
import type { GuestConfigContent, GuestConfigLine, GuestConfigTree, Property } from './config-trees.js';
import { decode, encode } from './encoding.js';
import { parseGuestLine, parseProperties } from './guest-grammar.js';
import { INERT, type LineReader, lineReader } from './line-reader.js';
import { joinLines, splitLines } from './lines.js';
import type { Piece } from './shape.js';
import type { Parsed } from './tree.js';

/** Proxmox VE has net0 to net31. */
const LAST_NIC = 31;

/**
 * Reads a guest configuration of any bytes. Everything from the first `[` line on describes other states of the guest
 * (snapshots, pending changes) and is kept, not read. Of a `netN` that is set twice the last one counts.
 */
export function parseGuestConfig(bytes: Uint8Array, file: string): Parsed<GuestConfigTree> {
  const { text, encoding } = decode(bytes);
  const diagnostics: Diagnostic[] = [];
  let current = true;
  const read = splitLines(text).map((raw, index): GuestConfigLine => {
    const line = lineReader(file, index + 1, raw.text, (diagnostic) => diagnostics.push(diagnostic));
    const content = contentOf(line, current);
    if (content.kind === 'section') current = false;
    return { number: index + 1, ...raw, content };
  });
  const lines = withLastNics(read, diagnostics);
  return { tree: { file, encoding, lines }, diagnostics };
}

/** The file's bytes: those it was read from, as long as no line was changed. */
export function printGuestConfig({ lines, encoding }: GuestConfigTree): Uint8Array {
  return encode({ text: joinLines(lines), encoding });
}

function contentOf(line: LineReader, current: boolean): GuestConfigContent {
  if (line.text === '') return { kind: 'blank' };
  if (line.text.startsWith('#')) return { kind: 'comment' };
  const shape = parseGuestLine(line.text);
  if (shape.kind === 'section') return shape;
  if (!current) return { kind: 'other state' };
  if (shape.kind === 'unreadable') {
    const help = 'lines of a guest configuration are `key: value`';
    return line.refuse('guest/unreadable-line', line.whole, 'this line is not `key: value`', help);
  }
  const { key, value } = shape;
  const digits = /^net([0-9]+)$/.exec(key.text)?.[1];
  if (digits === undefined) return { kind: 'setting', key: line.word(key), value: line.word(value) };
  // It is read all the same: without its NIC, a port would not be filtered.
  const garbled = refuseControls(line) !== null;
  return readNic(line, key, digits, value, garbled);
}

function readNic(line: LineReader, key: Piece, digits: string, value: Piece, garbled: boolean): GuestConfigContent {
  const index = Number(digits);
  if (index > LAST_NIC || digits !== String(index)) {
    const message = `\`${key.text}\` is no network device of Proxmox VE`;
    return line.refuse('guest/nic-index', key, message, `use a free one of net0 to net${LAST_NIC}`);
  }
  return { kind: 'nic', index: line.located(index, key), properties: readProperties(line, value), garbled };
}

/** The readable properties; of a repeated one the first, as a guess must not undo what is already said. */
function readProperties(line: LineReader, list: Piece): Property[] {
  const properties = new Map<string, Property>();
  for (const [index, { key, value }] of parseProperties(list.text).entries()) {
    const at = moved(key, list.start);
    const end = { text: '', start: at.end, end: at.end };
    const whole = { start: at.start, end: value === null ? at.end : list.start + value.end };
    if (key.text === '' || (value === null && index > 0)) {
      const message = key.text === '' ? 'an item of the list has no name' : `\`${key.text}\` has no value`;
      line.report('guest/nic-property', whole, message, { help: 'write `key=value`, separated by commas' });
    } else if (properties.has(key.text)) {
      line.report('guest/nic-property', whole, `\`${key.text}\` is set twice, and the first value counts`, {
        help: 'remove one of them',
      });
    } else {
      const word = line.word(value === null ? end : moved(value, list.start));
      properties.set(key.text, { key: line.word(at), value: word });
    }
  }
  return [...properties.values()];
}

function moved({ text, start, end }: Piece, by: number): Piece {
  return { text, start: start + by, end: end + by };
}

/** Makes every `netN` but the last of its number inert. */
function withLastNics(lines: readonly GuestConfigLine[], diagnostics: Diagnostic[]): GuestConfigLine[] {
  const last = new Map<number, Located<number>>();
  for (const { content } of lines) if (content.kind === 'nic') last.set(content.index.value, content.index);
  return lines.map((line) => {
    if (line.content.kind !== 'nic') return line;
    const { index } = line.content;
    const counting = last.get(index.value);
    if (counting === undefined || counting === index) return line;
    diagnostics.push(repeatedNic(index, counting.span));
    return { ...line, content: INERT };
  });
}

function repeatedNic({ value, span }: Located<number>, counting: Span): Diagnostic {
  return diagnose('guest/repeated-nic', span, `\`net${value}\` is set again below, and only that one counts`, {
    help: 'remove one of the two lines',
    related: [{ message: 'this one counts', span: counting }],
  });
}
