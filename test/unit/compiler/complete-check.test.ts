import { describe, expect, it } from 'vitest';
import { smallSite } from './small-site.js';

describe('everything is resolved, in force or not', () => {
  it.each([
    ['a group nobody uses', { cluster: '[group web]\nIN ACCEPT -source nowhere\n' }, 'cluster.fw:4'],
    ['a FORWARD rule of a group', { cluster: '[group web]\nFORWARD ACCEPT -source nowhere\n' }, 'cluster.fw:4'],
    ['a set nobody uses', { cluster: '[IPSET web]\nnowhere\n' }, 'cluster.fw:4'],
    ["a guest's set nobody uses", { vm: '[IPSET web]\n!nowhere\n' }, '100.fw:4'],
    ['host rules that are off', { host: '[OPTIONS]\nenable: 0\n[RULES]\nIN ACCEPT -source nowhere\n' }, 'host.fw:4'],
    [
      'cluster rules, host off',
      { host: '[OPTIONS]\nenable: 0\n', cluster: '[RULES]\nOUT DROP -dest nowhere\n' },
      'cluster.fw:4',
    ],
    ['a guest that is off', { vm: 'enable: 0\n[RULES]\nIN ACCEPT -source nowhere\n' }, '100.fw:5'],
    [
      'the rules of a vnet',
      { files: { 'etc/pve/sdn/firewall/v1.fw': '[RULES]\nFORWARD ACCEPT -source nowhere\n' } },
      'v1.fw:2',
    ],
    ['a site that is off', { cluster: 'enable: 0\n[RULES]\nOUT DROP -dest nowhere\n' }, 'cluster.fw:5'],
  ] as const)('%s', (_, files, place) => {
    const errors = smallSite(files).problems.filter((problem) => problem.includes(' error '));
    expect(errors).toEqual([`${place} error name/unknown-alias`]);
  });

  it('a group no vnet file can find is an error there', () => {
    const { problems } = smallSite({ files: { 'etc/pve/sdn/firewall/v1.fw': '[RULES]\nGROUP nowhere\n' } });
    expect(problems).toEqual(['v1.fw:2 error name/unknown-group']);
  });

  it('adds nothing to the ruleset', () => {
    const unused = smallSite({
      cluster: '[IPSET web]\n10.0.0.1\n[group web]\nIN ACCEPT -source +web\nFORWARD ACCEPT\n',
      vm: '[IPSET db]\n10.0.0.2\n',
      files: { 'etc/pve/sdn/firewall/v1.fw': '[RULES]\nFORWARD ACCEPT -source +web\n' },
    });
    expect(unused.problems).toEqual([]);
    expect(unused.compiled.ruleset).toEqual(smallSite({ vm: '' }).compiled.ruleset);
  });

  it('says once what is wrong in a group, however often and wherever it is called', () => {
    const { problems } = smallSite({
      cluster:
        '[group web]\nIN ACCEPT -source nowhere\nOUT ACCEPT -source guest/nowhere\n[RULES]\nGROUP web\nGROUP web\n',
      vm: '[RULES]\nGROUP web\n',
      container: '[RULES]\nGROUP web -i net0\n',
    });
    expect(problems).toEqual(['cluster.fw:4 error name/unknown-alias', 'cluster.fw:5 error name/unknown-alias']);
  });
});

describe('what a guest says of a NIC', () => {
  it.each([
    ['a rule for one it does not have', '[RULES]\nIN ACCEPT -i net9\n', '100.fw:4'],
    ['a group for one it does not have', '[RULES]\nGROUP web -i net9\n', '100.fw:4'],
    ['a rule for one that is not filtered', '[RULES]\nIN ACCEPT -i net1\n', '100.fw:4'],
    ['a rule for one on no bridge', '[RULES]\nIN ACCEPT -i net2\n', '100.fw:4'],
    ['a source filter for one it does not have', '[IPSET ipfilter-net9]\n10.0.0.1\n', '100.fw:3'],
    ['a source filter for one that is not filtered', '[IPSET ipfilter-net1]\n10.0.0.1\n', '100.fw:3'],
  ])('%s is a warning', (_, text, place) => {
    const { problems, rules } = smallSite({
      cluster: '[group web]\nIN ACCEPT\n',
      vm: text,
      files: {
        'etc/pve/nodes/pve1/qemu-server/100.conf':
          'net0: virtio=BC:24:11:00:01:00,bridge=vmbr0,firewall=1\nnet1: virtio=BC:24:11:00:01:01,bridge=vmbr0\nnet2: virtio=BC:24:11:00:01:02,firewall=1\n',
      },
    });
    expect(problems).toEqual([`${place} warning name/no-nic`]);
    expect(rules('bridge', 'guest-100-in')).toEqual(['jump noise-silent', 'counter drop']);
  });

  it('a set of another name is no source filter', () => {
    expect(smallSite({ vm: '[IPSET ipfilter-net00]\n10.0.0.1\n[IPSET ipfilter-web]\n10.0.0.1\n' }).problems).toEqual(
      [],
    );
  });
});
