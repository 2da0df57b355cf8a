import { describe, expect, it } from 'vitest';
import { runCase } from '../../../src/simulate/index.js';
import { siteWith } from './sites.js';

const { site, ruleset } = siteWith({
  'etc/pve/firewall/100.fw': '[OPTIONS]\nenable: 1\n[RULES]\nIN ACCEPT -p tcp -dport 22\n',
});
const run = (entry: unknown) => runCase(ruleset, site, entry);

describe('a policy test', () => {
  it('passes when the verdict is the expected one, in any letter case', () => {
    const origin = { file: 'etc/pve/firewall/100.fw', line: 4 };
    const entry = { id: 'ssh', from: 'outside', to: 'vm100', dport: 22, expect: 'accept' };
    expect(run(entry)).toMatchObject({ ok: true, verdict: 'ACCEPT', origin });
    expect(run({ ...entry, expect: 'DROP' })).toMatchObject({ ok: false, verdict: 'ACCEPT', origin });
  });

  it.each([
    [{ from: 'outside', to: 'vm100' }, '`expect` is missing; expect one of: ACCEPT, DROP, REJECT'],
    [{ from: 'outside', to: 'vm100', expect: 'PASS' }, '`PASS` is no verdict; expect one of: ACCEPT, DROP, REJECT'],
    [{ from: 'outside', expect: 'DROP' }, 'the zone `to` is missing; give both from and to'],
    [{ from: 'outside', to: 'vm9', expect: 'DROP' }, 'there is no virtual machine 9 on node pve1; use one of: host'],
    [{ from: 'host', to: 'vm100', dprt: 1, expect: 'DROP' }, '`dprt` says nothing about a packet; did you mean dport?'],
    ['host', 'the entry has no fields; write {from: ZONE, to: ZONE, expect: ACCEPT}'],
    [null, 'the entry has no fields; write'],
  ])('%j cannot be run, and says why', (entry, reason) => {
    expect(run(entry)).toEqual({ ok: false, verdict: null, origin: null, reason: expect.stringContaining(reason) });
  });
});
