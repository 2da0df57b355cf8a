import type { NftablesPort } from '../netlink/index.js';
import { fitToKernel } from './features.js';
import type { Firewall } from './plan.js';

/** What of a firewall this kernel can have, and what it has to do without, in words; nothing of none. */
export async function fitFirewall(
  firewall: Firewall | null,
  nftables: NftablesPort,
): Promise<{ readonly firewall: Firewall | null; readonly warnings: readonly string[] }> {
  if (firewall === null) return { firewall, warnings: [] };
  const { ruleset, warnings } = await fitToKernel(firewall.ruleset, nftables);
  return { firewall: { ...firewall, ruleset }, warnings };
}
