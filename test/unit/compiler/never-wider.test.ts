import { describe, expect, it } from 'vitest';
import { smallSite } from './small-site.js';

type Files = Parameters<typeof smallSite>[0];

/** Does a packet from `source` get from elsewhere to VM 100? */
const letsIn = (files: Files, source: string): string =>
  smallSite(files).verdict({ from: 'nfvm', to: 'vm100i0', source, dport: '9' });

/** Lines of a set that leave out nobody knows whom: a bad address, an unknown alias, an alias that cannot be read. */
const unclear = [
  '!10.0.0.300',
  '!10.0.0.7-10.0.0.9',
  '!nobody',
  '!broken',
  '!10.0.0.7 10.0.0.8',
  '!10.0.0.7\u00a0',
  '!',
];

describe('a set that leaves out nobody knows whom', () => {
  describe.each(unclear)('by `%s`', (line) => {
    const set = `[ALIASES]\nbroken 10.0.0.300\n[IPSET some]\n10.0.0.0/24\n${line}\n`;

    it('lets nobody in', () => {
      for (const rule of [
        'IN ACCEPT -source +some',
        'IN ACCEPT -source +some -dest 0.0.0.0/0',
        'IN Ping(ACCEPT) -source +some',
      ])
        expect(letsIn({ vm: `${set}[RULES]\n${rule}\n` }, '10.0.0.7')).toBe('DROP');
      const group = { cluster: `${set}[group web]\nIN ACCEPT -source +some\n`, vm: '[RULES]\nGROUP web\n' };
      expect(letsIn(group, '10.0.0.7')).toBe('DROP');
    });

    it('keeps out all it names', () => {
      for (const verdict of ['DROP', 'REJECT'])
        expect(letsIn({ vm: `policy_in: ACCEPT\n${set}[RULES]\nIN ${verdict} -source +some\n` }, '10.0.0.7')).not.toBe(
          'ACCEPT',
        );
      expect(letsIn({ vm: `policy_in: ACCEPT\n${set}[RULES]\nIN DROP -source +some\n` }, '10.0.1.7')).toBe('ACCEPT');
      const blacklist = { cluster: set.replace('some', 'blacklist'), vm: 'policy_in: ACCEPT\n' };
      expect([letsIn(blacklist, '10.0.0.7'), letsIn(blacklist, '10.0.1.7')]).toEqual(['DROP', 'ACCEPT']);
    });

    it('as `management` gives nobody the management ports', () => {
      const { verdict } = smallSite({ cluster: set.replace('some', 'management') });
      for (const source of ['10.0.0.7', '192.0.2.7'])
        expect(verdict({ from: 'outside', to: 'host', source, dport: '22' })).toBe('DROP');
    });

    it('as a source filter lets nothing out', () => {
      const { verdict } = smallSite({ vm: set.replace('some', 'ipfilter-net0') });
      for (const source of ['10.0.0.7', 'fe80::be24:11ff:fe00:100'])
        expect(verdict({ from: 'vm100i0', to: 'nfvm', source })).toBe('DROP');
    });
  });

  it('says at each rule that accepts what became of it', () => {
    const { diagnostics } = smallSite({
      vm: '[IPSET some]\n10.0.0.0/24\n!nobody\n[RULES]\nIN ACCEPT -source +some\nIN DROP -source +some\n',
    });
    expect(diagnostics.map(({ code, span, message }) => `${span.line} ${code}: ${message}`)).toEqual([
      '5 name/unknown-alias: there is no alias `nobody`',
      '7 name/unclear-set: nobody knows who is not in `+some`, so this rule accepts nothing',
    ]);
  });
});

describe('what a guest declares and nobody can read is not looked up in cluster.fw', () => {
  it.each(['web 10.0.0.300', 'web 10.0.0.7 10.0.0.8', 'WEB', 'web\u00a010.0.0.7'])(
    'the alias of the line `%s`',
    (line) => {
      const files = {
        cluster: '[ALIASES]\nweb 10.0.0.0/8\n',
        vm: `[ALIASES]\n${line}\n[RULES]\nIN ACCEPT -source web\n`,
      };
      expect(letsIn(files, '10.0.0.7')).toBe('DROP');
      expect(letsIn({ ...files, vm: files.vm.replace('-source web', '-source dc/web') }, '10.0.0.7')).toBe('ACCEPT');
    },
  );

  it.each(['[IPSET web', '[IPSET web] x', '[IPST web]', '[IPSET web\u00a0]'])('the set of the header `%s`', (line) => {
    const files = { cluster: '[IPSET web]\n10.0.0.0/8\n', vm: `${line}\n10.0.0.9\n[RULES]\nIN ACCEPT -source +web\n` };
    expect(letsIn(files, '10.0.0.7')).toBe('DROP');
    expect(letsIn({ ...files, vm: files.vm.replace('+web', '+dc/web') }, '10.0.0.7')).toBe('ACCEPT');
  });

  it('unless the name is declared in another line', () => {
    const aliases = { vm: '[ALIASES]\nweb 10.0.0.300\nweb 10.0.0.7\n[RULES]\nIN ACCEPT -source web\n' };
    expect(letsIn(aliases, '10.0.0.7')).toBe('ACCEPT');
  });

  it('a source filter of a header nobody can read is closed', () => {
    const { verdict } = smallSite({ vm: '[IPSET ipfilter-net0\n10.0.0.7\n' });
    expect(verdict({ from: 'vm100i0', to: 'nfvm', source: '10.0.0.7' })).toBe('DROP');
  });

  it('the alias local_network is not detected instead', () => {
    const { verdict, site } = smallSite({ cluster: '[ALIASES]\nlocal_network 192.0.2.300/28\n' });
    expect(site.network.local).toBeNull();
    expect(verdict({ from: 'outside', to: 'host', source: '192.0.2.77', dport: '22' })).toBe('DROP');
  });
});

describe('an option nobody can read filters what it can', () => {
  const off = [
    'enable 1',
    'enable=1',
    'enable:',
    'enabel: 1',
    'enable: 1\u00a0',
    'Enable : ja',
    'e\0n\0a\0b\0l\0e\0: 1',
  ];

  it.each(off)('enable of a guest: `%s`', (line) => {
    const files = { 'etc/pve/firewall/100.fw': `[OPTIONS]\n${line}\n` };
    expect(letsIn({ files }, '10.0.0.7')).toBe('DROP');
  });

  it.each([
    '[OPTION]\nenable: 1\n',
    'enable: 1\n',
    '[OPTIONS\nenable: 1\npolicy_in: DROP\n',
    '[OPTIONS] enable: 1\n',
    '[OPTIONS]\renable: 1\r[RULES]\rIN ACCEPT\r',
  ])('enable below no header: %j', (text) => {
    expect(letsIn({ files: { 'etc/pve/firewall/100.fw': text } }, '10.0.0.7')).toBe('DROP');
  });

  it.each(off)('enable of a vnet: `%s`', (line) => {
    const files = { 'etc/pve/sdn/firewall/vmbr0.fw': `[OPTIONS]\npolicy_forward: DROP\n${line}\n` };
    expect(letsIn({ files }, '10.0.0.7')).toBe('DROP');
  });

  it('enable of the cluster, and policies', () => {
    const cluster = (text: string) => smallSite({ files: { 'etc/pve/firewall/cluster.fw': text } });
    expect(cluster('[OPTIONS]\nenable = 1\n').site.enabled).toBe(true);
    expect(cluster('[OPTIONS]\nenable: 1\n[OPTION]\npolicy_out: DROP\n').site.cluster.options.policy_out.value).toBe(
      'drop',
    );
  });

  it('protection of the host', () => {
    const { options } = smallSite({ host: '[OPTIONS]\ntcpflags: jo\nprotection_synflood 1\n' }).site.host;
    expect([options.tcpflags.value, options.protection_synflood.value]).toEqual([true, true]);
  });

  it('but what is like no option sets none', () => {
    const files = { 'etc/pve/firewall/100.fw': '[OPTIONS]\nunheard_of: 1\n# enable: 1\n[RULSE]\nIN ACCEPT\n' };
    expect(letsIn({ files }, '10.0.0.7')).toBe('ACCEPT');
  });
});
