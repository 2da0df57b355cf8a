/** Orders for a station and its answers, one JSON value a line. Times are in milliseconds. */

export type Transport = 'tcp' | 'udp';

export interface Target {
  readonly address: string;
  readonly port: number;
}

export type Order =
  /** Answers every connection or datagram with what it says. Both address families. */
  | { readonly kind: 'listen'; readonly transport: Transport; readonly port: number }
  /** Opens a connection and closes it: `open`, `refused` or `timeout`. */
  | ({ readonly kind: 'connect' } & Attempt)
  /** Sends one datagram and waits for its echo: `answered`, `refused` or `silent`. */
  | ({ readonly kind: 'ask' } & Attempt)
  /** Opens a connection that stays, under a name: `open`, `refused` or `timeout`. */
  | ({ readonly kind: 'hold'; readonly flow: string } & Attempt)
  /** Says something, or these words, on a connection that was kept: `answered` or `silent`. */
  | { readonly kind: 'say'; readonly flow: string; readonly words?: string; readonly patience: number };

export interface Attempt {
  readonly target: Target;
  /** The station's own address and port; by default the kernel chooses. */
  readonly source?: { readonly address: string; readonly port?: number };
  readonly patience: number;
}

const outcomes = ['listening', 'open', 'refused', 'timeout', 'answered', 'silent'] as const;
export type Outcome = (typeof outcomes)[number];

export type Reply =
  | { readonly number: number; readonly outcome: Outcome }
  | { readonly number: number; readonly error: string };

/** Reads one line a station wrote. */
export function readReply(line: string): Reply {
  const value: unknown = JSON.parse(line);
  if (typeof value === 'object' && value !== null && 'number' in value && typeof value.number === 'number') {
    const { number } = value;
    if ('error' in value && typeof value.error === 'string') return { number, error: value.error };
    const outcome = outcomes.find((known) => 'outcome' in value && value.outcome === known);
    if (outcome !== undefined) return { number, outcome };
  }
  throw new Error(`a station answered ${line}`);
}
