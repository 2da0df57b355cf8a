// Runs command lines of ringwall one after the other, and kills itself at a boundary of one when it is told to. Descriptor 3
// has one order in a line, {"args": […], "killAt": a boundary or null}; descriptor 4 gets one line for each that came to its end: what
// it said, its exit code and the boundaries it passed.
import { createReadStream, writeSync } from 'node:fs';
import process from 'node:process';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { loadProgram } from '../../../bin/program.js';
import { passed, watch } from './boundaries.mjs';

// Not those of standard input and output, which are ringwall's.
const ORDERS = 3;
const ANSWERS = 4;

const { main } = loadProgram(fileURLToPath(new URL('../../../dist/program/main.cjs', import.meta.url)));

const orders = createReadStream('', { fd: ORDERS });
for await (const line of createInterface({ input: orders })) {
  const { args, killAt } = JSON.parse(line);
  const said = { out: '', err: '' };
  const streams = { stdout: { write: (text) => (said.out += text) }, stderr: { write: (text) => (said.err += text) } };
  watch(killAt);
  const code = await main(['node', 'ringwall', ...args], streams);
  writeSync(ANSWERS, `${JSON.stringify({ ...said, code, passed: passed() })}\n`);
}
process.exit(0);
