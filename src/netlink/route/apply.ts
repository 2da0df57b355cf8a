import { Failure } from '../../diagnostics/index.js';
import { libc } from '../libc.js';
import { namespaceFile } from '../namespace.js';
import { NLM_F_CREATE, NLM_F_EXCL } from '../wire.js';
import { addressBytes, hardwareBytes, linkName } from './address.js';
import type { RouteRequests } from './requests.js';
import * as schema from './schema.js';
import { linkHeaderOf, messageType } from './schema.js';
import type { LinkNamespace, NewLink, Prefix, RouteStep } from './types.js';

const IFF_UP = 1;
const AF_INET = 2;
const AF_INET6 = 10;
const NEW = NLM_F_CREATE | NLM_F_EXCL;
// Values of rtmsg and ifaddrmsg.
const RT_TABLE_MAIN = 254;
const RTPROT_STATIC = 4;
const RTN_UNICAST = 1;
const RT_SCOPE_UNIVERSE = 0;
const RT_SCOPE_LINK = 253;
/** IFA_F_NODAD: a bridge without ports would leave an IPv6 address tentative forever. */
const NO_DUPLICATE_DETECTION = 2;

export async function applyStep(requests: RouteRequests, step: RouteStep): Promise<void> {
  switch (step.kind) {
    case 'create link':
      return createLink(requests, step.link);
    case 'delete link': {
      const question = { header: linkHeaderOf({}), attributes: { name: linkName(step.link) } };
      return requests.change(`deleting ${step.link}`, messageType.deleteLink, 0, schema.link, question);
    }
    case 'set up':
      return changeLink(requests, step.link, step.up ? 'setting up' : 'setting down', {}, step.up);
    case 'set master': {
      const master = step.master === null ? 0 : await indexOf(requests, step.master);
      return changeLink(requests, step.link, `putting into ${step.master ?? 'no bridge'}`, { master });
    }
    case 'set hardware address':
      return changeLink(requests, step.link, 'setting the address of', { address: hardwareBytes(step.address) });
    case 'set mtu':
      return changeLink(requests, step.link, 'setting the MTU of', { mtu: step.mtu });
    case 'rename link':
      return changeLink(requests, step.link, 'renaming', { name: linkName(step.name) });
    case 'move link':
      return moveLink(requests, step.link, step.to);
    case 'add address':
    case 'delete address':
      return changeAddress(requests, step.kind, step.link, step.prefix);
    case 'add route':
    case 'delete route':
      return changeRoute(requests, step);
  }
}

function createLink(requests: RouteRequests, link: NewLink): Promise<void> {
  const attributes: schema.NewLinkAttributes = {
    name: linkName(link.name),
    info:
      link.kind === 'veth'
        ? { kind: 'veth', data: { peer: { header: linkHeaderOf({}), attributes: { name: linkName(link.peer) } } } }
        : { kind: link.kind },
  };
  const question = { header: linkHeaderOf({}), attributes };
  return requests.change(`creating ${link.kind} ${link.name}`, messageType.newLink, NEW, schema.newLink, question);
}

/** `up` null leaves the link's state alone. */
async function changeLink(
  requests: RouteRequests,
  link: string,
  what: string,
  attributes: schema.LinkAttributes,
  up: boolean | null = null,
): Promise<void> {
  const index = await indexOf(requests, link);
  const state = up === null ? {} : { flags: up ? IFF_UP : 0, change: IFF_UP };
  const question = { header: linkHeaderOf({ index, ...state }), attributes };
  return requests.change(`${what} ${link}`, messageType.setLink, 0, schema.link, question);
}

async function moveLink(requests: RouteRequests, link: string, to: LinkNamespace): Promise<void> {
  if ('pid' in to) return changeLink(requests, link, 'moving', { namespacePid: to.pid });
  const fd = namespaceFile(to.name);
  try {
    await changeLink(requests, link, 'moving', { namespaceFd: fd });
  } finally {
    libc.close(fd);
  }
}

async function changeAddress(
  requests: RouteRequests,
  kind: 'add address' | 'delete address',
  link: string,
  prefix: Prefix,
): Promise<void> {
  const bytes = prefixBytes(prefix);
  const question = {
    header: {
      family: familyOf(bytes),
      prefixLength: prefix.length,
      flags: kind === 'add address' && bytes.length === 16 ? NO_DUPLICATE_DETECTION : 0,
      scope: RT_SCOPE_UNIVERSE,
      index: await indexOf(requests, link),
    },
    attributes: { local: bytes, address: bytes },
  };
  const what = `${kind} ${prefix.address}/${prefix.length} on ${link}`;
  if (kind === 'add address') return requests.change(what, messageType.newAddress, NEW, schema.address, question);
  return requests.change(what, messageType.deleteAddress, 0, schema.address, question);
}

async function changeRoute(
  requests: RouteRequests,
  { kind, destination, gateway, link }: Extract<RouteStep, { kind: 'add route' | 'delete route' }>,
): Promise<void> {
  const target = destination === null ? undefined : prefixBytes(destination);
  const via = gateway === null ? undefined : addressBytes(gateway);
  const family = target ?? via;
  if (family === undefined) throw new Failure('bad-route', 'a default route needs a gateway');
  const question = {
    header: {
      family: familyOf(family),
      destinationLength: destination?.length ?? 0,
      sourceLength: 0,
      tos: 0,
      table: RT_TABLE_MAIN,
      protocol: kind === 'add route' ? RTPROT_STATIC : 0,
      scope: via === undefined && family.length === 4 ? RT_SCOPE_LINK : RT_SCOPE_UNIVERSE,
      type: RTN_UNICAST,
      flags: 0,
    },
    attributes: {
      ...(target === undefined ? {} : { destination: target }),
      ...(via === undefined ? {} : { gateway: via }),
      ...(link === null ? {} : { outInterface: await indexOf(requests, link) }),
    },
  };
  const what = `${kind} ${destination === null ? 'default' : `${destination.address}/${destination.length}`}`;
  if (kind === 'add route') return requests.change(what, messageType.newRoute, NEW, schema.route, question);
  return requests.change(what, messageType.deleteRoute, 0, schema.route, question);
}

async function indexOf(requests: RouteRequests, name: string): Promise<number> {
  const question = { header: linkHeaderOf({}), attributes: { name: linkName(name) } };
  const [found] = await requests.get(`looking up ${name}`, messageType.getLink, schema.link, question, schema.link);
  if (found === undefined) throw new Failure('no-such-link', `there is no interface ${name}`);
  return found.header.index;
}

function prefixBytes({ address, length }: Prefix): Buffer {
  const bytes = addressBytes(address);
  if (!Number.isInteger(length) || length < 0 || length > bytes.length * 8) {
    throw new Failure('bad-address', `${address} cannot have the prefix length ${length}`);
  }
  return bytes;
}

const familyOf = (bytes: Buffer): number => (bytes.length === 4 ? AF_INET : AF_INET6);
