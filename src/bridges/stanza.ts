import { originOf } from '../ruleset/index.js';
import { addressesOf, type Stanza, type StanzaOption, spellStanzaAddress } from '../site/index.js';
import type { Findings } from './findings.js';
import type { Address, Gateway } from './links.js';
import { readGateway, readInterfaceAddress, readNumber } from './option-value.js';
import { Options } from './options.js';

/** What one stanza says by itself; the rest of its options counts together with those of the others. */
export interface StanzaReading {
  readonly addresses: readonly Address[];
  readonly gateways: readonly Gateway[];
  readonly rest: readonly StanzaOption[];
}

/** Methods that give an interface what its options say and nothing more (spec interfaces.md 1.5). */
const PLAIN_METHODS: ReadonlySet<string> = new Set(['static', 'manual', 'loopback']);

export function readStanza(stanza: Stanza, link: string, findings: Findings): StanzaReading {
  const { family, method } = stanza;
  if (method !== null && !PLAIN_METHODS.has(method.value)) {
    const value = family === null ? method.value : `${family.value} ${method.value}`;
    findings.leave({ link, option: 'method', value, reason: 'not yet' }, method.span);
  }
  const options = new Options({ name: link, origin: originOf(stanza.name.span) }, stanza.options, findings);
  const addresses = readAddresses(stanza, options);
  const gateways = readGateways(options);
  return { addresses, gateways, rest: options.rest() };
}

function readAddresses(stanza: Stanza, options: Options): Address[] {
  const found = addressesOf(stanza);
  for (const option of options.takeAll('netmask')) {
    if (!found.some(({ attributes }) => attributes.get('netmask') === option)) options.leave(option, 'repeated');
  }
  return options.takeAll('address').flatMap((option) => {
    const own = found.find(({ address }) => address === option);
    const literal = own === undefined ? option.value.value : spellStanzaAddress(own);
    const address = options.value(option, readInterfaceAddress(literal));
    return address === null ? [] : [{ ...address, origin: originOf(option.value.span) }];
  });
}

/** The metric of a stanza is that of its gateways. */
function readGateways(options: Options): Gateway[] {
  const metric = options.read(readNumber(0, 999_999_999, ''), 'metric');
  return options.takeAll('gateway').flatMap((option) => {
    const address = options.value(option, readGateway(option.value.value));
    return address === null
      ? []
      : [{ address, ...(metric === null ? {} : { metric }), origin: originOf(option.value.span) }];
  });
}
