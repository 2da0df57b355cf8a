/** Exits 0 when this kernel has what the demo needs, else says in one line what is missing and exits 1. */
import process from 'node:process';
import { Failure } from '../diagnostics/index.js';
import { openNftables } from '../netlink/index.js';
import { addNamespace, deleteNamespace } from './namespaces.js';

/** The kernel is asked in a network namespace of its own: the machine's own rules are not even looked at. */
const NAMESPACE = `ringwall-probe-${process.pid}`;

/** What this kernel lacks, in words. Failures: `no-ip`, `netns`, and those of opening nf_tables. */
async function lacking(): Promise<string[]> {
  addNamespace(NAMESPACE);
  try {
    const nftables = openNftables(NAMESPACE);
    try {
      const { bridgeConntrack, bridgeReject, inetReject, inetFib } = await nftables.probe();
      return [
        ...(bridgeConntrack ? [] : ['connection tracking on bridges (nf_conntrack_bridge)']),
        ...(bridgeReject ? [] : ['reject on bridges (nft_reject_bridge)']),
        ...(inetReject ? [] : ['reject (nft_reject_inet)']),
        ...(inetFib ? [] : ['fib lookups (nft_fib_inet)']),
      ];
    } finally {
      nftables.close();
    }
  } finally {
    deleteNamespace(NAMESPACE);
  }
}

try {
  const missing = await lacking();
  if (missing.length > 0) {
    process.stdout.write(`Missing here: ${missing.join(', ')}.\n`);
    process.exitCode = 1;
  }
} catch (error) {
  const reason = error instanceof Failure ? error.message.replaceAll('\n', ' ') : String(error);
  process.stdout.write(`Network namespaces or nf_tables cannot be used here: ${reason}\n`);
  process.exitCode = 1;
}
