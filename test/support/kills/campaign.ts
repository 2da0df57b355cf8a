import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { makeNamespace, type TestNamespace } from '../netns.js';
import { type Change, cards, type Files, type Step } from './change.js';
import { type Dump, differences, dumpOf, VENDOR } from './dump.js';
import type { Ended, Victims } from './victims.js';

export interface Outcome {
  readonly change: string;
  /** What each boundary comes before. */
  readonly boundaries: readonly string[];
  readonly kills: number;
  readonly old: number;
  readonly new: number;
  /** States that are neither, each in words. */
  readonly mixed: readonly string[];
}

/**
 * Kills a change at each of its boundaries, and looks after `recover` whether the host is as before or as after the
 * change.
 */
export async function campaign(change: Change, victims: Victims): Promise<Outcome> {
  let host = await prepare(change, victims);
  try {
    const before = await host.dump();
    const { code, err, passed: boundaries } = await host.ringwall(change.command);
    if (code !== (change.code ?? 0)) throw new Error(`${change.name}: exit code ${code}: ${err}`);
    const after = await host.dump();
    if ((differences(before, after).length === 0) !== (code !== 0)) {
      throw new Error(`${change.name}: ${code === 0 ? 'nothing was changed' : 'something stayed changed'}`);
    }
    const problem = (text: string): string[] => (text === '' ? [] : [text]);
    const mixed = problem(changedAfter(after, await recovered(host), 'recover after the change'));
    host = await again(host, change, victims);
    mixed.push(...problem(changedAfter(before, await host.dump(), 'made again')));

    const counts = { kills: 0, old: 0, new: 0 };
    for (const [place, what] of boundaries.entries()) {
      await victims.kill(host.line(change.command), place + 1);
      counts.kills += 1;
      const found = await recovered(host);
      if (differences(before, found).length === 0) {
        counts.old += 1;
        continue;
      }
      if (differences(after, found).length === 0) counts.new += 1;
      else {
        const parts = differences(before, found).map((part) => `${part}: ${firstDifference(before, found, part)}`);
        const other = differences(after, found).join(', ');
        mixed.push(`killed at ${place + 1} (${what}): not as before in ${parts.join('; ')}; not as after in ${other}`);
      }
      host = await again(host, change, victims);
    }
    return { change: change.name, boundaries, ...counts, mixed };
  } finally {
    host.remove();
  }
}

const changedAfter = (a: Dump, b: Dump, when: string): string => {
  const parts = differences(a, b);
  return parts.length === 0 ? '' : `${when}: ${parts.join(', ')} differ`;
};

/** The first line of a part that is only in one of two dumps. */
function firstDifference(a: Dump, b: Dump, part: string): string {
  const [was = [], is = []] = [a, b].map((dump) => dump.get(part)?.split('\n'));
  const gone = was.find((line) => !is.includes(line));
  const come = is.find((line) => !was.includes(line));
  return `- ${gone ?? ''} + ${come ?? ''}`;
}

async function recovered(host: Host): Promise<Dump> {
  const { code, err } = await host.ringwall(['recover']);
  if (code !== 0) throw new Error(`recover: exit code ${code}: ${err}`);
  return host.dump();
}

/** A host in the state before the change, with the files of the change. */
async function prepare(change: Change, victims: Victims): Promise<Host> {
  const host = new Host(victims);
  try {
    for (const step of change.before) await host.take(step);
    host.write(change.edit ?? {});
    return host;
  } catch (error) {
    host.remove();
    throw error;
  }
}

function again(host: Host, change: Change, victims: Victims): Promise<Host> {
  host.remove();
  return prepare(change, victims);
}

/** A network namespace with three cards, a site and a state directory. */
class Host {
  readonly #folder = mkdtempSync(join(tmpdir(), 'ringwall-kills-'));
  readonly #netns: TestNamespace = makeNamespace();
  readonly #victims: Victims;

  constructor(victims: Victims) {
    this.#victims = victims;
    const commands = cards.map(
      (card, at) =>
        `link add ${card} address ${VENDOR}:00:00:0${at} type veth peer name ${card}-far address ${VENDOR}:ff:00:0${at}\n`,
    );
    execFileSync('/usr/sbin/ip', ['-n', this.#netns.name, '-batch', '-'], { input: commands.join('') });
    mkdirSync(join(this.#folder, 'site'));
  }

  get #state(): string {
    return join(this.#folder, 'state');
  }

  line(command: readonly string[]): string[] {
    const { name } = this.#netns;
    return [...command, '--root', join(this.#folder, 'site'), '--state', this.#state, '--netns', name];
  }

  ringwall(command: readonly string[]): Promise<Ended> {
    return this.#victims.run(this.line(command));
  }

  dump(): Promise<Dump> {
    return dumpOf(this.#netns.name, this.#state);
  }

  write(files: Files): void {
    for (const [path, text] of Object.entries(files)) {
      const file = join(this.#folder, 'site', path);
      mkdirSync(dirname(file), { recursive: true });
      if (text === null) rmSync(file);
      else writeFileSync(file, text);
    }
  }

  async take(step: Step): Promise<void> {
    if ('files' in step) this.write(step.files);
    else if ('ip' in step) this.#netns.ip(...step.ip);
    else if ('nft' in step) this.#netns.nft(...step.nft);
    else {
      const { code, err } = await this.ringwall(step.ringwall);
      if (code !== 0) throw new Error(`ringwall ${step.ringwall.join(' ')}: exit code ${code}: ${err}`);
    }
  }

  remove(): void {
    this.#netns.remove();
    rmSync(this.#folder, { recursive: true, force: true });
  }
}
