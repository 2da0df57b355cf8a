import { Failure } from '../diagnostics/index.js';
import type { Passage } from './passage.js';
import type { PortZone, Zone } from './zones.js';

/**
 * The hooks a packet passes between two zones, in order, as the kernel calls them (net/bridge/br_input.c, br_forward.c;
 * spec netlink.md 2.5). Two ports of one bridge: the bridge forwards. Two bridges: the node routes between them.
 */
export function pathBetween(from: Zone, to: Zone): Passage[] {
  if (from.kind === 'host')
    return to.kind === 'host'
      ? [inet('output', null, 'lo'), inet('postrouting', null, 'lo'), ...arrival('lo')]
      : [inet('output', null, to.bridge), inet('postrouting', null, to.bridge), ...departure(to)];
  const enter = bridge('prerouting', from.bridge, from.port, null);
  const rise = bridge('input', from.bridge, from.port, null);
  if (to.kind === 'host') return [enter, rise, ...arrival(from.bridge)];
  if (from.port === to.port) {
    throw new Failure('same-port', `a bridge sends no frame back to the port it came from, ${from.port}`, {
      help: 'name two different zones',
    });
  }
  if (from.bridge === to.bridge)
    return [
      enter,
      bridge('forward', from.bridge, from.port, to.port),
      bridge('postrouting', from.bridge, null, to.port),
    ];
  return [
    enter,
    rise,
    inet('prerouting', from.bridge, null),
    inet('forward', from.bridge, to.bridge),
    inet('postrouting', from.bridge, to.bridge),
    ...departure(to),
  ];
}

/** Are the zones on two bridges, between which the node routes? */
export const isRouted = (from: Zone, to: Zone): boolean =>
  from.kind === 'port' && to.kind === 'port' && from.bridge !== to.bridge;

const arrival = (link: string): Passage[] => [inet('prerouting', link, null), inet('input', link, null)];

/** A packet the node itself puts on a bridge. */
const departure = ({ bridge: name, port }: PortZone): Passage[] => [
  bridge('output', name, null, port),
  bridge('postrouting', name, null, port),
];

const bridge = (hook: Passage['hook'], name: string, iif: string | null, oif: string | null): Passage => ({
  family: 'bridge',
  hook,
  iif,
  oif,
  bridge: name,
});

const inet = (hook: Passage['hook'], iif: string | null, oif: string | null): Passage => ({
  family: 'inet',
  hook,
  iif,
  oif,
  bridge: null,
});
