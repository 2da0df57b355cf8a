import type { Located, Span } from '../../diagnostics/index.js';
import { type Origin, spanOf, spellOrigin } from '../../ruleset/index.js';
import type { StanzaOption } from '../../site/index.js';
import type { Interface } from './interface.js';

/** Where the interfaces files say what: a check knows a link and what it wants of it, and asks for the place. */
export class Places {
  readonly #interfaces: ReadonlyMap<string, Interface>;
  /** Values by the line they begin on. */
  readonly #values = new Map<string, Located<string>[]>();

  constructor(interfaces: readonly Interface[]) {
    this.#interfaces = new Map(interfaces.map((one) => [one.name, one]));
    for (const { value } of interfaces.flatMap(({ name }) => this.#options(name))) {
      const line = spellOrigin(value.span);
      this.#values.set(line, [...(this.#values.get(line) ?? []), value]);
    }
  }

  /** Has the link a stanza? */
  has(link: string): boolean {
    return this.#interfaces.has(link);
  }

  /** The name of a link at the top of its stanza; for one without a stanza, the line that names it. */
  link({ name, origin }: { readonly name: string; readonly origin: Origin }): Span {
    return this.#interfaces.get(name)?.span ?? spanOf(origin);
  }

  /** The value of the first option of these names, else the link. */
  option(link: { readonly name: string; readonly origin: Origin }, ...keys: readonly string[]): Span {
    return this.#options(link.name).find(({ key }) => keys.includes(key.value))?.value.span ?? this.link(link);
  }

  /** The word on that line in a value, where a link, an address or a gateway is named. */
  word(word: string, origin: Origin): Span {
    const values = this.#values.get(spellOrigin(origin)) ?? [];
    const found = values.find(({ value }) => value.split(/[\s,]+/).includes(word)) ?? values[0];
    if (found === undefined) return spanOf(origin);
    const { span, value } = found;
    const start = value.split(/(?<=[\s,])/).findIndex((piece) => piece.replace(/[\s,]+$/, '') === word);
    // On lines that are joined, columns of the text are not those of the file.
    if (start < 0 || span.line !== span.endLine) return span;
    const before = value
      .split(/(?<=[\s,])/)
      .slice(0, start)
      .join('');
    return { ...span, column: span.column + before.length, endColumn: span.column + before.length + word.length };
  }

  #options(link: string): readonly StanzaOption[] {
    return this.#interfaces.get(link)?.stanzas.flatMap(({ options }) => options) ?? [];
  }
}
