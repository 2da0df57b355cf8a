import { nft } from '../libnftables.js';

/** Packets that no ruleset lets through, or that every one does, with what they match. */
export interface Kind {
  readonly name: string;
  readonly forbidden: boolean;
  readonly match: string;
}

/** Packets before the rules of ringwall and behind them. */
export interface Passed {
  readonly sent: number;
  readonly arrived: number;
}

const none: Passed = { sent: 0, arrived: 0 };
const plus = (one: Passed, other: Passed): Passed => ({
  sent: one.sent + other.sent,
  arrived: one.arrived + other.arrived,
});

export class Seen {
  readonly kinds: ReadonlyMap<string, Passed>;
  readonly forbidden: Passed;
  readonly allowed: Passed;

  constructor(kinds: readonly Kind[], passed: (name: string) => Passed) {
    const all = (forbidden: boolean): Passed =>
      kinds.filter((kind) => kind.forbidden === forbidden).reduce((sum, { name }) => plus(sum, passed(name)), none);
    this.kinds = new Map(kinds.map(({ name }) => [name, passed(name)]));
    this.forbidden = all(true);
    this.allowed = all(false);
  }
}

/**
 * A table of somebody else in a namespace, which counts what goes to its own programs (`inet`), or over its bridges
 * (`bridge`). Counters lose nothing, as sockets do whose buffers are full.
 */
export class Witness {
  readonly #netns: string;
  readonly #family: 'inet' | 'bridge';
  readonly #kinds: readonly Kind[];

  constructor(netns: string, family: 'inet' | 'bridge', kinds: readonly Kind[]) {
    this.#netns = netns;
    this.#family = family;
    this.#kinds = kinds;
    this.start();
  }

  /** From zero. */
  start(): void {
    const table = `${this.#family} witness`;
    const counters = (when: keyof Passed): string =>
      this.#kinds.map(({ name, match }) => `${match} counter comment "${name} ${when}"`).join('\n');
    nft(
      this.#netns,
      `add table ${table}
delete table ${table}
table ${table} {
  chain before {
    type filter hook prerouting priority -400;
    ${counters('sent')}
  }
  chain behind {
    type filter hook ${this.#family === 'inet' ? 'input' : 'postrouting'} priority 400;
    ${counters('arrived')}
  }
}`,
    );
  }

  /** Packets so far. */
  seen(): Seen {
    const listed = nft(this.#netns, `list table ${this.#family} witness`);
    const counted = new Map(
      [...listed.matchAll(/counter packets (\d+) .*comment "(.*)"/g)].map(([, packets, comment]) => [
        comment,
        Number(packets),
      ]),
    );
    const packets = (comment: string): number => {
      const found = counted.get(comment);
      if (found === undefined) throw new Error(`nobody counts "${comment}"`);
      return found;
    };
    return new Seen(this.#kinds, (name) => ({ sent: packets(`${name} sent`), arrived: packets(`${name} arrived`) }));
  }
}
