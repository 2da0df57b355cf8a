import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { readPage, repository } from '../../support/docs.js';

const folder = join(repository, 'units');

/** The values of each key of a unit, in their order. */
function settings(name: string): Map<string, string[]> {
  const found = new Map<string, string[]>();
  for (const line of readFileSync(join(folder, name), 'utf8').split('\n')) {
    const [, key, value] = /^([A-Za-z]+)=(.*)$/.exec(line) ?? [];
    if (key !== undefined) found.set(key, [...(found.get(key) ?? []), value ?? '']);
  }
  return found;
}

test('what restores the rules is ordered before the network', () => {
  const unit = settings('ringwall-boot.service');
  expect(unit.get('DefaultDependencies')).toEqual(['no']);
  expect(unit.get('Wants')).toEqual(['network-pre.target']);
  expect(unit.get('Before')?.join(' ').split(' ')).toEqual([
    'network-pre.target',
    'networking.service',
    'shutdown.target',
  ]);
  expect(unit.get('RequiresMountsFor')).toEqual(['/var/lib/ringwall']);
  // Another generation in place of the confirmed one: rules are in force, and what requires the unit may start.
  expect(unit.get('SuccessExitStatus')).toEqual(['2']);
});

describe.each(readdirSync(folder))('%s', (name) => {
  const unit = settings(name);

  test('nothing is taken out of the kernel when it ends', () => {
    expect([...unit.keys()].filter((key) => /^ExecStop/.test(key))).toEqual([]);
    expect(unit.get('ExecStart')?.join()).not.toContain('clear');
  });

  test('it may administrate networks and nothing else', () => {
    expect(unit.get('CapabilityBoundingSet')).toEqual(['CAP_NET_ADMIN CAP_NET_RAW']);
    expect(unit.get('RestrictAddressFamilies')).toEqual(['AF_NETLINK AF_UNIX']);
    expect(unit.get('NoNewPrivileges')).toEqual(['yes']);
    expect(unit.get('ProtectSystem')).toEqual(['strict']);
  });

  test('docs/units.md names it', () => {
    expect(readPage('docs/units.md')).toContain(`units/${name}`);
  });
});
