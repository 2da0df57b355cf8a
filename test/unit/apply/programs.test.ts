import { describe, expect, it } from 'vitest';
import { FakeRoute } from '../../../src/netlink/index.js';
import { memoryProcesses, type Program } from '../../../src/ports/index.js';
import { LinksWorld } from '../../support/links-world.js';
import { desiredOf } from '../bridges/site.js';

const done: Program = () => ({ kind: 'exited', code: 0, output: '' });
const fails: Program = () => ({ kind: 'exited', code: 2, output: 'cannot\n' });

function host(programs: Readonly<Record<string, Program>>) {
  const processes = memoryProcesses(programs);
  const port = new FakeRoute();
  const world = new LinksWorld(port, processes);
  return {
    world,
    apply: (text: string, hooks = true) => world.apply(desiredOf(text).links, hooks),
    /** What was run since the last call. */
    ran: () => processes.runs.splice(0).map(({ program, args }) => [program, ...args].join(' ')),
    processes,
  };
}

const bridge = (more: string): string => `auto br\niface br\n\tbridge-ports none\n${more}`;
const raised = bridge('\tpre-up a\n\tpost-up b\n\tpre-down c\n\tpost-down d\n');
const nobody = 'auto lo\niface lo inet loopback\n';
const sh = (...commands: string[]) => commands.map((command) => `/bin/sh -c ${command}`);

describe('commands of interfaces files', () => {
  it('run when they are asked for, with the link and its options in their environment', async () => {
    const { apply, processes } = host({ '/bin/sh': done });
    const applied = await apply(bridge('\tup echo $IFACE "$(id)"\n'));
    expect(applied.warnings).toEqual([]);
    expect(processes.runs).toEqual([
      {
        program: '/bin/sh',
        args: ['-c', 'echo br "$(id)"'],
        environment: {
          IF_BRIDGE_PORTS: 'none',
          IFACE: 'br',
          LOGICAL: 'br',
          MODE: 'start',
          PHASE: 'post-up',
          VERBOSITY: '0',
          PATH: '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin',
        },
        limit: 60_000,
      },
    ]);
  });

  it('run in pairs, also when applying in between ran none', async () => {
    const { apply, ran } = host({ '/bin/sh': done });
    await apply(raised);
    expect(ran()).toEqual(sh('a', 'b'));
    await apply(bridge('\tmtu 1400\n\tpost-down e\n'), false);
    expect(ran()).toEqual([]);
    await apply(nobody);
    expect(ran()).toEqual(sh('c', 'd'));
  });

  it('nothing is lowered that was raised without being asked for', async () => {
    const { apply, ran } = host({ '/bin/sh': done });
    await apply(raised, false);
    await apply(nobody);
    expect(ran()).toEqual([]);
  });

  it('one that fails is a warning that names its line', async () => {
    const { apply, world } = host({ '/bin/sh': fails });
    const { warnings, generation } = await apply(bridge('\tup b\n'));
    expect(warnings).toEqual(['interfaces:4: up of br failed, `b`: exit code 2: cannot']);
    expect(generation).toBe(1);
    expect((await world.read()).links).toHaveLength(1);
  });

  it('when the links are taken back, so is what their commands did', async () => {
    const { apply, ran, world } = host({ '/bin/sh': done });
    await apply(raised);
    ran();
    world.failAt = world.applied;
    await expect(apply(bridge('\tmtu 1400\n\tpre-up e\n\tdown f\n'))).rejects.toThrow('every step was undone');
    expect(ran()).toEqual(sh('c', 'd', 'e', 'f', 'a', 'b'));
    await apply(nobody);
    expect(ran()).toEqual(sh('c', 'd'));
  });

  it('nothing runs when nothing changes, and there is no new generation', async () => {
    const { apply, ran } = host({ '/bin/sh': done });
    const first = await apply(raised);
    ran();
    expect(await apply(raised)).toEqual({ generation: first.generation, changes: [], warnings: [], pending: null });
    expect(ran()).toEqual([]);
  });
});

describe('the DHCP client', () => {
  const asks = 'auto br\niface br inet dhcp\n\tbridge-ports none\n';
  const both = `${asks}iface br inet6 dhcp\n`;
  const dhclient = (family: number, what: string) => {
    const name = family === 6 ? 'dhclient6' : 'dhclient';
    return `/usr/sbin/dhclient -${family} ${what} -pf /run/${name}.br.pid -lf /var/lib/dhcp/${name}.br.leases br`;
  };

  it('is started for each family, and releases what it got', async () => {
    const { apply, ran } = host({ '/usr/sbin/dhclient': done });
    const { changes } = await apply(both);
    expect(changes.filter(({ kind }) => kind === 'dhcp')).toMatchObject([
      { action: 'create', name: 'br', text: dhclient(4, '-nw'), origin: { line: 2 }, disruption: 'none' },
      { action: 'create', name: 'br', text: dhclient(6, '-nw') },
    ]);
    expect(ran()).toEqual([dhclient(4, '-nw'), dhclient(6, '-nw')]);
    await apply(asks);
    expect(ran()).toEqual([dhclient(6, '-r')]);
    await apply(nobody);
    expect(ran()).toEqual([dhclient(4, '-r')]);
  });

  it('may be dhcpcd', async () => {
    const { apply, ran } = host({ '/sbin/dhcpcd': done });
    await apply(asks);
    await apply(nobody);
    expect(ran()).toEqual(['/sbin/dhcpcd -4 -b br', '/sbin/dhcpcd -4 -k br']);
  });

  it('that is missing is said before anything is touched', async () => {
    const { apply, world } = host({});
    await expect(apply(asks)).rejects.toMatchObject({
      code: 'no-dhcp-client',
      message: 'interfaces:2: br gets its addresses by DHCP, and there is no DHCP client',
    });
    expect(world.applied).toBe(0);
    expect(world.files.list('/var/lib/ringwall/generations')).toBeNull();
  });

  it('that was removed meanwhile does not keep a link from going', async () => {
    const programs: Record<string, Program> = { '/usr/sbin/dhclient': done };
    const { apply, world } = host(programs);
    await apply(asks);
    delete programs['/usr/sbin/dhclient'];
    await apply(nobody);
    expect((await world.read()).links).toEqual([]);
  });

  it('that fails takes everything back, with the clients that were started', async () => {
    const { apply, ran, world } = host({
      '/usr/sbin/dhclient': (command) => (command.args[0] === '-6' ? fails(command) : done(command)),
    });
    await expect(apply(both)).rejects.toThrow(/^the DHCP client failed: .*cannot.*every step was undone$/);
    expect(ran()).toEqual([dhclient(4, '-nw'), dhclient(6, '-nw'), dhclient(4, '-r')]);
    expect((await world.read()).links).toEqual([]);
  });

  it('that asks already, because ifupdown2 has started it, is left alone', async () => {
    const { apply, ran, world } = host({ '/usr/sbin/dhclient': done });
    world.files.makeDirectory('/run');
    world.files.makeDirectory('/proc/77');
    world.files.writeAtomically('/run/dhclient.br.pid', '77\n');
    await apply(asks);
    expect(ran()).toEqual([]);
  });
});
