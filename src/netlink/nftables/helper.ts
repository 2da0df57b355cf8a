import type { CtHelper, CurrentHelper } from '../../ruleset/index.js';
import { MalformedMessage } from '../wire.js';
import * as schema from './schema.js';

/** IANA protocol numbers. */
const protocolNumber = { tcp: 6, udp: 17 } as const;
/** NFPROTO_IPV4, NFPROTO_INET. */
const l3protoNumber = { ip: 2, inet: 1 } as const;

export const helperAttributes = (
  table: string,
  { name, type, protocol, l3proto }: CtHelper,
): schema.HelperAttributes => ({
  table,
  name,
  type: schema.OBJECT_CT_HELPER,
  data: { name: type, l3proto: l3protoNumber[l3proto], l4proto: protocolNumber[protocol] },
});

export function currentHelper({ name, data }: schema.HelperAttributes): CurrentHelper {
  if (name === undefined || data?.name === undefined || data.l4proto === undefined || data.l3proto === undefined) {
    throw new MalformedMessage('a helper lacks its name or what it is for');
  }
  return {
    name,
    type: data.name,
    protocol: wordOf(protocolNumber, data.l4proto),
    l3proto: wordOf(l3protoNumber, data.l3proto),
  };
}

const wordOf = (numbers: Readonly<Record<string, number>>, number: number): string =>
  Object.keys(numbers).find((word) => numbers[word] === number) ?? `${number}`;
