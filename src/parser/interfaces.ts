import type { Diagnostic } from '../diagnostics/index.js';
import { refuseControls } from './character.js';
import type { InterfacesContent, InterfacesLine, InterfacesTree } from './config-trees.js';
import { decode, encode } from './encoding.js';
import { reportBlankAbove, reportJoints } from './interfaces-dialects.js';
import { parseInterfacesLine } from './interfaces-grammar.js';
import {
  isMisspeltKeyword,
  readAuto,
  readForeign,
  readIface,
  readOption,
  readSource,
  refuseMisspelling,
  refuseOrphan,
  refuseTemplate,
} from './interfaces-line.js';
import { INERT, type LineReader } from './line-reader.js';
import { joinLines, splitLines } from './lines.js';
import { logicalLines } from './logical-line.js';
import type { Parsed } from './tree.js';

/**
 * Reads `/etc/network/interfaces` of any bytes: every line of ifupdown2, Debian's ifupdown and Proxmox VE, with the
 * meaning ifupdown2 gives it. A stanza ends at the next keyword, a blank line changes nothing. The options of a stanza
 * that cannot be read are inert and share its diagnostic.
 */
export function parseInterfaces(bytes: Uint8Array, file: string): Parsed<InterfacesTree> {
  const { text, encoding } = decode(bytes);
  const rawLines = splitLines(text);
  const diagnostics: Diagnostic[] = [];
  const report = (diagnostic: Diagnostic): void => void diagnostics.push(diagnostic);
  const contents: InterfacesContent[] = [];
  let stanza = NO_STANZA;
  for (const logical of logicalLines(file, rawLines, report)) {
    const { reader, texts } = logical;
    reportJoints(file, logical, report);
    const read = readLine(reader, stanza);
    stanza = read.stanza;
    contents.push(read.content, ...texts.slice(1).map(() => ({ kind: 'continuation' }) as const));
  }
  const lines = rawLines.map(
    (raw, index): InterfacesLine => ({ number: index + 1, ...raw, content: contents[index] ?? INERT }),
  );
  return { tree: { file, encoding, lines }, diagnostics };
}

/** The file's bytes: those it was read from, as long as no line was changed. */
export function printInterfaces({ lines, encoding }: InterfacesTree): Uint8Array {
  return encode({ text: joinLines(lines), encoding });
}

/** The stanza that a line belongs to. */
interface Stanza {
  readonly kind: 'none' | 'iface' | 'foreign' | 'refused';
  /** A blank line stands between its beginning and here, and nothing was said about it. */
  readonly blankAbove: boolean;
}

const NO_STANZA: Stanza = { kind: 'none', blankAbove: false };

const begin = (kind: Stanza['kind']): Stanza => ({ kind, blankAbove: false });

interface Reading {
  readonly content: InterfacesContent;
  /** The stanza that the next line belongs to. */
  readonly stanza: Stanza;
}

/** Foreign keywords with lines of their own below them. */
const OPTIONS_FOLLOW: ReadonlySet<string> = new Set(['vlan', 'mapping']);

function readLine(line: LineReader, stanza: Stanza): Reading {
  if (line.text === '') return { content: { kind: 'blank' }, stanza: { ...stanza, blankAbove: true } };
  if (line.text.startsWith('#')) return { content: { kind: 'comment' }, stanza };
  if (/^(%|<%)/.test(line.text)) return { content: refuseTemplate(line), stanza };
  const shape = parseInterfacesLine(line.text);
  const refused = refuseControls(line);
  if (refused !== null) return { content: refused, stanza: shape.kind === 'iface' ? begin('refused') : stanza };
  switch (shape.kind) {
    case 'auto':
      return { content: readAuto(line, shape), stanza: NO_STANZA };
    case 'source':
      return { content: readSource(line, shape), stanza: NO_STANZA };
    case 'iface': {
      const content = readIface(line, shape);
      return { content, stanza: begin(content.kind === 'inert' ? 'refused' : 'iface') };
    }
    case 'other': {
      const content = readForeign(line, shape);
      return { content, stanza: OPTIONS_FOLLOW.has(shape.keyword.text) ? begin('foreign') : stanza };
    }
    case 'option':
      if (stanza.kind === 'refused') return { content: INERT, stanza };
      if (stanza.kind === 'none') return { content: refuseOrphan(line, shape.key), stanza: begin('refused') };
      if (isMisspeltKeyword(shape.key)) {
        return { content: refuseMisspelling(line, shape.key), stanza: begin('refused') };
      }
      if (stanza.blankAbove && stanza.kind === 'iface') reportBlankAbove(line, shape.key);
      return { content: readOption(line, shape), stanza: { ...stanza, blankAbove: false } };
  }
}
