import { isIPv4 } from 'node:net';
import type { Forwarding, LinkAddress, LinkOperation, Prefix, Route } from '../../bridges/index.js';
import { Failure } from '../../diagnostics/index.js';
import { NLM_F_APPEND, NLM_F_CREATE, NLM_F_EXCL, NLM_F_REPLACE } from '../wire.js';
import { addressBytes } from './address.js';
import type { LinkIndexes } from './indexes.js';
import { type RouteRequest, request } from './requests.js';
import * as schema from './schema.js';
import { messageType } from './schema.js';

const AF_BRIDGE = 7;
const AF_INET = 2;
const AF_INET6 = 10;
const NEW = NLM_F_CREATE | NLM_F_EXCL;
/** IFA_F_NODAD: a bridge without ports would leave an IPv6 address tentative forever. */
const NO_DUPLICATE_DETECTION = 2;
/** RTNH_F_ONLINK */
const ONLINK = 4;
/** NTF_* and NUD_* (uapi linux/neighbour.h). */
const NTF_SELF = 2;
const NTF_MASTER = 4;
const NUD_NOARP = 0x40;
const NUD_PERMANENT = 0x80;

export function changeAddress(
  indexes: LinkIndexes,
  kind: 'add address' | 'delete address',
  link: string,
  address: LinkAddress,
): RouteRequest {
  const { address: local, prefixLength, scope, broadcast, peer, preferredLifetime } = address;
  checkPrefix({ address: local, length: prefixLength });
  const six = !isIPv4(local);
  const question = {
    header: {
      family: six ? AF_INET6 : AF_INET,
      prefixLength,
      flags: kind === 'add address' && six ? NO_DUPLICATE_DETECTION : 0,
      scope,
      index: indexes.of(link),
    },
    attributes: {
      local,
      address: peer ?? local,
      ...(broadcast === undefined ? {} : { broadcast }),
      ...(preferredLifetime === undefined ? {} : { preferredLifetime }),
    },
  };
  const what = `${kind} ${local}/${prefixLength} on ${link}`;
  if (kind === 'add address') return request(what, messageType.newAddress, NEW, schema.address, question);
  return request(what, messageType.deleteAddress, 0, schema.address, question);
}

export function changeRoute(
  indexes: LinkIndexes,
  kind: Extract<LinkOperation, { route: Route }>['kind'],
  route: Route,
): RouteRequest {
  const { family, destination, gateway, link, table, metric, protocol, type, scope, onlink, source } = route;
  if (destination !== null) checkPrefix(destination);
  if (gateway !== null) addressBytes(gateway);
  const question = {
    header: {
      family: family === 4 ? AF_INET : AF_INET6,
      destinationLength: destination?.length ?? 0,
      sourceLength: 0,
      tos: 0,
      // Tables above 255 are said in the attribute only.
      table: table < 256 ? table : 0,
      protocol,
      scope,
      type,
      flags: onlink ? ONLINK : 0,
    },
    attributes: {
      table,
      ...(destination === null ? {} : { destination: destination.address }),
      ...(gateway === null ? {} : { gateway }),
      ...(metric === 0 ? {} : { priority: metric }),
      ...(source === undefined ? {} : { preferredSource: source }),
      ...(link === null ? {} : { outInterface: indexes.of(link) }),
    },
  };
  const to = destination === null ? 'default' : `${destination.address}/${destination.length}`;
  const what = `${kind} ${to}${gateway === null ? '' : ` via ${gateway}`}`;
  switch (kind) {
    case 'add route':
      return request(what, messageType.newRoute, NEW, schema.route, question);
    case 'replace route':
      return request(what, messageType.newRoute, NLM_F_CREATE | NLM_F_REPLACE, schema.route, question);
    case 'delete route':
      return request(what, messageType.deleteRoute, 0, schema.route, question);
  }
}

export function changeForwarding(
  indexes: LinkIndexes,
  kind: 'add forwarding' | 'delete forwarding',
  { link, mac, of, vlan, destination }: Forwarding,
): RouteRequest {
  const question = {
    header: {
      family: AF_BRIDGE,
      index: indexes.of(link),
      state: of === 'self' ? NUD_PERMANENT : NUD_NOARP,
      flags: of === 'self' ? NTF_SELF : NTF_MASTER,
      type: 0,
    },
    attributes: {
      linkAddress: mac,
      ...(destination === undefined ? {} : { destination }),
      ...(vlan === undefined ? {} : { vlan }),
    },
  };
  const what = `${kind} ${mac}${destination === undefined ? '' : ` at ${destination}`} on ${link}`;
  // The stations behind a tunnel that nobody knows have one entry for each other end. A station that a bridge knows may have
  // been learned a moment ago: what is said of it takes that place.
  const flags = NLM_F_CREATE | (destination === undefined ? NLM_F_REPLACE : NLM_F_APPEND);
  if (kind === 'add forwarding') {
    return request(what, messageType.newNeighbour, flags, schema.neighbour, question);
  }
  return request(what, messageType.deleteNeighbour, 0, schema.neighbour, question);
}

function checkPrefix({ address, length }: Prefix): void {
  const bytes = addressBytes(address);
  if (Number.isInteger(length) && length >= 0 && length <= bytes.length * 8) return;
  throw new Failure('bad-address', `${address} cannot have the prefix length ${length}`);
}
