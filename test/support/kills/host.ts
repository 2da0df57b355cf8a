import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { VENDOR } from '../kernel-texts.js';
import { makeNamespace, type TestNamespace } from '../netns.js';
import { kill, runsFor } from '../pending.js';
import { cards, type Files, type Step } from './change.js';
import { type Dump, dumpOf } from './dump.js';
import type { Ended, Victims } from './victims.js';

/** A network namespace with three cards, a site and a state directory. */
export class Host {
  readonly #folder = mkdtempSync(join(tmpdir(), 'ringwall-kills-'));
  readonly #state = join(this.#folder, 'state');
  readonly #site = join(this.#folder, 'site');
  readonly #victims: Victims;
  #netns = machine();

  constructor(victims: Victims) {
    this.#victims = victims;
    mkdirSync(this.#site);
  }

  line(command: readonly string[]): string[] {
    return [...command, '--root', this.#site, '--state', this.#state, '--netns', this.#netns.name];
  }

  ringwall(command: readonly string[]): Promise<Ended> {
    return this.#victims.run(this.line(command));
  }

  /** A command that is expected to succeed. */
  async must(command: readonly string[]): Promise<void> {
    const { code, err } = await this.ringwall(command);
    if (code !== 0) throw new Error(`ringwall ${command.join(' ')}: exit code ${code}: ${err}`);
    // Who waits for a pending change would take it back, sooner or later.
    this.#endRuns();
  }

  get hasRecords(): boolean {
    return existsSync(this.#state);
  }

  dump(): Promise<Dump> {
    return dumpOf(this.#netns.name, this.#state);
  }

  write(files: Files): void {
    for (const [path, text] of Object.entries(files)) {
      const file = join(this.#site, path);
      mkdirSync(dirname(file), { recursive: true });
      if (text === null) rmSync(file);
      else writeFileSync(file, text);
    }
  }

  async take(step: Step): Promise<void> {
    if ('files' in step) this.write(step.files);
    else if ('ip' in step) this.#netns.ip(...step.ip);
    else if ('nft' in step) this.#netns.nft(...step.nft);
    else if ('lost' in step) rmSync(join(this.#state, step.lost));
    else if ('boot' in step) {
      this.#netns.remove();
      this.#netns = machine();
    } else if ('killed' in step) {
      await this.#victims.kill(this.line(step.killed), step.at);
      this.#endRuns();
    } else await this.must(step.ringwall);
  }

  remove(): void {
    this.#endRuns();
    this.#netns.remove();
    rmSync(this.#folder, { recursive: true, force: true });
  }

  #endRuns(): void {
    for (const { pid } of runsFor(this.#state)) kill(pid);
  }
}

function machine(): TestNamespace {
  const netns = makeNamespace();
  // A device gets its queueing discipline when it is up for the first time, and keeps it (sch_generic.c dev_activate).
  const commands = cards.map(
    (card, at) =>
      `link add ${card} address ${VENDOR}:00:00:0${at} type veth peer name ${card}-far address ${VENDOR}:ff:00:0${at}\n` +
      `link set ${card} up\nlink set ${card} down\nlink set ${card}-far up\nlink set ${card}-far down\n`,
  );
  execFileSync('/usr/sbin/ip', ['-n', netns.name, '-batch', '-'], { input: commands.join('') });
  return netns;
}
