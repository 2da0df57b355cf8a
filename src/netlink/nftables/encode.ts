import { setImmediate as turn } from 'node:timers/promises';
import type {
  Chain,
  DynamicSet,
  Interval,
  MapElement,
  NamedSet,
  Operation,
  Rule,
  RulePosition,
  TableRef,
  VerdictMap,
} from '../../ruleset/index.js';
import { commentOf, ruleDigest } from '../../ruleset/index.js';
import { NLM_F_APPEND, NLM_F_CREATE } from '../wire.js';
import { type Batch, BatchWriter } from './batch.js';
import { dataTypes, keyBytes, registerBytes } from './data-type.js';
import { intervalElements } from './elements.js';
import { verdictData } from './expressions.js';
import { helperAttributes } from './helper.js';
import { ANONYMOUS_NAME, type AnonymousSet, lowerRule } from './lower.js';
import * as schema from './schema.js';
import { messageType } from './schema.js';
import { elementUserdata, ruleUserdata, setUserdata, verdictMapUserdata } from './userdata.js';

/** NF_INET_* and NF_BR_* share these numbers. */
export const hookNumber = { prerouting: 0, input: 1, forward: 2, output: 3, postrouting: 4 } as const;
export const policyNumber = { drop: 0, accept: 1 } as const;

/** A list of elements is one attribute of at most 65535 bytes. An element of ours has at most 300 bytes. */
const LIST_BYTES = 60_000;

export interface EncodeOptions {
  /** Of the first message; answers are traced by it. */
  readonly firstSequence: number;
  /** The ruleset generation the operations were planned from; null: whatever it is. */
  readonly generation: number | null;
  readonly end: 'commit' | 'dry run';
}

/**
 * The operations as one batch. Throws RangeError for values no message can carry: an interface name over 15 bytes, a
 * number that does not fit its field.
 */
export function encodeOperations(operations: readonly Operation[], options: EncodeOptions): Batch {
  const encoder = encoderFor(operations, options);
  for (const [index, operation] of operations.entries()) encoder.operation(operation, index);
  return encoder.out.finish(options.end);
}

/** The same, giving the event loop a turn every few milliseconds. */
export async function encodeInTurns(operations: readonly Operation[], options: EncodeOptions): Promise<Batch> {
  const encoder = encoderFor(operations, options);
  for (const [index, operation] of operations.entries()) {
    if (index % OPERATIONS_PER_TURN === OPERATIONS_PER_TURN - 1) await turn();
    encoder.operation(operation, index);
  }
  return encoder.out.finish(options.end);
}

/** About ten microseconds each. */
const OPERATIONS_PER_TURN = 500;
/** A rule of a few matches with its comment; a larger batch grows its buffer. */
const OPERATION_BYTES = 512;

const encoderFor = (operations: readonly Operation[], { firstSequence, generation }: EncodeOptions): Encoder =>
  new Encoder(new BatchWriter(firstSequence, generation, (operations.length + 1) * OPERATION_BYTES));

class Encoder {
  readonly out: BatchWriter;
  /** Names sets within the batch. */
  #nextSetId = 1;

  constructor(out: BatchWriter) {
    this.out = out;
  }

  operation(operation: Operation, index: number): void {
    this.out.startOperation(index);
    const { table } = operation;
    const { family, name } = table;
    switch (operation.kind) {
      case 'add table':
        this.out.message(messageType.newTable, NLM_F_CREATE, family, schema.table, { name });
        return;
      case 'delete table':
        this.out.message(messageType.deleteTable, 0, family, schema.table, { name });
        return;
      case 'add chain':
        this.out.message(
          messageType.newChain,
          NLM_F_CREATE,
          family,
          schema.chain,
          chainAttributes(name, operation.chain),
        );
        return;
      case 'delete chain':
        this.out.message(messageType.deleteChain, 0, family, schema.chain, { table: name, name: operation.chain });
        return;
      case 'add set':
        this.out.message(messageType.newSet, NLM_F_CREATE, family, schema.set, {
          ...setAttributes(name, operation.set),
          id: this.#nextSetId++,
        });
        return;
      case 'add dynamic set':
        this.out.message(messageType.newSet, NLM_F_CREATE, family, schema.set, {
          ...dynamicSetAttributes(name, operation.set),
          id: this.#nextSetId++,
        });
        return;
      case 'delete set':
        this.out.message(messageType.deleteSet, 0, family, schema.set, { table: name, name: operation.set });
        return;
      case 'add elements':
        this.#intervals(messageType.newElements, table, operation.set, operation.elements);
        return;
      case 'delete elements':
        this.#intervals(messageType.deleteElements, table, operation.set, operation.elements);
        return;
      case 'add helper':
        this.out.message(
          messageType.newObject,
          NLM_F_CREATE,
          family,
          schema.helper,
          helperAttributes(name, operation.helper),
        );
        return;
      case 'delete helper':
        this.out.message(messageType.deleteObject, 0, family, schema.helper, {
          table: name,
          name: operation.helper,
          type: schema.OBJECT_CT_HELPER,
        });
        return;
      case 'delete foreign object':
        if (operation.object.kind === 'flowtable') {
          const flowtable = { table: name, name: operation.object.name };
          this.out.message(messageType.deleteFlowtable, 0, family, schema.flowtable, flowtable);
        } else {
          const { type, name: object } = operation.object;
          this.out.message(messageType.deleteObject, 0, family, schema.anyObject, { table: name, name: object, type });
        }
        return;
      case 'add map':
        this.out.message(messageType.newSet, NLM_F_CREATE, family, schema.set, {
          ...mapAttributes(name, operation.map),
          id: this.#nextSetId++,
        });
        return;
      case 'delete map':
        this.out.message(messageType.deleteSet, 0, family, schema.set, { table: name, name: operation.map });
        return;
      case 'add map elements':
        this.#elements(messageType.newElements, table, operation.map, operation.elements.map(mapElement));
        return;
      case 'delete map elements':
        this.#elements(
          messageType.deleteElements,
          table,
          operation.map,
          operation.keys.map((key) => ({ key: { value: keyBytes(key) } })),
        );
        return;
      case 'add rule':
        this.#rule(table, operation.chain, operation.rule, operation.position);
        return;
      case 'delete rule':
        this.out.message(messageType.deleteRule, 0, family, schema.rule, {
          table: name,
          chain: operation.chain,
          handle: operation.handle,
        });
        return;
      case 'flush chain':
        // Without a handle the kernel deletes every rule of the chain.
        this.out.message(messageType.deleteRule, 0, family, schema.rule, { table: name, chain: operation.chain });
        return;
    }
  }

  #rule(table: TableRef, chain: string, rule: Rule, position: RulePosition): void {
    const { expressions, anonymousSets } = lowerRule(rule, table.family, this.#nextSetId);
    this.#nextSetId += anonymousSets.length;
    for (const set of anonymousSets) this.#anonymousSet(table, set);
    const before = position.at === 'before';
    // With a position the kernel inserts before that rule unless APPEND is set.
    this.out.message(
      messageType.newRule,
      before ? NLM_F_CREATE : NLM_F_CREATE | NLM_F_APPEND,
      table.family,
      schema.rule,
      {
        table: table.name,
        chain,
        expressions,
        ...(before ? { position: position.handle } : {}),
        userdata: ruleUserdata(ruleDigest(rule), commentOf(rule)),
      },
    );
  }

  #anonymousSet(table: TableRef, { id, layout, place, intervals, elements }: AnonymousSet): void {
    this.out.message(messageType.newSet, NLM_F_CREATE, table.family, schema.set, {
      table: table.name,
      name: ANONYMOUS_NAME,
      flags: schema.SET_ANONYMOUS | schema.SET_CONSTANT | (intervals ? schema.SET_INTERVAL : 0),
      keyType: layout.id,
      keyLength: layout.length,
      // Lets the kernel size its hash table at once.
      description: { size: intervals ? elements.length * 2 : elements.length },
      id,
      userdata: setUserdata(layout, null, place),
    });
    this.#elements(
      messageType.newElements,
      table,
      ANONYMOUS_NAME,
      intervals ? intervalElements(elements, layout.length) : singleElements(elements, layout),
      id,
    );
  }

  #intervals(
    type: typeof messageType.newElements | typeof messageType.deleteElements,
    table: TableRef,
    set: NamedSet,
    elements: readonly Interval[],
  ): void {
    this.#elements(type, table, set.name, intervalElements(elements, dataTypes[set.type].length));
  }

  #elements(
    type: typeof messageType.newElements | typeof messageType.deleteElements,
    table: TableRef,
    set: string,
    elements: readonly schema.ElementAttributes[],
    setId?: number,
  ): void {
    const flags = type === messageType.newElements ? NLM_F_CREATE : 0;
    for (const part of split(elements)) {
      this.out.message(type, flags, table.family, schema.elementList, {
        table: table.name,
        set,
        elements: part,
        ...(setId === undefined ? {} : { setId }),
      });
    }
  }
}

function* split(elements: readonly schema.ElementAttributes[]): Generator<readonly schema.ElementAttributes[]> {
  let from = 0;
  let bytes = 0;
  for (const [index, element] of elements.entries()) {
    const size = elementBytes(element);
    if (bytes + size > LIST_BYTES) {
      yield elements.slice(from, index);
      from = index;
      bytes = 0;
    }
    bytes += size;
  }
  if (from < elements.length) yield elements.slice(from);
}

/** An upper bound of the element's encoded length: seven attribute headers, paddings and a u32. */
const elementBytes = ({ key, data, userdata }: schema.ElementAttributes): number =>
  56 + (key?.value?.length ?? 0) + (data?.verdict?.chain?.length ?? 0) + (userdata?.length ?? 0);

const singleElements = (elements: readonly Interval[], layout: AnonymousSet['layout']): schema.ElementAttributes[] =>
  elements.map(([value]) => ({ key: { value: registerBytes(value, layout) } }));

function chainAttributes(table: string, { name, base }: Chain): schema.ChainAttributes {
  if (base === undefined) return { table, name };
  return {
    table,
    name,
    hook: { number: hookNumber[base.hook], priority: base.priority },
    policy: policyNumber[base.policy],
    type: 'filter',
  };
}

export const MILLISECONDS = 1000n;

function setAttributes(table: string, set: NamedSet): schema.SetAttributes {
  const layout = dataTypes[set.type];
  return {
    table,
    name: set.name,
    flags: schema.SET_INTERVAL,
    keyType: layout.id,
    keyLength: layout.length,
    userdata: setUserdata(layout, commentOf(set)),
  };
}

function dynamicSetAttributes(table: string, set: DynamicSet): schema.SetAttributes {
  const layout = dataTypes[set.type];
  return {
    table,
    name: set.name,
    flags: schema.SET_TIMEOUT | schema.SET_EVAL,
    keyType: layout.id,
    keyLength: layout.length,
    description: { size: set.size },
    timeout: BigInt(set.timeout) * MILLISECONDS,
    userdata: setUserdata(layout, commentOf(set)),
  };
}

const mapAttributes = (table: string, { name, type }: VerdictMap): schema.SetAttributes => ({
  table,
  name,
  flags: schema.SET_MAP,
  keyType: dataTypes[type].id,
  keyLength: dataTypes[type].length,
  dataType: schema.DATA_VERDICT,
  dataLength: 0,
  userdata: verdictMapUserdata(dataTypes[type]),
});

function mapElement(element: MapElement): schema.ElementAttributes {
  const comment = commentOf(element);
  return {
    key: { value: keyBytes(element.key) },
    data: verdictData(element.verdict),
    ...(comment === null ? {} : { userdata: elementUserdata(comment) }),
  };
}
