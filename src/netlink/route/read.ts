import { MalformedMessage } from '../wire.js';
import { addressText, hardwareText } from './address.js';
import type { RouteRequests } from './requests.js';
import * as schema from './schema.js';
import { linkHeaderOf, messageType } from './schema.js';
import type { CurrentAddress, CurrentLink, CurrentRoute } from './types.js';

const IFF_UP = 1;
const IFF_RUNNING = 0x40;
/** RTEXT_FILTER_SKIP_STATS: counters are most of a link's bytes. */
const SKIP_STATISTICS = 8;
const AF_INET = 2;
const AF_INET6 = 10;
/** RTM_F_CLONED: an entry of the route cache. */
const CLONED = 0x200;

export async function readLinks(requests: RouteRequests): Promise<CurrentLink[]> {
  const question = { header: linkHeaderOf({}), attributes: { extendedMask: SKIP_STATISTICS } };
  const links = await requests.dump('reading links', messageType.getLink, schema.link, question, schema.link);
  const names = new Map(links.map(({ header, attributes }) => [header.index, attributes.name]));
  return links.map(({ header, attributes }) => ({
    index: header.index,
    name: nameOf(attributes.name),
    kind: attributes.info?.kind ?? null,
    up: (header.flags & IFF_UP) !== 0,
    running: (header.flags & IFF_RUNNING) !== 0,
    mtu: attributes.mtu ?? 0,
    address:
      attributes.address === undefined || attributes.address.length === 0 ? null : hardwareText(attributes.address),
    master: names.get(attributes.master ?? 0) ?? null,
    parentIndex: attributes.parent ?? null,
    alias: attributes.alias ?? null,
  }));
}

export async function readAddresses(requests: RouteRequests): Promise<CurrentAddress[]> {
  const names = await namesByIndex(requests);
  const question = { header: { family: 0, prefixLength: 0, flags: 0, scope: 0, index: 0 }, attributes: {} };
  const answers = await requests.dump(
    'reading addresses',
    messageType.getAddress,
    schema.address,
    question,
    schema.address,
  );
  return answers.flatMap(({ header, attributes }) => {
    const bytes = attributes.local ?? attributes.address;
    const link = names.get(header.index);
    if (bytes === undefined || link === undefined) return [];
    return [
      {
        link,
        address: addressText(bytes),
        prefixLength: header.prefixLength,
        scope: header.scope,
        flags: attributes.flags ?? header.flags,
      },
    ];
  });
}

export async function readRoutes(requests: RouteRequests): Promise<CurrentRoute[]> {
  const names = await namesByIndex(requests);
  const header = {
    family: 0,
    destinationLength: 0,
    sourceLength: 0,
    tos: 0,
    table: 0,
    protocol: 0,
    scope: 0,
    type: 0,
    flags: 0,
  };
  const answers = await requests.dump(
    'reading routes',
    messageType.getRoute,
    schema.route,
    { header, attributes: {} },
    schema.route,
  );
  return answers
    .filter(({ header }) => (header.flags & CLONED) === 0 && (header.family === AF_INET || header.family === AF_INET6))
    .map(({ header, attributes }) => ({
      family: header.family === AF_INET ? 4 : 6,
      destination:
        attributes.destination === undefined
          ? null
          : { address: addressText(attributes.destination), length: header.destinationLength },
      gateway: attributes.gateway === undefined ? null : addressText(attributes.gateway),
      link: names.get(attributes.outInterface ?? 0) ?? null,
      table: attributes.table ?? header.table,
      metric: attributes.priority ?? null,
      protocol: header.protocol,
      type: header.type,
    }));
}

async function namesByIndex(requests: RouteRequests): Promise<Map<number, string>> {
  return new Map((await readLinks(requests)).map(({ index, name }) => [index, name]));
}

function nameOf(name: string | undefined): string {
  if (name === undefined) throw new MalformedMessage('a link has no name');
  return name;
}
