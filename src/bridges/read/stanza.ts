import { originOf } from '../../ruleset/index.js';
import {
  addressesOf,
  type Stanza,
  type StanzaAddress,
  type StanzaOption,
  spellStanzaAddress,
} from '../../site/index.js';
import type { Findings } from '../findings.js';
import type { Address, Gateway } from '../links.js';
import { readAddress, readInterfaceAddress, readNumber, readNumberOr, type Value } from './option-value.js';
import { Options } from './options.js';

/** What one stanza says by itself; the rest of its options counts together with those of the others. */
export interface StanzaReading {
  readonly addresses: readonly Address[];
  readonly gateways: readonly Gateway[];
  readonly rest: readonly StanzaOption[];
}

export function readStanza(stanza: Stanza, link: string, findings: Findings): StanzaReading {
  const options = new Options({ name: link, origin: originOf(stanza.name.span) }, stanza.options, findings);
  const addresses = readAddresses(stanza, options);
  const gateways = readGateways(options);
  return { addresses, gateways, rest: options.rest() };
}

const ATTRIBUTES = ['netmask', 'broadcast', 'scope', 'preferred-lifetime', 'pointopoint'] as const;

function readAddresses(stanza: Stanza, options: Options): Address[] {
  const found = addressesOf(stanza);
  const used = new Set(found.flatMap(({ attributes }) => [...attributes.values()]));
  for (const option of options.takeAll(...ATTRIBUTES)) if (!used.has(option)) options.leave(option, 'repeated');
  options.takeAll('address');
  return found.flatMap((one) => {
    const address = options.value(one.address, readInterfaceAddress(spellStanzaAddress(one)));
    if (address === null) return [];
    return [{ ...address, ...readAttributes(one, options), origin: originOf(one.address.value.span) }];
  });
}

/** RT_SCOPE_* (uapi linux/rtnetlink.h). */
const SCOPES = { universe: 0, global: 0, site: 200, link: 253, host: 254, nowhere: 255 } as const;
const readScope = readNumberOr(SCOPES, readNumber(0, 255, ''));

/** Seconds; the kernel's largest number stands for ever (INFINITY_LIFE_TIME). */
const readLifetime = readNumberOr({ forever: 0xffff_ffff }, readNumber(0, 0xffff_ffff, ' seconds'));

function readAttributes({ attributes }: StanzaAddress, options: Options): Partial<Address> {
  const read = <T>(option: StanzaOption | undefined, reader: (text: string) => Value<T>): T | null =>
    option === undefined ? null : options.value(option, reader(option.value.value));
  const scope = read(attributes.get('scope'), readScope);
  const broadcast = read(attributes.get('broadcast'), readAddress(4));
  const peer = read(attributes.get('pointopoint'), (text) => readAddress('any')(text.replace(/\/[0-9]+$/, '')));
  const lifetime = read(attributes.get('preferred-lifetime'), readLifetime);
  return {
    ...(scope === null || scope === 0 ? {} : { scope }),
    ...(broadcast === null ? {} : { broadcast }),
    ...(peer === null ? {} : { peer }),
    ...(lifetime === null || lifetime === 0xffff_ffff ? {} : { preferredLifetime: lifetime }),
  };
}

/** The metric of a stanza is that of its gateways. */
function readGateways(options: Options): Gateway[] {
  const metric = options.read(readNumber(0, 0xffff_ffff, ''), 'metric');
  return options.takeAll('gateway').flatMap((option) => {
    const address = options.value(option, readAddress('any')(option.value.value));
    return address === null
      ? []
      : [{ address, ...(metric === null ? {} : { metric }), origin: originOf(option.value.span) }];
  });
}
