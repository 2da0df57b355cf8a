// Runs links-parts.mjs from .cache/bench, where `npm run bench:links` has put it as the program itself is put together.
import process from 'node:process';
import { fileURLToPath } from 'node:url';
import { loadProgram } from '../bin/program.js';

const { main } = loadProgram(fileURLToPath(new URL('../.cache/bench/links-parts.cjs', import.meta.url)));
await main(...process.argv.slice(2));
