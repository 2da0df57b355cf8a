import type { Report } from '../diagnostics/index.js';
import type { Match, Rule } from '../ruleset/index.js';
import { managementSet, merge, originOf, range } from '../ruleset/index.js';
import type { AddressRange, Site } from '../site/index.js';
import { address, implied, inSet, is, TCP, UDP, verdict } from './build.js';
import type { Names } from './names.js';
import { membersOf, NO_MEMBERS, setContent, unclearSet } from './names.js';
import type { SetUse } from './set-use.js';

/** Web interface, SSH, SPICE proxy, VNC, and the ports of unencrypted migration (spec firewall.md 5.8). */
const MANAGEMENT_IN = [22, 3128, range(5900, 5999), 8006, range(60000, 60050)] as const;
const MANAGEMENT_OUT = [22, 3128, range(5900, 5999), 8006] as const;
/** udp and udpu use one pair of ports; knet one port for each link from 5405 on (corosync.conf(5)). */
const COROSYNC_PORTS = { udp: range(5404, 5405), udpu: range(5404, 5405), knet: range(5404, 5412) } as const;

/** The set `management` with the local network added (spec firewall.md 5.3). */
export function managementIn(site: Site, names: Names, sets: SetUse, report: Report): Rule[] {
  const declared = names.ownSet('dc', 'management');
  const local = site.network.local?.network;
  const span = declared?.set.span ?? site.network.local?.span ?? null;
  const { members, unclear } = declared === undefined ? NO_MEMBERS : membersOf(declared.set, names);
  if (declared && unclear !== null) {
    report(unclearSet('management', declared.set.span, unclear, 'nobody gets to the management ports for being in it'));
    return [];
  }
  const content = setContent([...members, ...(local === undefined ? [] : [{ nomatch: false, range: local }])]);
  return ([4, 6] as const).flatMap((family) => {
    const elements = content[family];
    if (elements.length === 0) return [];
    const set = sets.add(managementSet(family), family, elements, span && originOf(span));
    return [
      implied(
        'management',
        [inSet(address(family, 'saddr'), set), is('meta l4proto', TCP), is('th dport', ...MANAGEMENT_IN)],
        verdict('accept'),
      ),
    ];
  });
}

/** What the node itself may open to its own network. */
export function managementOut(site: Site): Rule[] {
  const local = site.network.local?.network;
  if (local === undefined) return [];
  return [
    implied(
      'management',
      [to('daddr', local), is('meta l4proto', TCP), is('th dport', ...MANAGEMENT_OUT)],
      verdict('accept'),
    ),
  ];
}

/** Peer by peer and link by link: an address of one link never speaks to another (spec firewall.md 5.8). */
export function corosyncRules({ network: { corosync } }: Site, direction: 'in' | 'out'): Rule[] {
  if (corosync === null) return [];
  const ports = [is('meta l4proto', UDP), is('th dport', COROSYNC_PORTS[corosync.transport])];
  const [peerSide, ownSide] = direction === 'in' ? (['saddr', 'daddr'] as const) : (['daddr', 'saddr'] as const);
  const rules = corosync.links.flatMap(({ link, own, peers }) => {
    if (peers.length === 0) return [];
    const peerAddresses = is(address(own.family, peerSide), ...merge(peers.map(({ interval }) => interval)));
    const pair = direction === 'in' ? [peerAddresses, to(ownSide, own)] : [to(ownSide, own), peerAddresses];
    return [implied(`corosync link ${link}`, [...pair, ...ports], verdict('accept'))];
  });
  const multicast = implied('corosync multicast', [is('fib daddr type', 5), ...ports], verdict('accept'));
  return corosync.transport === 'udp' ? [...rules, multicast] : rules;
}

const to = (direction: 'saddr' | 'daddr', { family, interval }: AddressRange): Match =>
  is(address(family, direction), interval);
