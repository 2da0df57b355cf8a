import { Command } from 'commander';
import type { Context } from './context.js';
import { addGlobalOptions, keepOption, listOption, OptionReader, positiveNumber, probeOption } from './options.js';

/** Runs a command in a context made from its options. The exit code is what it answers. */
export type Run = (options: OptionReader, act: (context: Context) => Promise<number>) => Promise<void>;

const exitCodes = `
Exit codes: 0 done, 1 error, 2 there are changes (plan, status), 3 refused for safety, 64 wrong usage.`;

/** The command line as a table of commands. Each is loaded when it runs, so that help and errors need none of them. */
export function makeProgram(version: string, run: Run): Command {
  const program = new Command('ringwall')
    .description('Network and firewall manager for Proxmox hosts')
    .version(version)
    .configureHelp({ showGlobalOptions: true })
    // Errors are shown by `main`, in one form for all.
    .configureOutput({ outputError: () => {} })
    .exitOverride()
    .addHelpText('after', exitCodes);
  addGlobalOptions(program);

  program
    .command('check')
    .description('read and resolve all files and show what is wrong with them')
    .option('--strict', 'a warning counts as an error')
    .action((...args: unknown[]) => {
      const options = optionsOf(args);
      return run(options, async (context) =>
        (await import('./check.js')).check(context, { strict: options.flag('strict') }),
      );
    });

  program
    .command('compile')
    .description('print the ruleset as text that `nft -f` loads')
    .option('--out <dir>', 'write DIR/host.nft, DIR/guests/<id>.nft and DIR/links.batch instead')
    .action((...args: unknown[]) => {
      const options = optionsOf(args);
      return run(options, async (context) =>
        (await import('./compile.js')).compile(context, { out: options.text('out') }),
      );
    });

  program
    .command('plan')
    .description('show what apply would change in the kernel; changes nothing')
    .addOption(keepOption())
    .action((...args: unknown[]) => {
      const options = optionsOf(args);
      return run(options, async (context) => (await import('./plan.js')).plan(context, { keep: options.list('keep') }));
    });

  program
    .command('apply')
    .description('bring the kernel to what the files say, in one transaction')
    .option('--confirm <seconds>', 'go back by itself unless confirmed in that time', positiveNumber)
    .option('--extend', 'with --confirm: go on from the change that is pending, with its way back')
    .addOption(probeOption())
    .option('--yes', 'do not ask')
    .option('--force', 'go ahead with a plan that would cut the administrator off')
    .addOption(keepOption())
    .option('--tolerant', 'leave lines with errors inert and apply the rest')
    .option('--run-hooks', 'run the commands of interfaces files (pre-up, up, …, post-down)')
    .action((...args: unknown[]) => {
      const options = optionsOf(args);
      const wanted = {
        confirm: options.number('confirm'),
        extend: options.flag('extend'),
        probes: options.list('probe'),
        yes: options.flag('yes'),
        tolerant: options.flag('tolerant'),
        force: options.flag('force'),
        keep: options.list('keep'),
        runHooks: options.flag('run-hooks'),
      };
      return run(options, async (context) => (await import('./apply.js')).apply(context, wanted));
    });

  program
    .command('confirm')
    .description('keep the change that is pending')
    .option('--extend <seconds>', 'give it that time from now instead', positiveNumber)
    .action((...args: unknown[]) => {
      const options = optionsOf(args);
      return run(options, async (context) =>
        (await import('./confirm.js')).confirm(context, { extend: options.number('extend') }),
      );
    });

  program
    .command('rollback')
    .description('go back to a stored generation (default: the one before)')
    .argument('[generation]', 'its number, as history shows it', positiveNumber)
    .option('--force', 'go ahead with a generation that would cut the administrator off')
    .addOption(keepOption())
    .action((generation: unknown, ...rest: unknown[]) => {
      const options = optionsOf(rest);
      const wanted = {
        generation: typeof generation === 'number' ? generation : undefined,
        force: options.flag('force'),
        keep: options.list('keep'),
      };
      return run(options, async (context) => (await import('./rollback.js')).rollback(context, wanted));
    });

  program
    .command('history')
    .description('list the stored generations, newest first')
    .addOption(listOption('--diff <generations...>', 'show what leads from one generation to another'))
    .action((...args: unknown[]) => {
      const options = optionsOf(args);
      const pair = options.list('diff').map(positiveNumber);
      return run(options, async (context) =>
        pair.length === 0
          ? (await import('./history.js')).history(context)
          : (await import('./history-diff.js')).historyDiff(context, pair),
      );
    });

  program
    .command('status')
    .description('show where the kernel differs from what was applied')
    .action((...args: unknown[]) =>
      run(optionsOf(args), async (context) => (await import('./status.js')).status(context)),
    );

  program
    .command('watch')
    .description('follow the files and apply each change, until SIGTERM; lines with errors do nothing')
    .addOption(keepOption())
    .action((...args: unknown[]) => {
      const options = optionsOf(args);
      return run(options, async (context) =>
        (await import('./watch.js')).watch(context, { keep: options.list('keep') }),
      );
    });

  program
    .command('recover')
    .description('finish or undo what a crash left')
    .option('--boot', 'restore the last confirmed generation when the machine starts, without the files of the site')
    .option('--await', 'wait for the end of a pending change, and take it back unless it is confirmed')
    .option('--paired', 'with --await: be one of two, each of which starts the other one anew')
    .action((...args: unknown[]) => {
      const options = optionsOf(args);
      const wanted = { await: options.flag('await'), paired: options.flag('paired') };
      return run(options, async (context) =>
        options.flag('boot')
          ? (await import('./recover-boot.js')).recoverBoot(context)
          : (await import('./recover.js')).recover(context, wanted),
      );
    });

  program
    .command('clear')
    .description('take our tables out of the kernel')
    .action((...args: unknown[]) =>
      run(optionsOf(args), async (context) => (await import('./clear.js')).clear(context)),
    );

  program
    .command('simulate')
    .description('show what happens to one packet, and the line that decides')
    .requiredOption('--from <zone>', 'host, outside, nfvm, vm<id>[i<n>], ct<id>[i<n>] or <bridge>/<port>')
    .requiredOption('--to <zone>', 'likewise')
    .option('--proto <name>', 'tcp, udp, icmp, icmpv6, another name or a number, or arp (default: tcp)')
    .option('--source <address>', 'its address')
    .option('--dest <address>', 'the address it goes to')
    .option('--sport <port>', 'number or service name')
    .option('--dport <port>', 'number or service name')
    .option('--icmp-type <type>', 'number or name')
    .option('--srctype <type>', 'unicast, local, broadcast, anycast or multicast (default: unicast)')
    .option('--dsttype <type>', 'likewise')
    .option('--state <state>', 'new, established, related, invalid or untracked (default: new)')
    .option('--mac <address>', 'the sender’s MAC address (default: that of the guest)')
    .option('--trace', 'show every rule that is asked on the way')
    .action((...args: unknown[]) => {
      const options = optionsOf(args);
      return run(options, async (context) => {
        const { queryKeys, readQuery } = await import('../simulate/index.js');
        const words = Object.fromEntries(queryKeys.map((key) => [key, options.text(key)]));
        const query = readQuery({ ...words, state: connectionState(words['state']) });
        return (await import('./simulate.js')).simulate(context, query, { trace: options.flag('trace') });
      });
    });

  program
    .command('test')
    .description('run policy tests: YAML lists of packets with the verdict each is to get')
    .argument('<file...>')
    .action((files: unknown, ...rest: unknown[]) =>
      run(optionsOf(rest), async (context) =>
        (await import('./test.js')).test(context, Array.isArray(files) ? files.map(String) : []),
      ),
    );

  program
    .command('counters')
    .description('show packets and bytes for each source line')
    .argument('[guest]', 'only the lines of this guest’s file', positiveNumber)
    .action((guest: unknown, ...rest: unknown[]) =>
      run(optionsOf(rest), async (context) =>
        (await import('./counters.js')).counters(context, typeof guest === 'number' ? guest : undefined),
      ),
    );

  program
    .command('fmt')
    .description('write the lines of firewall files in their canonical layout')
    .argument('<file...>')
    .option('--check', 'write nothing; 1 if a file is to be changed')
    .action((files: unknown, ...rest: unknown[]) => {
      const options = optionsOf(rest);
      return run(options, async (context) =>
        (await import('./fmt.js')).fmt(context, Array.isArray(files) ? files.map(String) : [], {
          check: options.flag('check'),
        }),
      );
    });

  return program;
}

/** `--state` is also where generations are kept, which no simulation asks for: a path is that, a word is a state. */
const connectionState = (word: string | undefined): string | undefined => (word?.includes('/') ? undefined : word);

/** Commander passes the command itself last. */
function optionsOf(args: readonly unknown[]): OptionReader {
  const command = args.at(-1);
  if (!(command instanceof Command)) throw new Error('commander passed no command');
  return new OptionReader(command);
}
