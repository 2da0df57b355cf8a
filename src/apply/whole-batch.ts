import { gunzipSync, gzipSync } from 'node:zlib';
import { Failure } from '../diagnostics/index.js';
import type { NftablesPort } from '../netlink/index.js';
import { rebuildRuleset } from '../ruleset/index.js';
import type { StoredGeneration } from './generation-files.js';
import type { Desired } from './plan.js';

/**
 * What makes our tables those of a generation whatever the kernel holds, ready to be sent: for boot, and for when nothing
 * else leads back. Null for a generation without rules.
 */
export const wholeBatch = async (nftables: NftablesPort, { firewall }: Desired): Promise<Uint8Array | null> =>
  firewall === null ? null : nftables.encode(rebuildRuleset(firewall.ruleset), null);

/** Rules repeat themselves: the fastest level leaves a ninth, and takes less time than writing the rest would. */
const FASTEST = 1;

/** The bytes of `rules.batch`. */
export const packBatch = (batch: Uint8Array): Uint8Array => gzipSync(batch, { level: FASTEST });

/** The whole batch of a stored generation. Failure `damaged-file` when it cannot be read. */
export function storedBatch(stored: StoredGeneration): Uint8Array {
  const packed = stored.part('rules.batch');
  try {
    return gunzipSync(packed);
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new Failure('damaged-file', `rules.batch of generation ${stored.meta.generation} is damaged: ${reason}`, {
      cause: error,
    });
  }
}
