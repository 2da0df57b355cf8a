import { nft } from '../libnftables.js';
import { CLOSED, OPEN } from './sites.js';

/**
 * A table of somebody else, which counts before the rules of ringwall and behind them. Counters lose nothing, as sockets
 * do whose buffers are full.
 */
const witness = (family: 'inet' | 'bridge', behind: 'input' | 'postrouting'): string => `
add table ${family} witness
delete table ${family} witness
table ${family} witness {
  chain before {
    type filter hook prerouting priority -400;
    meta l4proto { tcp, udp } th dport { ${CLOSED.join(', ')} } counter comment "probes sent"
    meta l4proto udp th dport ${OPEN} counter comment "allowed sent"
  }
  chain behind {
    type filter hook ${behind} priority 400;
    meta l4proto { tcp, udp } th dport { ${CLOSED.join(', ')} } counter comment "probes let in"
    meta l4proto udp th dport ${OPEN} counter comment "allowed let in"
  }
}
`;

export type Count = Readonly<Record<'probes sent' | 'allowed sent' | 'probes let in' | 'allowed let in', number>>;

/** The witness of a namespace: what goes to its own programs (`inet`), or over its bridges (`bridge`). */
export class Witness {
  readonly #netns: string;
  readonly #family: 'inet' | 'bridge';

  constructor(netns: string, family: 'inet' | 'bridge') {
    this.#netns = netns;
    this.#family = family;
    this.start();
  }

  /** From zero. */
  start(): void {
    nft(this.#netns, witness(this.#family, this.#family === 'inet' ? 'input' : 'postrouting'));
  }

  /** Packets so far. */
  count(): Count {
    const listed = nft(this.#netns, `list table ${this.#family} witness`);
    const of = (comment: string): number =>
      Number(new RegExp(`counter packets (\\d+) .*comment "${comment}"`).exec(listed)?.[1]);
    return {
      'probes sent': of('probes sent'),
      'allowed sent': of('allowed sent'),
      'probes let in': of('probes let in'),
      'allowed let in': of('allowed let in'),
    };
  }
}
