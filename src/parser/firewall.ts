import { type Diagnostic, diagnose, type Span } from '../diagnostics/index.js';
import { refuseNonAscii } from './character.js';
import { decode } from './encoding.js';
import { encodingHint } from './encoding-hint.js';
import { readAlias, readEntry } from './entry.js';
import { readHeader } from './header.js';
import { INERT, type LineReader, lineReader } from './line-reader.js';
import { splitLines } from './lines.js';
import { readOption } from './option.js';
import { readRule } from './rule.js';
import { subjectOf } from './subject.js';
import type { FirewallScope, FirewallTree, Line, LineContent, Parsed, SectionKind } from './tree.js';

/**
 * Reads a firewall file of any bytes. Each line that cannot be read is one diagnostic and one inert line; the lines
 * below a refused section header, or above the first header, share the diagnostic of the first of them.
 */
export function parseFirewall(bytes: Uint8Array, file: string, scope: FirewallScope): Parsed<FirewallTree> {
  const { text, encoding } = decode(bytes);
  const rawLines = splitLines(text);
  const reader = new FirewallReader(file, scope);
  const lines = rawLines.map(
    (raw, index): Line => ({ number: index + 1, ...raw, content: reader.read(index + 1, raw.text) }),
  );
  return {
    tree: { file, scope, encoding, lines },
    diagnostics: [...encodingHint(file, encoding, rawLines), ...reader.finish()],
  };
}

/** Lines without a section: what caused it, and how many of them have content. */
interface Orphans {
  readonly cause: Diagnostic;
  count: number;
}

class FirewallReader {
  readonly #file: string;
  readonly #scope: FirewallScope;
  readonly #diagnostics: Diagnostic[] = [];
  readonly #optionsSet = new Map<string, Span>();
  #section: SectionKind | null = null;
  #orphans: Orphans | null = null;

  constructor(file: string, scope: FirewallScope) {
    this.#file = file;
    this.#scope = scope;
  }

  read(number: number, text: string): LineContent {
    const line = lineReader(this.#file, number, text, (diagnostic) => this.#diagnostics.push(diagnostic));
    const section = this.#section;
    const content = this.#readLine(line);
    const about = content.kind === 'inert' ? subjectOf(line.text, section, this.#scope, line.span(line.whole)) : null;
    return about === null ? content : { kind: 'inert', about };
  }

  #readLine(line: LineReader): LineContent {
    if (line.text === '') return { kind: 'blank' };
    if (line.text.startsWith('#')) return { kind: 'comment' };
    if (line.text.startsWith('[')) return this.#readHeader(line);
    if (this.#section === null) return this.#readOrphan(line);
    return refuseNonAscii(line) ?? this.#readContent(line, this.#section);
  }

  finish(): readonly Diagnostic[] {
    this.#settleOrphans();
    return this.#diagnostics;
  }

  #readHeader(line: LineReader): LineContent {
    this.#settleOrphans();
    const content = readHeader(line, this.#scope);
    if (content.kind === 'header') {
      this.#section = content.section;
    } else {
      this.#section = null;
      const cause = this.#diagnostics.pop();
      if (cause !== undefined) this.#orphans = { cause, count: 0 };
    }
    return content;
  }

  #readOrphan(line: LineReader): LineContent {
    if (this.#orphans === null) {
      const help = 'put a header such as `[OPTIONS]` or `[RULES]` above it';
      const message = 'this line stands above the first section header';
      this.#orphans = { cause: diagnose('syntax/no-section', line.span(line.whole), message, { help }), count: 0 };
    } else {
      this.#orphans.count += 1;
    }
    return INERT;
  }

  #settleOrphans(): void {
    if (this.#orphans === null) return;
    const { cause, count } = this.#orphans;
    const lines = count === 1 ? 'the line' : `the ${count} lines`;
    const consequence =
      count === 0 ? '' : `; ${lines} below it, up to the next header, ${count === 1 ? 'does' : 'do'} nothing`;
    this.#diagnostics.push({ ...cause, message: cause.message + consequence });
    this.#orphans = null;
  }

  #readContent(line: LineReader, section: SectionKind): LineContent {
    switch (section) {
      case 'options':
        return this.#readOption(line);
      case 'aliases':
        return readAlias(line);
      case 'ipset':
        return readEntry(line);
      case 'rules':
      case 'group':
        return readRule(line, { scope: this.#scope, section });
    }
  }

  /** Proxmox lets the last of several values count; so does everyone who reads the tree from top to bottom. */
  #readOption(line: LineReader): LineContent {
    const content = readOption(line, this.#scope);
    if (content.kind === 'inert') return content;
    const { value, span } = content.key;
    const earlier = this.#optionsSet.get(value);
    if (earlier !== undefined) {
      const related = [{ message: 'set here before', span: earlier }];
      const message = `\`${value}\` is set again, and this value counts`;
      this.#diagnostics.push(
        diagnose('syntax/repeated-option', span, message, { help: 'remove one of them', related }),
      );
    }
    this.#optionsSet.set(value, span);
    return content;
  }
}
