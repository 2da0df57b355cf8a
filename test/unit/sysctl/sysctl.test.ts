import { describe, expect, it } from 'vitest';
import { Failure } from '../../../src/diagnostics/index.js';
import { Reader } from '../../../src/ruleset/index.js';
import {
  carryOutSysctls,
  FakeSysctls,
  planSysctls,
  printSysctls,
  readReplaced,
  readSysctls,
  replacedToJson,
  type Sysctl,
  type SysctlName,
  spellSysctlChange,
} from '../../../src/sysctl/index.js';

const MAX = 'net.netfilter.nf_conntrack_max';
const ESTABLISHED = 'net.netfilter.nf_conntrack_tcp_timeout_established';
const SYN_RECV = 'net.netfilter.nf_conntrack_tcp_timeout_syn_recv';
const origin = { file: 'etc/pve/nodes/pve1/host.fw', line: 4 };
const want = (name: SysctlName, value: number): Sysctl => ({ name, value, origin });
const none = new Map<SysctlName, number>();

describe('a plan', () => {
  it('changes what differs, and remembers what was there before', () => {
    const { changes, replaced } = planSysctls([want(MAX, 524288), want(SYN_RECV, 60)], none, new FakeSysctls());
    expect(changes).toEqual([{ action: 'update', kind: 'setting', name: MAX, from: 65536, to: 524288, origin }]);
    expect([...replaced]).toEqual([
      [MAX, 65536],
      [SYN_RECV, 60],
    ]);
  });

  it('keeps the first value it replaced, whatever the kernel holds now', () => {
    const kernel = new FakeSysctls();
    kernel.write(MAX, 524288);
    const { changes, replaced } = planSysctls([want(MAX, 600000)], new Map([[MAX, 65536]]), kernel);
    expect(changes.map(spellSysctlChange)).toEqual(['524288 → 600000']);
    expect([...replaced]).toEqual([[MAX, 65536]]);
  });

  it('gives back what no line asks for any more, and leaves alone what nobody asked for', () => {
    const kernel = new FakeSysctls();
    kernel.write(MAX, 524288);
    kernel.write(ESTABLISHED, 9000);
    const { changes, replaced } = planSysctls([], new Map([[MAX, 65536]]), kernel);
    expect(changes).toEqual([{ action: 'update', kind: 'setting', name: MAX, from: 524288, to: 65536, origin: null }]);
    expect(changes.map(spellSysctlChange)).toEqual(['524288 → 65536  # as it was before']);
    expect(replaced.size).toBe(0);
  });

  it('refuses what this kernel lacks or does not let change, each line by name', () => {
    const kernel = new FakeSysctls();
    kernel.values.delete(ESTABLISHED);
    kernel.readOnly.add(MAX);
    const plan = () => planSysctls([want(MAX, 524288), want(ESTABLISHED, 9000)], none, kernel);
    expect(plan).toThrow(
      'host.fw:4: net.netfilter.nf_conntrack_max is 65536, and this network namespace may not change it\n' +
        'host.fw:4: this kernel has no net.netfilter.nf_conntrack_tcp_timeout_established: is the module nf_conntrack there?',
    );
    // A value that is there already needs nobody's leave, and nothing can be given back to a module that is gone.
    expect(planSysctls([want(MAX, 65536)], new Map([[ESTABLISHED, 1]]), kernel).changes).toEqual([]);
  });
});

describe('carrying out', () => {
  const carryOut = (kernel: FakeSysctls) =>
    carryOutSysctls(
      planSysctls([want(MAX, 524288), want(ESTABLISHED, 9000), want(SYN_RECV, 30)], none, kernel).changes,
      kernel,
    );
  const failed = (kernel: FakeSysctls): readonly [string, readonly SysctlName[]] => {
    const result = carryOut(kernel);
    if (result.done) throw new Error('it was done');
    return [result.failure.message, result.left];
  };

  it('writes all, and can take all back', () => {
    const kernel = new FakeSysctls();
    const result = carryOut(kernel);
    expect(kernel.dump()).toEqual([524288, 9000, 30]);
    expect(result.done && result.takeBack()).toEqual([]);
    expect(kernel.dump()).toEqual(new FakeSysctls().dump());
  });

  it.each([
    [MAX, 524288],
    [ESTABLISHED, 9000],
    [SYN_RECV, 30],
  ] as const)('takes the others back when the kernel refuses %s', (name, value) => {
    const kernel = new FakeSysctls();
    kernel.stubborn.add(name);
    expect(failed(kernel)).toEqual([`host.fw:4: the kernel refused ${value} for ${name}: EINVAL`, []]);
    expect(kernel.dump()).toEqual(new FakeSysctls().dump());
  });

  it('takes them back when a value reads back as another', () => {
    const kernel = new FakeSysctls();
    const { write } = kernel;
    kernel.write = (name, value) => write.call(kernel, name, value === 30 ? 31 : value);
    expect(failed(kernel)).toEqual([`host.fw:4: ${SYN_RECV} was set to 30 and reads back as 31`, []]);
    expect(kernel.dump()).toEqual([65536, 432000, 60]);
  });

  it('names what could not be put back', () => {
    const kernel = new FakeSysctls();
    kernel.stubborn.add(SYN_RECV);
    const { write } = kernel;
    kernel.write = (name, value) => {
      if (name === MAX && value === 65536) throw new Failure('setting-refused', 'no');
      write.call(kernel, name, value);
    };
    expect(failed(kernel)[1]).toEqual([MAX]);
    expect(kernel.dump()).toEqual([524288, 432000, 60]);
  });
});

it('records are read back as they were written; other names are refused', () => {
  const sysctls = [want(MAX, 524288), want(SYN_RECV, 30)];
  expect(readSysctls(new Reader(JSON.parse(JSON.stringify(sysctls))))).toEqual(sysctls);
  const replaced = new Map<SysctlName, number>([[MAX, 65536]]);
  expect(readReplaced(new Reader(JSON.parse(JSON.stringify(replacedToJson(replaced)))))).toEqual(replaced);
  expect(() => readReplaced(new Reader([{ name: 'kernel.core_pattern', value: 1 }]))).toThrow('[0].name is not one of');
  expect(printSysctls(sysctls)).toBe(`# host.fw:4\n${MAX} = 524288\n# host.fw:4\n${SYN_RECV} = 30\n`);
});
