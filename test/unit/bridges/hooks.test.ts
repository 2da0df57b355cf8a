import { describe, expect, it } from 'vitest';
import {
  type CurrentLinks,
  LinkModel,
  type Links,
  linkFates,
  mergeGoal,
  noLinks,
  type OwedHooks,
  planDhcp,
  planHooks,
  planLinks,
  spellHookRun,
} from '../../../src/bridges/index.js';
import { bareLink } from '../../support/bare-link.js';
import { desiredOf } from './site.js';

const host: CurrentLinks = {
  links: [bareLink('en0', 1), bareLink('en1', 2)],
  addresses: [],
  routes: [],
  forwarding: [],
};

/** A kernel with the links of each text applied to it in turn, the hooks of each run. */
function runs(...texts: readonly string[]) {
  let current = host;
  let before: Links = noLinks;
  let owed: OwedHooks = new Map();
  let hooks = planHooks([], owed);
  let dhcp = planDhcp([]);
  for (const text of texts) {
    const desired = desiredOf(text).links;
    const { steps } = planLinks(mergeGoal(before, desired, current), current);
    const fates = linkFates(before, desired, current, steps);
    hooks = planHooks(fates, owed);
    dhcp = planDhcp(fates);
    owed = hooks.owed;
    const model = new LinkModel(current);
    for (const { operation } of steps) model.perform(operation);
    current = model.state();
    before = desired;
  }
  const spell = (runs: typeof hooks.before) => runs.map((run) => spellHookRun(run).replace(/^> hook \S+ {2}/, ''));
  return {
    before: spell(hooks.before),
    after: spell(hooks.after),
    undo: spell(hooks.undo),
    release: dhcp.release.map(({ link, family }) => `${link} ${family}`),
    start: dhcp.start.map(({ link, family }) => `${link} ${family}`),
  };
}

const all = (name: string): string =>
  ['post-down', 'down', 'pre-down', 'post-up', 'up', 'pre-up'].map((phase) => `\t${phase} ${phase} ${name}\n`).join('');
const bridge = (more = ''): string => `auto br\niface br\n\tbridge-ports en0\n${more}`;
const none = { before: [], after: [], undo: [], release: [], start: [] };

describe('hooks', () => {
  it('a link that is made is raised, in the order of the phases', () => {
    expect(runs(bridge(all('br')))).toEqual({
      ...none,
      before: ['br  pre-up: pre-up br'],
      after: ['br  up: up br', 'br  post-up: post-up br'],
      undo: ['br  pre-down: pre-down br', 'br  down: down br', 'br  post-down: post-down br'],
    });
  });

  it('a link that stays as it is runs none, wherever its lines stand', () => {
    expect(runs(bridge(all('br')), `# a comment\n${bridge(all('br'))}`)).toEqual(none);
  });

  it('a link that changes is lowered by the commands it had, before it is raised by those it has', () => {
    const {
      before,
      after: then,
      undo,
    } = runs(
      bridge('\tpost-up a\n\tpre-down b\n\tpost-down c\n'),
      bridge('\tmtu 1400\n\tpre-up d\n\tpost-up e\n\tpost-down f\n'),
    );
    expect(before).toEqual(['br  pre-down: b', 'br  post-down: c', 'br  pre-up: d']);
    expect(then).toEqual(['br  post-up: e']);
    expect(undo).toEqual(['br  post-down: f', 'br  post-up: a']);
  });

  it('other commands are a change, too', () => {
    expect(runs(bridge('\tup a\n\tdown b\n'), bridge('\tup c\n')).before).toEqual(['br  down: b']);
    expect(runs(bridge('\tup a\n\tdown b\n'), bridge('\tup c\n')).after).toEqual(['br  up: c']);
  });

  it('a link that goes is lowered around its removal', () => {
    const gone = runs(bridge(all('br')), 'auto en1\niface en1\n');
    expect(gone.before).toEqual(['br  pre-down: pre-down br', 'br  down: down br']);
    expect(gone.after).toEqual(['br  post-down: post-down br']);
    expect(gone.undo).toEqual(['br  pre-up: pre-up br', 'br  up: up br', 'br  post-up: post-up br']);
  });

  it('a second change finds nothing to lower twice', () => {
    expect(runs(bridge(all('br')), 'auto en1\niface en1\n', 'auto en1\niface en1\n\tmtu 1400\n')).toEqual(none);
  });

  it('lowers are raised before uppers and lowered after them', () => {
    const text = (mtu: string) => `${bridge(`\tup u\n\tdown d\n${mtu}`)}iface en0\n\tup u0\n\tdown d0\n${mtu}`;
    const changed = runs(text(''), text('\tmtu 1400\n'));
    expect(changed.before).toEqual(['br  down: d', 'en0  down: d0']);
    expect(changed.after).toEqual(['en0  up: u0', 'br  up: u']);
  });

  it('a link nobody brings up has none, nor has hardware that is not there', () => {
    expect(runs('iface en0\n\tup a\n')).toEqual(none);
    expect(runs('auto en9\niface en9\n\tup a\n')).toEqual(none);
    expect(runs('auto t\niface t inet tunnel\n\tmode gre\n\tup a\n')).toEqual(none);
  });

  it('what was there at the first apply and stays as it is was raised by another program', () => {
    const up: CurrentLinks = { ...host, links: host.links.map((link) => ({ ...link, up: true })) };
    const desired = desiredOf('auto en0\niface en0\n\tup a\n').links;
    const { steps } = planLinks(mergeGoal(noLinks, desired, up), up);
    expect(steps).toEqual([]);
    expect(planHooks(linkFates(noLinks, desired, up, steps), new Map()).after).toEqual([]);
  });

  it('nothing is lowered that was not raised', () => {
    const fates = linkFates(desiredOf(bridge(all('br'))).links, noLinks, host, []);
    expect(planHooks(fates, new Map()).before).toEqual([]);
  });
});

describe('DHCP', () => {
  const dhcp = (family: string, name = 'en0') => `auto ${name}\niface ${name} ${family} dhcp\n`;

  it('is asked for once, by family', () => {
    expect(runs(dhcp('inet'))).toEqual({ ...none, start: ['en0 4'] });
    expect(runs(dhcp('inet'), dhcp('inet'))).toEqual(none);
    expect(runs(dhcp('inet'), `${dhcp('inet')}iface en0 inet6 dhcp\n`)).toEqual({ ...none, start: ['en0 6'] });
  });

  it('is released with its line and with its link', () => {
    expect(runs(dhcp('inet'), 'auto en0\niface en0 inet manual\n')).toEqual({ ...none, release: ['en0 4'] });
    const aware = `${dhcp('inet', 'br')}\tbridge-ports none\n`;
    expect(runs(aware, 'auto en0\niface en0\n')).toEqual({ ...none, release: ['br 4'] });
  });

  it('is not asked for on a link that is to stay down', () => {
    expect(runs(`${dhcp('inet')}\tlink-down yes\n`)).toEqual(none);
    expect(runs(dhcp('inet'), `${dhcp('inet')}\tlink-down yes\n`)).toEqual({ ...none, release: ['en0 4'] });
  });

  it('a link that changes keeps asking, one that is made anew asks anew', () => {
    const vlan = (id: number, more = '') =>
      `auto v\niface v inet dhcp\n\tvlan-raw-device en0\n\tvlan-id ${id}\n${more}`;
    expect(runs(vlan(5), vlan(5, '\tmtu 1400\n'))).toEqual(none);
    expect(runs(vlan(5), vlan(6))).toEqual({ ...none, release: ['v 4'], start: ['v 4'] });
  });
});
