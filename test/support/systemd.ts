import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { until } from './pending.js';

const SYSTEMD = '/lib/systemd/systemd';

/** systemd as the first process of a pid namespace: the lab's own first process stays what it is. */
export class Init {
  readonly #outer: ChildProcess;
  readonly #pid: number;

  private constructor(outer: ChildProcess, pid: number) {
    this.#outer = outer;
    this.#pid = pid;
  }

  /** With the units of these folders only, so that none of this machine's is started; until the target is reached. */
  static async start(unitPath: readonly string[], target: string): Promise<Init> {
    if (!existsSync(SYSTEMD)) throw new Error(`${SYSTEMD} is not there: it comes with the Debian package systemd`);
    const outer = spawn(
      'unshare',
      [
        ...['--fork', '--kill-child', '--pid', '--mount', '--uts', '--cgroup', '--mount-proc'],
        ...['env', '-i', 'container=lab', `SYSTEMD_UNIT_PATH=${[...unitPath, '/run/systemd/transient'].join(':')}`],
        ...[SYSTEMD, '--system', `--unit=${target}`, '--log-target=kmsg'],
      ],
      { stdio: 'ignore' },
    );
    const children = (): string => readFileSync(`/proc/${outer.pid}/task/${outer.pid}/children`, 'utf8').trim();
    await until(() => children() !== '', 'systemd is started');
    const init = new Init(outer, Number(children()));
    await until(() => init.isActive(target), `${target} is reached`, 120_000);
    return init;
  }

  /** What starts a program where systemd is process 1. */
  get inside(): string[] {
    return ['nsenter', `--target=${this.#pid}`, '--pid', '--mount', '--cgroup'];
  }

  run(...words: string[]): string {
    const [command = '', ...rest] = [...this.inside, ...words];
    return execFileSync(command, rest, { encoding: 'utf8', stdio: 'pipe' }).trim();
  }

  systemctl(...args: string[]): string {
    return this.run('systemctl', ...args);
  }

  show(unit: string, property: string): string {
    return this.systemctl('show', '--value', `--property=${property}`, unit);
  }

  isActive(unit: string): boolean {
    try {
      return this.systemctl('is-active', unit) === 'active';
    } catch {
      return false;
    }
  }

  async end(): Promise<void> {
    const ended = new Promise((resolve) => this.#outer.once('exit', resolve));
    this.#outer.kill('SIGKILL');
    await ended;
  }
}
