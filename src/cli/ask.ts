import process from 'node:process';
import { createInterface } from 'node:readline/promises';

/** Is there somebody to ask? */
export const canAsk = (): boolean => process.stdin.isTTY === true && process.stderr.isTTY === true;

/** Asks on stderr, so that an answer on stdout stays clean. Everything but yes, the end of input too, is no. */
export async function ask(question: string): Promise<boolean> {
  const terminal = createInterface({ input: process.stdin, output: process.stderr });
  try {
    const closed = new Promise<string>((resolve) => terminal.once('close', () => resolve('')));
    const reply = await Promise.race([terminal.question(`${question} [y/N] `), closed]);
    return /^y(es)?$/i.test(reply.trim());
  } finally {
    terminal.close();
  }
}
