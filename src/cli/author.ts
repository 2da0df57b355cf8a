import { readFileSync } from 'node:fs';
import { userInfo } from 'node:os';
import process from 'node:process';
import type { Author } from '../apply/index.js';
import { Reader } from '../ruleset/index.js';

/** Who runs this: behind sudo the user that called it, else the login name, else the number of a user without one. */
export function author(): Author {
  const { SUDO_USER } = process.env;
  return { user: SUDO_USER ?? loginName(), version: version() };
}

/** The version in package.json, which lies beside `dist/` and `src/`. */
export function version(): string {
  const text = readFileSync(new URL('../../package.json', import.meta.url), 'utf8');
  return new Reader(JSON.parse(text)).field('version').string();
}

function loginName(): string {
  try {
    return userInfo().username;
  } catch {
    return `uid ${process.getuid?.() ?? 'unknown'}`;
  }
}
