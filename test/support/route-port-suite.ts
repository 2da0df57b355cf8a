import { describe, expect, it } from 'vitest';
import {
  addressOf,
  type CurrentLink,
  type CurrentLinks,
  type LinkOperation,
  unicastRoute,
} from '../../src/bridges/index.js';
import type { RoutePort } from '../../src/netlink/index.js';

export interface TestPort {
  readonly port: RoutePort;
  remove(): void;
}

const up = (link: string): LinkOperation => ({ kind: 'set up', link, up: true });
const down = (link: string): LinkOperation => ({ kind: 'set up', link, up: false });
const into = (link: string, master: string | null): LinkOperation => ({ kind: 'set master', link, master });
const veth = (link: string, peer: string): LinkOperation => ({
  kind: 'create link',
  link,
  device: { kind: 'veth', peer },
});
const bridge = (link: string, vlanAware?: boolean): LinkOperation => ({
  kind: 'create link',
  link,
  device: { kind: 'bridge', options: vlanAware === undefined ? {} : { vlanAware } },
});
const vlan = (link: string, parent: string, id: number): LinkOperation => ({
  kind: 'create link',
  link,
  device: { kind: 'vlan', parent, id, protocol: '802.1q' },
});
const bond = (link: string): LinkOperation => ({
  kind: 'create link',
  link,
  device: { kind: 'bond', options: { mode: 'active-backup', miimon: 100 } },
});
const address = (link: string, text: string): LinkOperation => {
  const [own = '', length = ''] = text.split('/');
  return { kind: 'add address', link, address: addressOf({ address: own, length: Number(length) }) };
};
const route = (gateway: string, link: string): LinkOperation => ({
  kind: 'add route',
  route: unicastRoute({ destination: null, gateway, link }, { onlink: true }),
});

const linkIn = ({ links }: CurrentLinks, name: string): CurrentLink | undefined =>
  links.find((link) => link.name === name);
const addressesIn = ({ addresses }: CurrentLinks, name: string): string[] =>
  addresses.flatMap(({ link, address: own, permanent }) => (link === name && permanent ? [own] : []));
const gatewaysIn = ({ routes }: CurrentLinks): string[] => routes.flatMap(({ gateway }) => gateway ?? []);

/** What a plan relies on, of every kernel and of the one in memory; `whole` ones have VLANs and bonds. */
export function routePortSuite(open: () => TestPort, { whole }: { readonly whole: boolean }): void {
  const having = async (
    operations: readonly LinkOperation[],
    check: (state: CurrentLinks, port: RoutePort) => unknown,
  ) => {
    const { port, remove } = open();
    try {
      for (const operation of operations) await port.apply(operation);
      await check(await port.read(), port);
    } finally {
      remove();
    }
  };
  const refused = (before: readonly LinkOperation[], operation: LinkOperation, errno: string) =>
    having(before, (_state, port) => expect(port.apply(operation)).rejects.toMatchObject({ errno }));

  it('a link that goes down keeps its IPv4 addresses and loses IPv6 ones and routes through gateways', () =>
    having(
      [
        veth('a', 'b'),
        up('b'),
        up('a'),
        address('a', '10.9.0.1/24'),
        address('a', '2001:db8::1/64'),
        route('10.9.0.9', 'a'),
        route('2001:db8::9', 'a'),
        down('a'),
      ],
      (state) => {
        expect(addressesIn(state, 'a')).toEqual(['10.9.0.1']);
        expect(gatewaysIn(state)).toEqual([]);
      },
    ));

  it('ports of a deleted bridge stay, as they are, without a master', () =>
    having(
      [veth('a', 'b'), up('a'), bridge('br'), into('a', 'br'), up('br'), { kind: 'delete link', link: 'br' }],
      (state) => expect(linkIn(state, 'a')).toMatchObject({ up: true, master: null, port: null }),
    ));

  it('a veth goes with its peer', () =>
    having([veth('a', 'b'), { kind: 'delete link', link: 'b' }], (state) =>
      expect(linkIn(state, 'a')).toBeUndefined(),
    ));

  it('a small MTU takes IPv6 away', () =>
    having(
      [veth('a', 'b'), up('a'), address('a', '2001:db8::1/64'), { kind: 'set mtu', link: 'a', mtu: 1200 }],
      (state) => expect(addressesIn(state, 'a')).toEqual([]),
    ));

  it('a port that moves to another bridge leaves the first', () =>
    having([veth('a', 'b'), bridge('br'), bridge('br2'), into('a', 'br'), into('a', 'br2')], (state) =>
      expect(linkIn(state, 'a')?.master).toBe('br2'),
    ));

  it('a port has the options of a new port, and keeps those it is given', () =>
    having(
      [
        veth('a', 'b'),
        bridge('br'),
        into('a', 'br'),
        { kind: 'set port', link: 'a', options: { learning: false, isolated: true } },
      ],
      (state) =>
        expect(linkIn(state, 'a')?.port).toMatchObject({ learning: false, isolated: true, unicastFlood: true }),
    ));

  it('options of a bridge are what they are set to, and the others what they were', () =>
    having(
      [
        bridge('br'),
        {
          kind: 'set device',
          link: 'br',
          device: { kind: 'bridge', options: { forwardDelay: 0, ageingTime: 1000, multicastSnooping: false } },
        },
      ],
      (state) =>
        expect(linkIn(state, 'br')?.device).toMatchObject({
          options: { forwardDelay: 0, ageingTime: 1000, multicastSnooping: false, stp: false, priority: 32768 },
        }),
    ));

  it('a route takes the place of the one with its destination and metric', () =>
    having(
      [
        veth('a', 'b'),
        up('a'),
        up('b'),
        route('10.9.0.9', 'a'),
        {
          kind: 'replace route',
          route: unicastRoute({ destination: null, gateway: '10.9.0.8', link: 'a' }, { onlink: true }),
        },
      ],
      (state) => expect(gatewaysIn(state)).toEqual(['10.9.0.8']),
    ));

  describe('many operations at once', () => {
    const names = Array.from({ length: 150 }, (_, place) => `v${place}`);
    const made = names.flatMap((name) => [bridge(name), address(name, '10.9.0.1/24'), up(name)]);

    it('are performed in their order, also on links that are made by those before', () =>
      having([], async (_state, port) => {
        expect(await port.perform(made)).toEqual({ tried: made.length, refusal: null });
        const state = await port.read();
        for (const name of names) {
          expect(linkIn(state, name)?.up).toBe(true);
          expect(addressesIn(state, name)).toEqual(['10.9.0.1']);
        }
      }));

    it.each([
      ['is made', veth('b', 'c')],
      ['comes along with another', veth('a', 'b')],
    ])('know a link that %s by its new index when one of its name went along with another', (_how, make) =>
      having([veth('a', 'b')], async (_state, port) => {
        await port.read();
        const anew = [{ kind: 'delete link', link: 'a' } as const, make, address('b', '10.9.0.1/24'), up('b')];
        expect(await port.perform(anew)).toEqual({ tried: anew.length, refusal: null });
        const state = await port.read();
        expect(linkIn(state, 'b')?.up).toBe(true);
        expect(addressesIn(state, 'b')).toEqual(['10.9.0.1']);
      }),
    );

    it('end with one that is refused: those before it are done, those that were not tried are not', () =>
      having([], async (_state, port) => {
        const place = 60;
        const { tried, refusal } = await port.perform(made.with(place, up('absent')));
        expect(refusal).toMatchObject({ place, failure: { errno: 'ENODEV' } });
        expect(tried).toBeGreaterThan(place);
        const state = await port.read();
        const count = (operations: readonly LinkOperation[]): number =>
          operations.filter(({ kind }) => kind === 'create link').length;
        const found = names.filter((name) => linkIn(state, name) !== undefined).length;
        expect(found).toBeGreaterThanOrEqual(count(made.slice(0, place)));
        expect(found).toBeLessThanOrEqual(count(made.slice(0, tried)));
      }));

    it('go on after a refusal that is excused', () =>
      having([bridge('br')], async (_state, port) => {
        const operations = [bridge('br'), address('br', '10.9.0.1/24'), up('absent'), up('br')];
        expect(await port.perform(operations, () => true)).toEqual({ tried: 4, refusal: null });
        const state = await port.read();
        expect(linkIn(state, 'br')?.up).toBe(true);
        expect(addressesIn(state, 'br')).toEqual(['10.9.0.1']);
      }));
  });

  it.each<[string, readonly LinkOperation[], LinkOperation, string]>([
    ['a name twice', [bridge('br')], bridge('br'), 'EEXIST'],
    ['an address twice', [veth('a', 'b'), address('a', '10.9.0.1/24')], address('a', '10.9.0.1/24'), 'EEXIST'],
    ['a bridge in a bridge', [bridge('br'), bridge('br2')], into('br2', 'br'), 'ELOOP'],
    ['a second default route', [veth('a', 'b'), up('a'), route('10.9.0.9', 'a')], route('10.9.0.8', 'a'), 'EEXIST'],
    [
      'a short delay while STP is on',
      [bridge('br'), { kind: 'set device', link: 'br', device: { kind: 'bridge', options: { stp: true } } }],
      { kind: 'set device', link: 'br', device: { kind: 'bridge', options: { forwardDelay: 100 } } },
      'ERANGE',
    ],
  ])('%s is refused', (_what, before, operation, errno) => refused(before, operation, errno));

  if (!whole) return;

  it('VLAN devices come up with their parent, go down with it, and go with it', () =>
    having([veth('a', 'b'), vlan('a.5', 'a', 5), up('a')], async (state, port) => {
      expect(linkIn(state, 'a.5')?.up).toBe(true);
      await port.apply(down('a'));
      expect(linkIn(await port.read(), 'a.5')?.up).toBe(false);
      await port.apply({ kind: 'delete link', link: 'a' });
      expect(linkIn(await port.read(), 'a.5')).toBeUndefined();
    }));

  it('a slave must be down, comes up in its bond and goes down when it leaves', () =>
    having([veth('a', 'b'), bond('bo'), up('a')], async (_state, port) => {
      await expect(port.apply(into('a', 'bo'))).rejects.toMatchObject({ errno: 'EPERM' });
      await port.apply(down('a'));
      await port.apply(into('a', 'bo'));
      expect(linkIn(await port.read(), 'a')).toMatchObject({ up: true, master: 'bo' });
      await port.apply(into('a', null));
      expect(linkIn(await port.read(), 'a')).toMatchObject({ up: false, master: null });
    }));

  it('VLAN ids: a new PVID leaves the old one untagged, an id without flags loses them, all go with the bridge', () =>
    having([veth('a', 'b'), bridge('br', true), into('a', 'br')], async (state, port) => {
      const ids = async () =>
        (linkIn(await port.read(), 'a')?.vlans ?? []).map(
          ({ first, last, pvid, untagged }) => `${first}-${last}${pvid ? ' pvid' : ''}${untagged ? ' untagged' : ''}`,
        );
      const add = (first: number, last: number, flag: boolean) =>
        port.apply({ kind: 'add vlans', link: 'a', self: false, vlans: { first, last, pvid: flag, untagged: flag } });
      expect(linkIn(state, 'a')?.vlans).toEqual([{ first: 1, last: 1, pvid: true, untagged: true }]);
      await add(7, 7, true);
      expect(await ids()).toEqual(['1-1 untagged', '7-7 pvid untagged']);
      await add(2, 9, false);
      expect(await ids()).toEqual(['1-1 untagged', '2-9']);
      await port.apply(into('a', null));
      expect(await ids()).toEqual([]);
    }));

  it.each<[string, readonly LinkOperation[], LinkOperation, string]>([
    ['a VLAN id twice', [veth('a', 'b'), vlan('x', 'a', 5)], vlan('y', 'a', 5), 'EEXIST'],
    ['a VLAN device up on a parent that is down', [veth('a', 'b'), vlan('x', 'a', 5)], up('x'), 'ENETDOWN'],
    [
      'an MTU above the parent’s',
      [veth('a', 'b'), vlan('x', 'a', 5)],
      { kind: 'set mtu', link: 'x', mtu: 1501 },
      'ERANGE',
    ],
    [
      'another mode of a bond with slaves',
      [veth('a', 'b'), bond('bo'), into('a', 'bo')],
      { kind: 'set device', link: 'bo', device: { kind: 'bond', options: { mode: 'balance-rr' } } },
      'ENOTEMPTY',
    ],
  ])('%s is refused', (_what, before, operation, errno) => refused(before, operation, errno));
}
