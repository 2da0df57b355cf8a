import type { Interval } from '../ruleset/index.js';
import { merge, range } from '../ruleset/index.js';
import { services } from './services.js';

export type PortListResult =
  | { readonly ok: true; readonly value: readonly Interval[] }
  | { readonly ok: false; readonly problem: string; readonly help: string };

/** Reads `80`, `80:90`, `ssh` or a list of these joined by commas; either end of a range may be a name. */
export function parsePortList(text: string): PortListResult {
  const intervals: Interval[] = [];
  for (const item of text.split(',')) {
    const ends = item.split(':');
    if (item === '' || ends.length > 2) return { ok: false, ...listProblem(text, item) };
    const ports: number[] = [];
    for (const end of ends) {
      const port = parsePort(end);
      if (port === undefined) return { ok: false, ...portProblem(end) };
      ports.push(port);
    }
    const [first = 0, last = first] = ports;
    if (first > last)
      return { ok: false, problem: `the port range ${item} runs backwards`, help: `write ${ends[1]}:${ends[0]}` };
    intervals.push(range(first, last));
  }
  return { ok: true, value: merge(intervals) };
}

function parsePort(text: string): number | undefined {
  if (/^[0-9]{1,5}$/.test(text)) {
    const port = Number(text);
    return port <= 65535 ? port : undefined;
  }
  return services.get(text);
}

function listProblem(text: string, item: string): { problem: string; help: string } {
  return item === ''
    ? {
        problem: `the port list \`${text}\` has an empty item`,
        help: 'separate ports with single commas and no blanks: 80,443',
      }
    : { problem: `\`${item}\` is no port range`, help: 'write a range as first:last, for example 8000:8080' };
}

function portProblem(text: string): { problem: string; help: string } {
  if (/^[0-9]+-[0-9]+$/.test(text))
    return { problem: `\`${text}\` is no port range`, help: `write ${text.replace('-', ':')}` };
  if (/^[0-9]+$/.test(text)) return { problem: `port ${text} is too large`, help: 'ports go from 0 to 65535' };
  return {
    problem: `\`${text}\` is no port and no known service name`,
    help: 'use a number from 0 to 65535 or a name from /etc/services',
  };
}
