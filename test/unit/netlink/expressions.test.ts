import { expect, test } from 'vitest';
import { ByteWriter } from '../../../src/netlink/byte-writer.js';
import { type Expression, expression } from '../../../src/netlink/nftables/expression-schema.js';
import * as e from '../../../src/netlink/nftables/expressions.js';
import { MalformedMessage } from '../../../src/netlink/wire.js';

const bytes = (...values: number[]): Buffer => Buffer.from(values);

/** Name and data attributes of each expression; the kernel of test/netns takes them and nft shows what they mean. */
const fixtures: readonly (readonly [what: string, value: Expression, hex: string])[] = [
  ['meta', e.loadMeta('iifname'), '090001006d657461000000001400028008000100000000010800020000000006'],
  ['meta of a bridge', e.loadName('meta obrname'), '090001006d657461000000001400028008000100000000010800020000000012'],
  ['meta set', e.setMetaMark, '090001006d657461000000001400028008000200000000030800030000000001'],
  [
    'payload',
    e.loadPayload('network', 12, 4),
    '0c0001007061796c6f6164002400028008000100000000010800020000000001080003000000000c0800040000000004',
  ],
  [
    'cmp',
    e.compare('neq', bytes(10, 1, 2, 3)),
    '08000100636d700020000280080001000000000108000200000000010c000380080001000a010203',
  ],
  [
    'range',
    e.outside(bytes(0, 22), bytes(0, 25)),
    '0a00010072616e67650000002c000280080001000000000108000200000000010c00038006000100001600000c0004800600010000190000',
  ],
  [
    'bitwise',
    e.and(bytes(255, 255, 0, 0)),
    '0c0001006269747769736500340002800800010000000001080002000000000108000300000000040c00048008000100ffff00000c0005800800010000000000',
  ],
  [
    'byteorder',
    e.toNetworkOrder(4),
    '0e000100627974656f726465720000002c00028008000100000000010800020000000001080003000000000108000400000000040800050000000004',
  ],
  [
    'lookup',
    e.lookup({ name: 'addresses' }, true),
    '0b0001006c6f6f6b75700000240002800e00010061646472657373657300000008000200000000010800050000000001',
  ],
  [
    'lookup of an anonymous set',
    e.lookup({ name: '__set%d', id: 3 }, false),
    '0b0001006c6f6f6b75700000200002800c0001005f5f73657425640008000200000000010800040000000003',
  ],
  [
    'dispatch',
    e.lookupVerdict('ports'),
    '0b0001006c6f6f6b75700000200002800a000100706f72747300000008000200000000010800030000000000',
  ],
  [
    'immediate',
    e.immediate(bytes(5, 0, 0, 0)),
    '0e000100696d6d6564696174650000001800028008000100000000010c0002800800010005000000',
  ],
  [
    'accept',
    e.immediateVerdict({ kind: 'accept' }),
    '0e000100696d6d6564696174650000001c0002800800010000000000100002800c0002800800010000000001',
  ],
  [
    'jump',
    e.immediateVerdict({ kind: 'jump', chain: 'guest' }),
    '0e000100696d6d6564696174650000002800028008000100000000001c0002801800028008000100fffffffd0a0002006775657374000000',
  ],
  ['ct', e.loadCt('state'), '07000100637400001400028008000100000000010800020000000000'],
  ['ct set', e.setCtMark, '07000100637400001400028008000200000000030800040000000001'],
  [
    'limit',
    e.limit(5, 60, 7),
    '0a0001006c696d6974000000340002800c00010000000000000000050c000200000000000000003c080003000000000708000400000000000800050000000000',
  ],
  [
    'dynset',
    e.update('seen', e.limit(200, 1, 1000, true)),
    '0b00010064796e736574000064000280090001007365656e0000000008000300000000010800040000000001440007000a0001006c696d6974000000340002800c00010000000000000000c80c000200000000000000000108000300000003e808000400000000000800050000000001',
  ],
  ['objref', e.assignHelper('ftp'), '0b0001006f626a72656600001400028008000100000000030800020066747000'],
  ['counter', e.counter, '0c000100636f756e7465720004000280'],
  ['log', e.log(3, 'x: '), '080001006c6f670014000280060001000003000008000200783a2000'],
  ['queue', e.queue(2, 5), '0a00010071756575650000001c000280060001000002000006000200000400000600030000010000'],
  ['reject', e.reject('admin-prohibited'), '0b00010072656a65637400001400028008000100000000020500020003000000'],
  ['fib', e.loadFibType('daddr'), '08000100666962001c000280080001000000000108000200000000030800030000000002'],
];

function encode(value: Expression): Buffer {
  const out = new ByteWriter();
  expression.write(out, value);
  return out.finish();
}

test.each(fixtures)('%s has these bytes, and they mean it', (_what, value, hex) => {
  expect(encode(value).toString('hex')).toBe(hex);
  const read = Buffer.from(hex, 'hex');
  expect(expression.read(read, 0, read.length)).toEqual(value);
});

test.each(fixtures)('%s: bytes made once are the bytes the table gives', (_what, value) => {
  // A copy is no shared expression, so it is encoded by its attribute table.
  expect(encode({ ...value })).toEqual(encode(value));
});

test('an expression this codec does not know keeps its name and bytes', () => {
  const value: Expression = { kind: 'unknown', name: 'xfrm', content: bytes(8, 0, 1, 0, 0, 0, 0, 9) };
  const read = encode(value);
  expect(expression.read(read, 0, read.length)).toEqual(value);
});

test('attributes this codec does not know are passed over', () => {
  // meta with an attribute 99 behind its key
  const read = Buffer.from(
    '090001006d65746100000000' + '18000280' + '0800010000000001' + '0800020000000006' + '0500630001000000',
    'hex',
  );
  read.writeUInt16LE(28, 12);
  expect(expression.read(read, 0, read.length)).toEqual({ kind: 'meta', dreg: 1, key: 6 });
});

test.each(fixtures)('%s cut off anywhere is an error of its own type, never another', (_what, _value, hex) => {
  const whole = Buffer.from(hex, 'hex');
  for (let length = 0; length < whole.length; length++) {
    try {
      expression.read(whole.subarray(0, length), 0, length);
    } catch (error) {
      expect(error).toBeInstanceOf(MalformedMessage);
    }
  }
});

test('an offset becomes the path of its attribute', () => {
  const read = encode(e.loadPayload('network', 12, 4));
  const paths = new Set(
    Array.from({ length: read.length }, (_, offset) => expression.locate(read, 0, read.length, offset)),
  );
  expect([...paths]).toEqual(['.payload', '.payload.dreg', '.payload.base', '.payload.offset', '.payload.len']);
});
