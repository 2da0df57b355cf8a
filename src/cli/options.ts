import { resolve } from 'node:path';
import { type Command, InvalidArgumentError, Option } from 'commander';
import { Failure } from '../diagnostics/index.js';
import type { GlobalOptions } from './context.js';

/** Options every command has; they may stand before or after its name. */
export function addGlobalOptions(program: Command): void {
  program
    .option('--root <dir>', 'read DIR/etc/pve and DIR/etc/network', '/')
    .option('--node <name>', 'the node to act for (default: the only one under etc/pve/nodes, else the host name)')
    .option('--state <dir>', 'where generations are kept', '/var/lib/ringwall')
    .option('--netns <name>', 'act on that network namespace')
    .option('--json', 'answer in JSON')
    .addOption(new Option('--color <when>', 'colours').choices(['auto', 'always', 'never']).default('auto'))
    .addOption(new Option('--only <part>', 'only that part').choices(['firewall', 'network']));
}

/** The values commander collected, checked. */
export class OptionReader {
  readonly #values: Readonly<Record<string, unknown>>;

  constructor(command: Command) {
    this.#values = command.optsWithGlobals();
  }

  flag(name: string): boolean {
    return this.#value(name) === true;
  }

  text(name: string): string | undefined {
    const value = this.#value(name);
    if (value !== undefined && typeof value !== 'string') throw new Error(`option ${name} is no text`);
    if (value === '') throw new Failure('usage', `option --${name} is empty`, { exit: 64 });
    return value;
  }

  /** The values of an option that may be given several times. */
  list(name: string): string[] {
    const value = this.#values[name] ?? [];
    if (!Array.isArray(value)) throw new Error(`option ${name} is no list`);
    return value.map(String);
  }

  number(name: string): number | undefined {
    const value = this.#value(name);
    if (value !== undefined && typeof value !== 'number') throw new Error(`option ${name} is no number`);
    return value;
  }

  /** `name` as it is typed: commander keeps `icmp-type` as `icmpType`. */
  #value(name: string): unknown {
    return this.#values[name.replace(/-([a-z])/g, (_, letter: string) => letter.toUpperCase())];
  }

  choice<const T extends string>(name: string, choices: readonly T[]): T | undefined {
    const value = this.text(name);
    return choices.find((choice) => choice === value);
  }
}

export function readGlobalOptions(reader: OptionReader): GlobalOptions {
  return {
    root: resolve(reader.text('root') ?? '/'),
    node: reader.text('node'),
    state: resolve(reader.text('state') ?? '/var/lib/ringwall'),
    netns: reader.text('netns'),
    json: reader.flag('json'),
    color: reader.choice('color', ['auto', 'always', 'never']) ?? 'auto',
    only: reader.choice('only', ['firewall', 'network']),
  };
}

/** Ways in that must stay open, one each time it is given. */
export const keepOption = (): Option =>
  listOption('--keep <way>', 'ADDRESS:PORT/PROTO that must still get in; may be given several times');

/** What must be reachable after a change, likewise. */
export const probeOption = (): Option =>
  listOption('--probe <target>', 'with --confirm: tcp:ADDRESS:PORT that must answer, or it goes back at once');

/** An option whose every value is kept. */
export const listOption = (flags: string, description: string): Option =>
  new Option(flags, description).argParser((word: string, earlier: unknown) => [
    ...(Array.isArray(earlier) ? earlier.map(String) : []),
    word,
  ]);

/** A whole number from 1, for commander. */
export function positiveNumber(text: string): number {
  if (!/^[1-9]\d{0,8}$/.test(text)) throw new InvalidArgumentError('It must be a whole number from 1.');
  return Number(text);
}
