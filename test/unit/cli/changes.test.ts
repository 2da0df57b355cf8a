import { describe, expect, test } from 'vitest';
import type { LinkChange } from '../../../src/bridges/index.js';
import { changesJson, renderChanges } from '../../../src/cli/changes.js';
import type { Change } from '../../../src/ruleset/index.js';

const table = { family: 'bridge', name: 'ringwall' } as const;
const origin = { file: 'etc/pve/firewall/100.fw', line: 12 };
const changes: readonly Change[] = [
  { action: 'create', kind: 'table', table, name: 'ringwall', text: '', origin: null },
  { action: 'update', kind: 'rule', table, name: 'guest-100-in', text: 'tcp dport 22 accept', origin },
  { action: 'delete', kind: 'rule', table, name: 'guest-100-in', text: 'evil\x1b[2J\n', origin: null },
];
const output = (color: boolean) => ({ write: () => {}, color });

describe('changes for people', () => {
  test('one line each, and a line that counts them; nothing of a foreign comment reaches the terminal', () => {
    expect(renderChanges(changes, output(false))).toBe(
      '+ table  bridge ringwall\n' +
        '~ rule 100.fw:12  bridge/guest-100-in  tcp dport 22 accept\n' +
        '- rule  bridge/guest-100-in  evil\u241b[2J\u240a\n' +
        'plan: 1 to create, 1 to update, 1 to delete\n',
    );
  });

  test('in colours where they are wanted', () => {
    expect(renderChanges(changes.slice(0, 1), output(true))).toContain('\x1b[32m+ table  bridge ringwall\x1b[0m\n');
  });

  test('a step of the links with its command, and what it does to traffic', () => {
    const step: LinkChange = {
      action: 'update',
      kind: 'link',
      name: 'bond0',
      text: 'ip link set dev bond0 down',
      origin: { file: 'etc/network/interfaces', line: 4 },
      disruption: 'flap',
    };
    expect(renderChanges([step], output(false))).toBe(
      '~ link interfaces:4  bond0  ip link set dev bond0 down  [flap]\nplan: 0 to create, 1 to update, 0 to delete\n',
    );
    expect(changesJson([step])).toEqual({ changes: [step], summary: { create: 0, update: 1, delete: 0 } });
  });

  test('none says so', () => {
    expect(renderChanges([], output(true))).toBe('no changes: the kernel holds what the files say\n');
  });
});

test('changes for programs: the origin only where there is one', () => {
  expect(changesJson(changes).changes[0]).toEqual({
    action: 'create',
    kind: 'table',
    name: 'ringwall',
    table: 'bridge ringwall',
    text: '',
  });
  expect(changesJson(changes).changes[1]).toMatchObject({ origin });
  expect(changesJson(changes).summary).toEqual({ create: 1, update: 1, delete: 1 });
});
