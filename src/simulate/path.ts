import { Failure } from '../diagnostics/index.js';
import type { Passage } from './passage.js';
import type { PortZone, Zone } from './zones.js';

/**
 * The hooks a packet passes between two zones, in order, as the kernel calls them (net/bridge/br_input.c, br_forward.c;
 * spec netlink.md 2.5). Two ports of one bridge: the bridge forwards. Two bridges: the node routes between them.
 */
export function pathBetween(from: Zone, to: Zone): Passage[] {
  if (from.kind === 'host')
    return to.kind === 'host' ? [...sending('lo'), ...arrival('lo')] : [...sending(to.bridge), ...departure(to)];
  if (to.kind === 'host') return [...ascent(from), ...arrival(from.bridge)];
  if (from.port === to.port) {
    throw new Failure('same-port', `a bridge sends no frame back to the port it came from, ${from.port}`, {
      help: 'name two different zones',
    });
  }
  if (from.bridge === to.bridge)
    return [
      bridge('prerouting', from.bridge, from.port, null),
      bridge('forward', from.bridge, from.port, to.port),
      bridge('postrouting', from.bridge, null, to.port),
    ];
  return [
    ...ascent(from),
    inet('prerouting', from.bridge, null),
    inet('forward', from.bridge, to.bridge),
    inet('postrouting', from.bridge, to.bridge),
    ...departure(to),
  ];
}

/** Are the zones on two bridges, between which the node routes? */
export const isRouted = (from: Zone, to: Zone): boolean =>
  from.kind === 'port' && to.kind === 'port' && from.bridge !== to.bridge;

/** A link the node has an address on; of a bridge with the port its frames pass, null where there is none. */
export interface HostLink {
  readonly link: string;
  readonly port: string | null;
}

/** The hooks of a packet that reaches the node itself by one of its links. */
export const pathIn = ({ link, port }: HostLink): Passage[] => [
  ...(port === null ? [] : ascent({ bridge: link, port })),
  ...arrival(link),
];

/** The hooks of a packet that the node itself sends by one of its links. */
export const pathOut = ({ link, port }: HostLink): Passage[] => [
  ...sending(link),
  ...(port === null ? [] : departure({ bridge: link, port })),
];

const arrival = (link: string): Passage[] => [inet('prerouting', link, null), inet('input', link, null)];

const sending = (link: string): Passage[] => [inet('output', null, link), inet('postrouting', null, link)];

type BridgePort = Pick<PortZone, 'bridge' | 'port'>;

/** A frame that a bridge hands up to the node. */
const ascent = ({ bridge: name, port }: BridgePort): Passage[] => [
  bridge('prerouting', name, port, null),
  bridge('input', name, port, null),
];

/** A packet the node itself puts on a bridge. */
const departure = ({ bridge: name, port }: BridgePort): Passage[] => [
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
