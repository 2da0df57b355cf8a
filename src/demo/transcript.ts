import process from 'node:process';
import { main } from '../cli/main.js';

/** A command's words and exit code. */
export interface Ran {
  readonly code: number;
  /** Lines of stdout and stderr as they came, colours and all. */
  readonly lines: readonly string[];
}

const BOLD = '1';
const DIM = '2';
const colored = process.stdout.isTTY === true && !process.env['NO_COLOR'];
const style = (code: string, text: string): string => (colored ? `\x1b[${code}m${text}\x1b[0m` : text);

export const say = (text = ''): void => void process.stdout.write(`${text}\n`);
export const heading = (text: string): void => say(`\n${style(BOLD, text)}`);
export const dim = (text: string): string => style(DIM, text);

/** Shows a command line as it would be typed. */
export const prompt = (command: string): void => say(style(BOLD, `$ ringwall ${command}`));

/** Runs a command line in this process: `command` is what is shown, `options` go with it unseen. */
export async function ringwall(command: string, options: readonly string[]): Promise<Ran> {
  const said: string[] = [];
  const stream = { isTTY: process.stdout.isTTY === true, write: (text: string) => said.push(text) };
  const argv = ['node', 'ringwall', ...command.split(' '), ...options];
  const code = await main(argv, { stdout: stream, stderr: stream });
  return { code, lines: said.join('').split('\n').slice(0, -1) };
}

/** The text as it looks without colours. */
export function plain(text: string): string {
  return text
    .split('\x1b[')
    .map((part, index) => (index === 0 ? part : part.replace(/^[\d;]*m/, '')))
    .join('');
}
