import { expect, test } from 'vitest';
import { encodeOperations } from '../../../src/netlink/nftables/encode.js';
import { storedBatch } from '../../../src/netlink/nftables/stored-batch.js';
import type { Operation } from '../../../src/ruleset/index.js';
import { ours } from '../../support/rules.js';

const table = ours('inet');
const operations: Operation[] = [
  { kind: 'add table', table },
  { kind: 'add chain', table, chain: { name: 'ringwall', rules: [] } },
];
const encoded = (firstSequence: number): Buffer =>
  encodeOperations(operations, { firstSequence, generation: null, end: 'commit' }).bytes;

test('kept bytes get the sequence numbers of this conversation', () => {
  expect(storedBatch(encoded(0), 700)?.bytes).toEqual(encoded(700));
});

test('what is kept is not changed', () => {
  const kept = encoded(0);
  storedBatch(kept, 700);
  expect(kept).toEqual(encoded(0));
});

/** The nth place of the table's name: 0 in the table's message, 1 in the chain's, where its own name follows. */
function withName(place: number, name: string): Buffer {
  const bytes = encoded(0);
  let at = -1;
  for (let found = 0; found <= place; found += 1) at = bytes.indexOf('ringwall', at + 1);
  bytes.write(name, at);
  return bytes;
}

test.each([0, 1])('a message about another table is none of ours (%d)', (place) => {
  expect(storedBatch(withName(place, 'ringwell'), 1)).toBeNull();
  expect(storedBatch(withName(place, 'ring\0all'), 1)).toBeNull();
});

test('other names are free', () => {
  expect(storedBatch(withName(2, 'ringwell'), 1)).not.toBeNull();
});

test('a message of another family, subsystem or place is none of ours', () => {
  const changed = (at: number, value: number): Buffer => {
    const bytes = encoded(0);
    bytes[at] = value;
    return bytes;
  };
  const [, second = 0] = starts(encoded(0));
  expect(storedBatch(changed(second + 16, 2), 1)).toBeNull();
  expect(storedBatch(changed(second + 5, 1), 1)).toBeNull();
  expect(storedBatch(changed(4, 0x11), 1)).toBeNull();
  const withoutEnd = encodeOperations(operations, { firstSequence: 0, generation: null, end: 'dry run' }).bytes;
  expect(storedBatch(withoutEnd, 1)).toBeNull();
});

test('lengths that lead nowhere are seen', () => {
  for (const length of [0, 15, 19, 0xffff_ffff]) {
    const bytes = encoded(0);
    bytes.writeUInt32LE(length, starts(bytes)[1] ?? 0);
    expect(storedBatch(bytes, 1)).toBeNull();
  }
  const attribute = encoded(0);
  attribute.writeUInt16LE(0xffff, (starts(attribute)[1] ?? 0) + 20);
  expect(storedBatch(attribute, 1)).toBeNull();
});

function starts(bytes: Buffer): number[] {
  const found: number[] = [];
  for (let at = 0; at < bytes.length; at += (bytes.readUInt32LE(at) + 3) & ~3) found.push(at);
  return found;
}
