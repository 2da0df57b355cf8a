import { describe, expect, it } from 'vitest';
import { smallSite } from './small-site.js';

/** Spec firewall.md 7.6 with its recommendation: assigned behind the lookup of the connection, and nothing accepted. */
/** No bridge where a guest could come. */
const noBridge = {
  'etc/network/interfaces': '',
  'etc/pve/nodes/pve1/qemu-server/100.conf': '',
  'etc/pve/nodes/pve1/lxc/200.conf': '',
};

describe('nf_conntrack_helpers', () => {
  const host = '[OPTIONS]\nnf_conntrack_helpers: tftp,ftp\n';
  const ftp = 'tcp dport 21 counter ct helper set "ftp"';
  const tftp = 'udp dport 69 counter ct helper set "tftp"';

  it('are assigned to what arrives and what the host sends', () => {
    const { rules, compiled, problems } = smallSite({ host, vm: '' });
    expect(problems).toEqual([]);
    expect(rules('inet', 'helpers-prerouting')).toEqual([ftp, tftp]);
    expect(rules('inet', 'helpers-output')).toEqual([ftp, tftp]);
    expect(rules('bridge', 'helpers-prerouting')).toEqual([ftp, tftp]);
    expect(rules('bridge', 'helpers-output')).toBeUndefined();
    for (const { helpers, chains } of compiled.ruleset.tables) {
      expect(helpers).toMatchObject([
        { name: 'ftp', type: 'ftp', protocol: 'tcp', l3proto: 'inet', origin: { line: 2 } },
        { name: 'tftp', type: 'tftp', protocol: 'udp', l3proto: 'inet', origin: { line: 2 } },
      ]);
      const bases = chains.filter(({ name }) => name.startsWith('helpers-')).map(({ base }) => base);
      expect(bases.map((base) => [base?.priority, base?.policy])).toEqual(bases.map(() => [-150, 'accept']));
    }
  });

  it.each([
    ['amanda', 'udp dport 10080', 'inet'],
    ['ftp', 'tcp dport 21', 'inet'],
    ['irc', 'tcp dport 6667', 'ip'],
    ['netbios-ns', 'udp dport 137', 'ip'],
    ['pptp', 'tcp dport 1723', 'ip'],
    ['sane', 'tcp dport 6566', 'inet'],
    ['sip', 'udp dport 5060', 'inet'],
    ['snmp', 'udp dport 161', 'ip'],
    ['tftp', 'udp dport 69', 'inet'],
  ])('%s: %s, family %s', (name, port, l3proto) => {
    const { rules, compiled } = smallSite({ host: `[OPTIONS]\nnf_conntrack_helpers: ${name}\n` });
    expect(rules('inet', 'helpers-output')).toEqual([`${port} counter ct helper set "${name}"`]);
    expect(compiled.ruleset.tables[0]?.helpers).toMatchObject([{ l3proto, protocol: port.slice(0, 3) }]);
  });

  it('leave bridges alone where no guest is filtered, and stay where the rules of the host are off', () => {
    const files = noBridge;
    const { compiled } = smallSite({ host: `${host}enable: 0\n`, files });
    expect(compiled.ruleset.tables.map(({ family, chains }) => [family, chains.map(({ name }) => name)])).toEqual([
      ['inet', ['helpers-prerouting', 'helpers-output']],
    ]);
  });

  it('change no verdict', () => {
    const query = { from: 'outside', to: 'host', proto: 'tcp', dport: '21' };
    expect(smallSite({ host }).verdict(query)).toBe('DROP');
    expect(smallSite({ host: `${host}[RULES]\nIN ACCEPT -p tcp -dport 21\n` }).verdict(query)).toBe('ACCEPT');
  });
});
