import type { DhcpPlan, DhcpRun } from '../bridges/index.js';
import { Failure } from '../diagnostics/index.js';
import { type Files, type Processes, spellEnd } from '../ports/index.js';
import { spellOrigin } from '../ruleset/index.js';
import { PATH } from './hooks.js';

/** A run of the host's DHCP client, as the program it is. */
export interface DhcpCommand {
  readonly run: DhcpRun;
  readonly program: string;
  readonly args: readonly string[];
}

export interface DhcpCommands {
  readonly release: readonly DhcpCommand[];
  readonly start: readonly DhcpCommand[];
}

interface Client {
  readonly programs: readonly string[];
  args(run: DhcpRun): string[];
}

/** The files ifupdown2 gives dhclient, so that a client it has started is known and can be released. */
const pidFile = ({ link, family }: DhcpRun): string => `/run/dhclient${family === 6 ? '6' : ''}.${link}.pid`;
const leaseFile = ({ link, family }: DhcpRun): string =>
  `/var/lib/dhcp/dhclient${family === 6 ? '6' : ''}.${link}.leases`;

/** In the order in which they are looked for. None waits for a lease: it comes when a server gives one. */
const CLIENTS: readonly Client[] = [
  {
    programs: ['/usr/sbin/dhclient', '/sbin/dhclient'],
    args: (run) => [
      `-${run.family}`,
      run.action === 'start' ? '-nw' : '-r',
      '-pf',
      pidFile(run),
      '-lf',
      leaseFile(run),
      run.link,
    ],
  },
  {
    programs: ['/usr/sbin/dhcpcd', '/sbin/dhcpcd'],
    args: ({ link, family, action }) => [`-${family}`, action === 'start' ? '-b' : '-k', link],
  },
];

/**
 * The commands of a plan, by the DHCP client the host has. Without one nothing can be released, and Failure
 * `no-dhcp-client` says what cannot be asked for.
 */
export function dhcpCommands(processes: Processes, { release, start }: DhcpPlan): DhcpCommands {
  for (const { programs, args } of CLIENTS) {
    const program = processes.find(programs);
    if (program === null) continue;
    const commandOf = (run: DhcpRun): DhcpCommand => ({ run, program, args: args(run) });
    return { release: release.map(commandOf), start: start.map(commandOf) };
  }
  const [first] = start;
  if (first === undefined) return { release: [], start: [] };
  const place = first.origin === null ? '' : `${spellOrigin(first.origin)}: `;
  throw new Failure('no-dhcp-client', `${place}${first.link} gets its addresses by DHCP, and there is no DHCP client`, {
    help: 'install isc-dhcp-client or dhcpcd-base, or give the interface addresses; nothing was changed',
  });
}

/** Milliseconds; a client goes to the background at once, or tells its server and ends. */
const LIMIT = 30_000;

/** What went wrong, in words; null when it is done, or when the client asks already. */
export async function runDhcp(processes: Processes, files: Files, command: DhcpCommand): Promise<string | null> {
  const { run, program, args } = command;
  if (run.action === 'start' && isRunning(files, pidFile(run))) return null;
  const end = await processes.run({ program, args, environment: { PATH }, limit: LIMIT });
  return end.kind === 'exited' && end.code === 0 ? null : `\`${spellDhcpCommand(command)}\`: ${spellEnd(end)}`;
}

export const spellDhcpCommand = ({ program, args }: DhcpCommand): string => [program, ...args].join(' ');

/** Ending what was started, and starting what was released. */
export const opposite = ({ run, program }: DhcpCommand): DhcpCommand[] => {
  const client = CLIENTS.find(({ programs }) => programs.includes(program));
  const back: DhcpRun = { ...run, action: run.action === 'start' ? 'release' : 'start' };
  return client === undefined ? [] : [{ run: back, program, args: client.args(back) }];
};

function isRunning(files: Files, file: string): boolean {
  const bytes = files.read(file);
  const pid = bytes === null ? '' : new TextDecoder().decode(bytes).trim();
  return /^[1-9]\d*$/.test(pid) && files.list(`/proc/${pid}`) !== null;
}
