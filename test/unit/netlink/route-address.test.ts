import fc from 'fast-check';
import { expect, test } from 'vitest';
import {
  addressBytes,
  addressText,
  hardwareBytes,
  hardwareText,
  linkName,
} from '../../../src/netlink/route/address.js';
import { MalformedMessage } from '../../../src/netlink/wire.js';

test.each([
  ['10.1.2.3', '0a010203'],
  ['::', '00'.repeat(16)],
  ['::1', `${'00'.repeat(15)}01`],
  ['2001:db8::', `20010db8${'00'.repeat(12)}`],
  ['fe80::1:2', `fe80${'00'.repeat(10)}00010002`],
  ['1:2:3:4:5:6:7:8', '00010002000300040005000600070008'],
  ['::ffff:10.1.2.3', `${'00'.repeat(10)}ffff0a010203`],
])('%s is %s', (text, hex) => {
  expect(addressBytes(text).toString('hex')).toBe(hex);
});

test('any address survives the way to text and back', () => {
  for (const length of [4, 16]) {
    fc.assert(
      fc.property(fc.uint8Array({ minLength: length, maxLength: length }), (raw) => {
        expect(addressBytes(addressText(Buffer.from(raw), 0, raw.length))).toEqual(Buffer.from(raw));
      }),
    );
  }
});

test.each(['', '10.1.2', '10.1.2.256', '::1%lo', ':::', '1:2', 'localhost'])('%j is no address', (text) => {
  expect(() => addressBytes(text)).toThrow(expect.objectContaining({ code: 'bad-address' }));
});

test('an address of another length is malformed', () => {
  expect(() => addressText(Buffer.alloc(5), 0, 5)).toThrow(MalformedMessage);
});

test('hardware addresses', () => {
  expect(hardwareText(hardwareBytes('02:00:5E:10:00:01'), 0, 6)).toBe('02:00:5e:10:00:01');
  for (const bad of ['', '02:00:5e:10:00', '02-00-5e-10-00-01', '02:00:5e:10:00:0g']) {
    expect(() => hardwareBytes(bad)).toThrow(expect.objectContaining({ code: 'bad-address' }));
  }
});

test('link names', () => {
  expect(linkName('tap100i0')).toBe('tap100i0');
  expect(linkName('fifteen-bytes-x')).toBe('fifteen-bytes-x');
  for (const bad of ['', '.', '..', 'a/b', 'a b', 'a:b', 'a\nb', 'a\0b', 'sixteen-bytes-xx']) {
    expect(() => linkName(bad)).toThrow(expect.objectContaining({ code: 'bad-link-name' }));
  }
});
