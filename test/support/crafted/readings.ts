import { encodeOperations } from '../../../src/netlink/nftables/encode.js';
import { messageObject } from '../../../src/netlink/nftables/schema.js';
import { parseMessages } from '../../../src/netlink/wire.js';
import { diffRuleset, type Ruleset } from '../../../src/ruleset/index.js';

/** nfgenmsg, which stands before the attributes of each message. */
const NFGENMSG = 4;

/** A netlink message of nf_tables: what it is about, and its attributes. */
export interface Decoded {
  readonly kind: string;
  readonly attributes: unknown;
}

/** The transaction that loads a ruleset into an empty kernel, read back from its bytes. */
export function decodedBatch(ruleset: Ruleset): Decoded[] {
  const { operations } = diffRuleset(ruleset, { generation: 1, tables: [] });
  const { bytes } = encodeOperations(operations, { firstSequence: 1, generation: 1, end: 'commit' });
  return parseMessages(bytes).flatMap(({ type, payload }) => {
    const object = type >> 8 === 10 ? messageObject(type & 0xff) : undefined;
    if (object === undefined) return [];
    return [{ kind: object.name, attributes: object.type.read(payload, NFGENMSG, payload.length) }];
  });
}

/** How many rules each chain gets, by `family chain`, as a decoded batch has it. */
export function rulesByChain(batch: readonly Decoded[]): Map<string, number> {
  const counts = new Map<string, number>();
  for (const { kind, attributes } of batch) {
    if (kind !== 'rule') continue;
    const { chain } = attributes as { readonly chain: string };
    counts.set(chain, (counts.get(chain) ?? 0) + 1);
  }
  return counts;
}

/** The same as libnftables has it, from what it would send (`explainNft`). */
export function rulesByChainOfNft(explained: string): Map<string, number> {
  const counts = new Map<string, number>();
  for (const [, chain = ''] of explained.matchAll(/^(?:inet|bridge) ringwall (\S+)$/gm)) {
    counts.set(chain, (counts.get(chain) ?? 0) + 1);
  }
  return counts;
}
