import { describe, expect, test } from 'vitest';
import { parseGuestConfig } from '../../../src/parser/index.js';

const read = (text: string) => {
  const { tree, diagnostics } = parseGuestConfig(new TextEncoder().encode(text), '100.conf');
  return { contents: tree.lines.map(({ content }) => content), diagnostics };
};

/** The properties of the only line. */
const propertiesOf = (line: string) => {
  const { contents, diagnostics } = read(line);
  const [content] = contents;
  if (content?.kind !== 'nic') throw new Error(`not a NIC: ${content?.kind}`);
  const properties = Object.fromEntries(content.properties.map(({ key, value }) => [key.value, value.value]));
  return { index: content.index.value, properties, codes: diagnostics.map(({ code }) => code) };
};

describe('netN lines (specification 6.2)', () => {
  test.each([
    [
      'net0: virtio=BC:24:11:00:00:01,bridge=vmbr0,firewall=1,tag=7,trunks=2-4;9,link_down=1',
      0,
      { virtio: 'BC:24:11:00:00:01', bridge: 'vmbr0', firewall: '1', tag: '7', trunks: '2-4;9', link_down: '1' },
    ],
    ['net1: virtio,bridge=vmbr0', 1, { virtio: '', bridge: 'vmbr0' }],
    [
      'net31: model=e1000-82540em,macaddr=BC:24:11:00:00:01',
      31,
      { model: 'e1000-82540em', macaddr: 'BC:24:11:00:00:01' },
    ],
    [
      'net2: name=eth0,hwaddr=BC:24:11:00:00:01,ip=10.0.0.1/24,ip6=auto,type=veth',
      2,
      { name: 'eth0', hwaddr: 'BC:24:11:00:00:01', ip: '10.0.0.1/24', ip6: 'auto', type: 'veth' },
    ],
    ['net0:bridge=,rate=a=b', 0, { bridge: '', rate: 'a=b' }],
    ['net0: virtio , bridge = vmbr0 ,\tfirewall = 1', 0, { virtio: '', bridge: 'vmbr0', firewall: '1' }],
  ])('%j', (line, index, properties) => {
    expect(propertiesOf(line)).toEqual({ index, properties, codes: [] });
  });

  test('what is no property is left out with a warning, and of two the first counts', () => {
    expect(propertiesOf('net0: virtio,,up,=1,firewall=1,firewall=0')).toEqual({
      index: 0,
      properties: { virtio: '', firewall: '1' },
      codes: ['guest/nic-property', 'guest/nic-property', 'guest/nic-property', 'guest/nic-property'],
    });
  });

  test('spans point at keys and values', () => {
    const [content] = read('net0: virtio,tag=7').contents;
    const span = (column: number, endColumn: number) => ({
      file: '100.conf',
      line: 1,
      column,
      endLine: 1,
      endColumn,
    });
    expect(content).toEqual({
      kind: 'nic',
      index: { value: 0, span: span(1, 5) },
      properties: [
        { key: { value: 'virtio', span: span(7, 13) }, value: { value: '', span: span(13, 13) } },
        { key: { value: 'tag', span: span(14, 17) }, value: { value: '7', span: span(18, 19) } },
      ],
      garbled: false,
    });
  });

  test.each(['net32: virtio', 'net00: virtio', 'net4294967296: virtio'])('%j is out of range', (line) => {
    const { contents, diagnostics } = read(line);
    expect(contents).toEqual([{ kind: 'inert' }]);
    expect(diagnostics).toMatchObject([{ code: 'guest/nic-index', severity: 'error' }]);
  });

  test('set twice: the last one counts, the earlier one is inert and reported', () => {
    const { contents, diagnostics } = read('net0: virtio\nname: x\nnet0: e1000\n');
    expect(contents.map(({ kind }) => kind)).toEqual(['inert', 'setting', 'nic']);
    expect(diagnostics).toMatchObject([
      { code: 'guest/repeated-nic', span: { line: 1 }, related: [{ span: { line: 3 } }] },
    ]);
  });
});

test('everything below the first bracket is another state of the guest', () => {
  const { contents, diagnostics } = read('#d\nname: x\n\n[before]\nnet0: virtio\n#c\n[PENDING]\n???\n');
  expect(contents.map(({ kind }) => kind)).toEqual([
    'comment',
    'setting',
    'blank',
    'section',
    'other state',
    'comment',
    'section',
    'other state',
  ]);
  expect(contents[3]).toEqual({ kind: 'section', name: 'before' });
  expect(diagnostics).toEqual([]);
});

test('settings keep key and value; raw lxc settings may use an equals sign', () => {
  const { contents, diagnostics } = read(
    'boot: order=scsi0;net0\nlxc.idmap = u 0 100000 65536\nlxc.cap.drop: sys_time\n',
  );
  expect(contents).toMatchObject([
    { kind: 'setting', key: { value: 'boot' }, value: { value: 'order=scsi0;net0' } },
    { kind: 'setting', key: { value: 'lxc.idmap' }, value: { value: 'u 0 100000 65536' } },
    { kind: 'setting', key: { value: 'lxc.cap.drop' }, value: { value: 'sys_time' } },
  ]);
  expect(diagnostics).toEqual([]);
});

test('a line of no known form is a warning', () => {
  const { contents, diagnostics } = read('net0 virtio\n');
  expect(contents).toEqual([{ kind: 'inert' }]);
  expect(diagnostics).toMatchObject([{ code: 'guest/unreadable-line', severity: 'warning' }]);
});
