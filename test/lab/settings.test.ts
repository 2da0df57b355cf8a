import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { hostOnly, makeSite, type TestSite } from '../support/cli.js';
import { type RanHere, runHere } from '../support/in-process.js';

const HOST = 'etc/pve/nodes/pve1/host.fw';
const names = [
  'nf_conntrack_max',
  'nf_conntrack_tcp_timeout_established',
  'nf_conntrack_tcp_timeout_syn_recv',
] as const;

/** The settings of the machine: this namespace is the first one, and so the only one that may set them all. */
const held = (): number[] => names.map((name) => Number(readFileSync(`/proc/sys/net/netfilter/${name}`, 'utf8')));

describe('in the first network namespace', () => {
  let site: TestSite;
  beforeAll(() => {
    site = makeSite(hostOnly);
  });
  afterAll(() => site?.remove());

  const ringwall = (...args: string[]): Promise<RanHere> =>
    runHere([...args, '--root', site.root, '--state', site.state]);
  const options = (values: readonly string[]): void =>
    site.write(HOST, `[OPTIONS]\n${values.map((value, index) => `${names[index]}: ${value}\n`).join('')}\n[RULES]\n`);

  it('sets all of them to the bounds of their ranges, and gives them back', async () => {
    // The dry runs of a plan load conntrack where it was not there.
    expect(await ringwall('plan')).toMatchObject({ code: 2, err: '' });
    const before = held();
    for (const values of [
      ['32768', '7875', '30'],
      ['2147483647', '2147483', '60'],
    ]) {
      options(values);
      expect(await ringwall('apply', '--yes')).toMatchObject({ code: 0, err: '' });
      expect(held()).toEqual(values.map(Number));
      expect(await ringwall('status')).toMatchObject({ code: 0 });
    }
    expect(await ringwall('clear')).toMatchObject({ code: 0, err: '' });
    expect(held()).toEqual(before);
  });
});
