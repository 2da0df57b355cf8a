import type { Chain, Rule, Statement } from '../ruleset/index.js';
import { REJECT_CHAIN, range, UNANSWERED_CHAIN } from '../ruleset/index.js';
import type { RuleDirection } from '../site/index.js';
import { ICMP, ICMPV6, implied, is, jump, state, TCP, tcpFlags, UDP, verdict } from './build.js';

export const toReject: Statement = jump(REJECT_CHAIN);
export const toUnanswered: Statement = jump(UNANSWERED_CHAIN);

/**
 * What REJECT becomes on a bridge. There the kernel answers in prerouting and input alone (nft_reject_bridge_validate), and
 * not where bridges forward and where what reaches a guest is judged.
 */
export const rejectInBridge = (direction: RuleDirection): Statement => (direction === 'out' ? toReject : toUnanswered);

/** What a refused packet is answered with (spec firewall.md 2.2): nothing for broadcast, multicast sources and ICMP. */
export function rejectChain(): Chain {
  return {
    name: REJECT_CHAIN,
    rules: [
      implied('reject', [is('meta pkttype', 1, 2)], verdict('drop')),
      implied('reject', [is('ip saddr', range(0xe0000000n, 0xefffffffn))], verdict('drop')),
      implied('reject', [is('meta l4proto', ICMP, ICMPV6)], verdict('drop')),
      implied('reject', [is('meta l4proto', TCP)], { kind: 'reject', with: 'tcp reset' }),
      implied('reject', [is('meta l4proto', UDP)], { kind: 'reject', with: 'port-unreachable' }),
      implied('reject', [], { kind: 'reject', with: 'admin-prohibited' }),
    ],
  };
}

/** Where a refused packet goes that cannot be answered. */
export const unansweredChain = (): Chain => ({
  name: UNANSWERED_CHAIN,
  rules: [implied('reject without an answer', [], verdict('drop'))],
});

/** Marks an answer to a guest's rejected packet, which conntrack calls invalid. */
const ANSWER_MARK = 0x7277;

/**
 * The answers the kernel makes for a guest's rejected packets leave through the bridge's output hook with a state the
 * guest's IN chain would drop. Only frames of the host itself pass that hook, so no one else can use the door; the
 * mark is given by the kind of answer (spec netlink.md 2.5).
 */
export const answersChain: Chain = {
  name: 'answers',
  base: { hook: 'output', priority: 0, policy: 'accept' },
  rules: [[tcpFlags(['rst'], ['rst'])], [is('icmp type', 3)], [is('icmpv6 type', 1)]].map((answer) => ({
    matches: [state('invalid', 'untracked'), ...answer],
    statements: [{ kind: 'set mark', field: 'meta mark', value: ANSWER_MARK }],
    origin: null,
    note: 'answer to a reject',
  })),
};

/** Lets such an answer into a guest, before its state is asked for. */
export const acceptAnswers: Rule = implied('answer to a reject', [is('meta mark', ANSWER_MARK)], verdict('accept'));
