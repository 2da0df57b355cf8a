import { ctState, tcpFlag } from '../../../src/ruleset/index.js';
import type { NetworkHeader } from '../../../src/simulate/index.js';
import { ipProtocol } from './frame.js';

const { fin, syn, rst, psh, ack, urg } = tcpFlag;

/** Combinations that conntrack takes for TCP at all; PSH does not count (nf_conntrack_proto_tcp.c, tcp_valid_flags). */
const VALID_TCP: ReadonlySet<number> = new Set([
  syn,
  syn | urg,
  syn | ack,
  rst,
  rst | ack,
  fin | ack,
  fin | ack | urg,
  ack,
  ack | urg,
]);
/** ICMP messages that begin a connection: echo, timestamp, information and address mask requests (…_proto_icmp.c). */
const ICMP_REQUESTS: ReadonlySet<number> = new Set([8, 13, 15, 17]);
/** ICMPv6 echo and node information requests (…_proto_icmpv6.c). */
const ICMPV6_REQUESTS: ReadonlySet<number> = new Set([128, 139]);
/** Neighbour and listener discovery is never tracked (…_proto_icmpv6.c, noct_valid_new). */
const ICMPV6_UNTRACKED: ReadonlySet<number> = new Set([130, 131, 132, 133, 134, 135, 136, 143]);

/** The state of a packet that belongs to nothing the kernel has seen, as its connection tracking gives it. */
export function stateOfStranger(network: NetworkHeader): number {
  // nft_ct.c: what has no connection and was not exempted is invalid, and other protocols never have one.
  if (network.kind !== 'ip') return ctState.invalid;
  const { transport, protocol, family } = network;
  switch (transport.kind) {
    case 'icmp': {
      const type = transport.type ?? 0;
      if (family === 4) return ICMP_REQUESTS.has(type) ? ctState.new : ctState.invalid;
      if (ICMPV6_UNTRACKED.has(type)) return ctState.untracked;
      return ICMPV6_REQUESTS.has(type) ? ctState.new : ctState.invalid;
    }
    case 'ports':
      return protocol === ipProtocol.tcp ? stateOfSegment(transport.tcpFlags) : ctState.new;
    case 'none':
      // ICMP of the other family is read as ICMP all the same, and what follows here is no request (nf_conntrack_core.c,
      // nf_conntrack_handle_icmp).
      return protocol === ipProtocol.icmp || protocol === ipProtocol.icmpv6 ? ctState.invalid : ctState.new;
  }
}

/** A connection may begin with a SYN, or be picked up in the middle by an ACK (nf_conntrack_tcp_loose). */
function stateOfSegment(flags: number): number {
  const plain = flags & ~psh;
  if (!VALID_TCP.has(plain)) return ctState.invalid;
  return plain === syn || plain === (syn | urg) || (plain & (ack | syn | rst | fin)) === ack
    ? ctState.new
    : ctState.invalid;
}
