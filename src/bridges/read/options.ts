import { harmless } from '../../diagnostics/index.js';
import { originOf } from '../../ruleset/index.js';
import { isLinkName, type StanzaOption } from '../../site/index.js';
import type { Lower } from '../bridge.js';
import type { Findings } from '../findings.js';
import type { UnmanagedReason } from '../links.js';
import type { Value } from './option-value.js';

/** The options of one interface. Each is taken by who knows it; what nobody takes in the end is unmanaged. */
export class Options {
  readonly link: Lower;
  readonly #findings: Findings;
  #left: readonly StanzaOption[];

  /** `link` is the interface and the line its stanza begins with. */
  constructor(link: Lower, options: readonly StanzaOption[], findings: Findings) {
    this.link = link;
    this.#left = options;
    this.#findings = findings;
  }

  /** Other options of the same interface. */
  with(options: readonly StanzaOption[]): Options {
    return new Options(this.link, options, this.#findings);
  }

  has(...keys: readonly string[]): boolean {
    return this.#left.some(({ key }) => keys.includes(key.value));
  }

  /** All options of these names, in their order. */
  takeAll(...keys: readonly string[]): StanzaOption[] {
    if (!this.has(...keys)) return [];
    const taken = this.#left.filter(({ key }) => keys.includes(key.value));
    this.#left = this.#left.filter(({ key }) => !keys.includes(key.value));
    return taken;
  }

  /** The first option of these names, as ifupdown2 takes it where one value is wanted. */
  take(...keys: readonly string[]): StanzaOption | null {
    const [first, ...more] = this.takeAll(...keys);
    for (const option of more) {
      if (option.value.value !== first?.value.value) this.leave(option, 'repeated');
    }
    return first ?? null;
  }

  /** The value of the first option of these names, or null when there is none that can be read. */
  read<T>(reader: (text: string) => Value<T>, ...keys: readonly string[]): T | null {
    const option = this.take(...keys);
    return option && this.value(option, reader(option.value.value));
  }

  value<T>(option: StanzaOption, value: Value<T>): T | null {
    if (value.ok) return value.value;
    const { key, value: word } = option;
    const message = `\`${harmless(word.value)}\` is no value of ${key.value}: the option does nothing`;
    this.refuse(option, message, `write ${value.expected}`);
    return null;
  }

  /** Reports an option that does nothing. */
  refuse(option: StanzaOption, message: string, help: string): void {
    this.leave(option, 'wrong value');
    this.#findings.report('links/bad-value', option.value.span, message, help);
  }

  /** Takes and reports options that mean nothing here. */
  refuseAll(keys: readonly string[], why: string, help: string): void {
    for (const option of this.takeAll(...keys)) {
      this.leave(option, 'wrong value');
      this.#findings.report('links/no-effect', option.key.span, `\`${option.key.value}\` does nothing: ${why}`, help);
    }
  }

  /** The links that an option names, without those that no link can be called. */
  lowers(option: StanzaOption, names: readonly string[]): Lower[] {
    return [...new Set(names)].flatMap((name) => {
      if (isLinkName(name)) return [{ name, origin: originOf(option.value.span) }];
      this.#findings.leave(
        { link: this.link.name, option: option.key.value, value: name, reason: 'not yet' },
        option.key.span,
      );
      return [];
    });
  }

  leave({ key, value }: StanzaOption, reason: UnmanagedReason): void {
    this.#findings.leave({ link: this.link.name, option: key.value, value: value.value, reason }, key.span);
  }

  /** Takes and reports options for which nothing has to be done, each with the reason. */
  explainAll(reasons: ReadonlyMap<string, string>): void {
    for (const option of this.takeAll(...reasons.keys())) {
      this.leave(option, 'nothing to do');
      const key = option.key.value;
      const message = `nothing has to be done for \`${key}\`: ${reasons.get(key)}`;
      this.#findings.report('links/nothing-to-do', option.key.span, message, 'the line can stay for other programs');
    }
  }

  /** Nobody takes what is left; `meant` gives the option that a misspelt one stands for. */
  leaveRest(meant: (key: string) => string | null): void {
    for (const option of this.#left) {
      const { value: key, span } = option.key;
      const near = meant(key);
      if (near !== null) {
        const message = `\`${key}\` is no option that is known: it does nothing`;
        this.#findings.report('links/unknown-option', span, message, `did you mean \`${near}\`?`);
      }
      this.leave(option, near === null ? 'not yet' : 'wrong value');
    }
    this.#left = [];
  }

  /** What nobody has taken yet. */
  rest(): readonly StanzaOption[] {
    return this.#left;
  }
}
