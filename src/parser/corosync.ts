import type { Diagnostic } from '../diagnostics/index.js';
import type { CorosyncConfig, CorosyncNode } from './config-trees.js';
import { decode } from './encoding.js';
import { type LineReader, lineReader } from './line-reader.js';
import { splitLines } from './lines.js';
import type { Word } from './tree.js';

const SECTION = /^([A-Za-z_][A-Za-z0-9_]*)[ \t]*\{$/;
const SETTING = /^([A-Za-z_][A-Za-z0-9_.]*)[ \t]*:[ \t]*(.*)$/;
const RING = /^ring([0-9])_addr$/;

interface Node {
  name: string | null;
  nodeid: string | null;
  readonly rings: Map<number, Word>;
}

/**
 * Reads the parts of `corosync.conf` that the firewall needs: totem's transport and ip_version, and the nodes with their
 * link addresses. Everything else is passed over; lines of no known form are warnings.
 */
export function parseCorosync(
  bytes: Uint8Array,
  file: string,
): { config: CorosyncConfig; diagnostics: readonly Diagnostic[] } {
  const diagnostics: Diagnostic[] = [];
  const reader = new CorosyncReader();
  for (const [index, { text }] of splitLines(decode(bytes).text).entries()) {
    reader.read(lineReader(file, index + 1, text, (diagnostic) => diagnostics.push(diagnostic)));
  }
  return { config: reader.finish(), diagnostics };
}

class CorosyncReader {
  /** The open sections from the outside in, each with the line that opened it. */
  readonly #open: { readonly name: string; readonly line: LineReader }[] = [];
  readonly #nodes: Node[] = [];
  #transport: string | null = null;
  #ipVersion: string | null = null;

  read(line: LineReader): void {
    if (line.text === '' || line.text.startsWith('#')) return;
    const section = SECTION.exec(line.text)?.[1];
    const setting = SETTING.exec(line.text);
    if (line.text === '}') this.#close(line);
    else if (section !== undefined) this.#enter(section, line);
    else if (setting !== null) this.#set(line, setting);
    else {
      const help = 'the line is passed over; correct it, as corosync may refuse the file';
      line.report('corosync/unreadable-line', line.whole, 'this is no section, no `key: value` and no `}`', { help });
    }
  }

  finish(): CorosyncConfig {
    for (const { name, line } of this.#open) {
      line.report('corosync/unbalanced', line.whole, `the section \`${name}\` is not closed`, { help: 'add a `}`' });
    }
    const nodes = this.#nodes.map((node): CorosyncNode => node);
    return { transport: this.#transport, ipVersion: this.#ipVersion, nodes };
  }

  #enter(name: string, line: LineReader): void {
    this.#open.push({ name, line });
    if (this.#path() === 'nodelist.node') this.#nodes.push({ name: null, nodeid: null, rings: new Map() });
  }

  #close(line: LineReader): void {
    if (this.#open.pop() !== undefined) return;
    line.report('corosync/unbalanced', line.whole, 'no section is open here', { help: 'remove the `}`' });
  }

  #set(line: LineReader, setting: RegExpExecArray): void {
    const [, key = '', text = ''] = setting;
    const path = this.#path();
    if (path === 'totem' && key === 'transport') this.#transport = text;
    if (path === 'totem' && key === 'ip_version') this.#ipVersion = text;
    const node = path === 'nodelist.node' ? this.#nodes.at(-1) : undefined;
    if (node === undefined) return;
    if (key === 'name') node.name = text;
    if (key === 'nodeid') node.nodeid = text;
    const ring = RING.exec(key)?.[1];
    const end = line.text.length;
    if (ring !== undefined) node.rings.set(Number(ring), line.word({ text, start: end - text.length, end }));
  }

  /** The names of the open sections, as far as any is read: two levels. */
  #path(): string {
    return this.#open.length > 2 ? '' : this.#open.map(({ name }) => name).join('.');
  }
}
