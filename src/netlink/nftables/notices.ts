import type { TableFamily } from '../../ruleset/index.js';
import { TABLE_NAME } from '../../ruleset/index.js';
import { MalformedMessage, parseMessages } from '../wire.js';
import { familyNumber, NFGENMSG, SUBSYSTEM } from './batch.js';
import * as schema from './schema.js';
import { messageType } from './schema.js';

/** A transaction that somebody committed to nf_tables, as the kernel tells all who listen. */
export interface Commit {
  /** The generation of the ruleset that it made. */
  readonly generation: number;
  readonly pid: number;
  /** The kernel's name of the thread, of its own choosing: 15 bytes at most. */
  readonly process: string;
  /** What of our tables it made, changed or deleted, each once. */
  readonly touched: readonly TouchedObject[];
}

/** A rule counts as its chain, an element as its set; maps are sets, flowtables are objects. */
export interface TouchedObject {
  readonly family: TableFamily;
  readonly kind: 'table' | 'chain' | 'set' | 'object';
  readonly name: string;
}

const families: ReadonlyMap<number, TableFamily> = new Map([
  [familyNumber.inet, 'inet'],
  [familyNumber.bridge, 'bridge'],
]);

/**
 * Puts notices together: the kernel tells each object of a transaction, and behind the last one the generation with the
 * process that committed (nf_tables_api.c nf_tables_commit). Only this notice names it: the answer to a request for the
 * generation names who asks.
 */
export class CommitReader {
  #touched = new Map<string, TouchedObject>();

  /** The commits that are complete with these bytes. */
  read(bytes: Buffer): Commit[] {
    const commits: Commit[] = [];
    for (const { type, payload } of parseMessages(bytes)) {
      if (type >> 8 !== SUBSYSTEM) continue;
      if (payload.length < NFGENMSG) throw new MalformedMessage('a notice has no nf_tables header');
      if ((type & 0xff) === messageType.newGeneration) {
        const { id, processId, processName } = schema.generation.read(payload, NFGENMSG, payload.length);
        if (id === undefined) throw new MalformedMessage('a notice of a generation has no number');
        const touched = [...this.#touched.values()];
        commits.push({ generation: id, pid: processId ?? 0, process: processName ?? '', touched });
        this.#touched = new Map();
        continue;
      }
      const object = touchedObject(type & 0xff, payload);
      if (object !== null) this.#touched.set(`${object.family} ${object.kind} ${object.name}`, object);
    }
    return commits;
  }

  /** After notices were lost: what is half known belongs to no commit. */
  forget(): void {
    this.#touched = new Map();
  }
}

function touchedObject(type: number, payload: Buffer): TouchedObject | null {
  const family = families.get(payload.readUInt8(0));
  const found = family === undefined ? null : objectOf(type, payload);
  if (family === undefined || found === null || found.table !== TABLE_NAME || found.name === undefined) return null;
  return { family, kind: found.kind, name: found.name };
}

interface Named {
  readonly kind: TouchedObject['kind'];
  readonly table: string | undefined;
  readonly name: string | undefined;
}

function objectOf(type: number, payload: Buffer): Named | null {
  const end = payload.length;
  switch (type) {
    case messageType.newTable:
    case messageType.deleteTable: {
      const { name } = schema.table.read(payload, NFGENMSG, end);
      return { kind: 'table', table: name, name };
    }
    case messageType.newChain:
    case messageType.deleteChain: {
      const { table, name } = schema.chain.read(payload, NFGENMSG, end);
      return { kind: 'chain', table, name };
    }
    case messageType.newRule:
    case messageType.deleteRule: {
      const { table, chain } = schema.ruleOwner.read(payload, NFGENMSG, end);
      return { kind: 'chain', table, name: chain };
    }
    case messageType.newSet:
    case messageType.deleteSet: {
      const { table, name } = schema.set.read(payload, NFGENMSG, end);
      return { kind: 'set', table, name };
    }
    case messageType.newElements:
    case messageType.deleteElements: {
      const { table, set } = schema.elementOwner.read(payload, NFGENMSG, end);
      return { kind: 'set', table, name: set };
    }
    case messageType.newObject:
    case messageType.deleteObject: {
      const { table, name } = schema.anyObject.read(payload, NFGENMSG, end);
      return { kind: 'object', table, name };
    }
    case messageType.newFlowtable:
    case messageType.deleteFlowtable: {
      const { table, name } = schema.flowtable.read(payload, NFGENMSG, end);
      return { kind: 'object', table, name };
    }
    default:
      return null;
  }
}
