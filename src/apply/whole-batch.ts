import type { NftablesPort } from '../netlink/index.js';
import { rebuildRuleset } from '../ruleset/index.js';
import type { Desired } from './plan.js';

/**
 * What makes our tables those of a generation whatever the kernel holds, ready to be sent: for boot, and for when nothing
 * else leads back. Null for a generation without rules.
 */
export const wholeBatch = async (nftables: NftablesPort, { firewall }: Desired): Promise<Uint8Array | null> =>
  firewall === null ? null : nftables.encode(rebuildRuleset(firewall.ruleset), null);
