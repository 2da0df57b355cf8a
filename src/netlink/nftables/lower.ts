import type {
  Field,
  FlagMatch,
  Interval,
  Match,
  NameMatch,
  Rule,
  Statement,
  TableFamily,
  ValueMatch,
} from '../../ruleset/index.js';
import { fields, prefixLength, prefixMask } from '../../ruleset/index.js';
import { dataTypes, fromNetworkBytes, nameBytes, networkBytes, registerBytes, type TypeLayout } from './data-type.js';
import { Dependencies } from './dependencies.js';
import type { Expression } from './expression-schema.js';
import * as e from './expressions.js';
import { fieldMask, fieldSource, rawPlace } from './field-source.js';
import type { RawPlace } from './userdata.js';

/** A constant set that lives and dies with its rule. */
export interface AnonymousSet {
  /** Names the set within the batch, where it has no name yet. */
  readonly id: number;
  readonly layout: TypeLayout;
  /** Where its values come from, when nft has no name for that. */
  readonly place: RawPlace | null;
  /** When false, every interval is a single value. */
  readonly intervals: boolean;
  readonly elements: readonly Interval[];
}

export interface LoweredRule {
  readonly expressions: readonly Expression[];
  /** Must be made before the rule, in this order. */
  readonly anonymousSets: readonly AnonymousSet[];
}

/** The kernel finds the number of an anonymous set itself. */
export const ANONYMOUS_NAME = '__set%d';

/**
 * A rule as the kernel's expressions, in the form `nft list ruleset` prints naturally. What a field needs to exist (the
 * address family, the transport protocol) is checked once before its first use. `firstSetId` numbers the rule's anonymous sets.
 */
export function lowerRule(rule: Rule, family: TableFamily, firstSetId = 1): LoweredRule {
  const lowering = new Lowering(family, firstSetId);
  for (const match of rule.matches) lowering.match(match);
  for (const statement of rule.statements) lowering.statement(statement);
  return lowering;
}

class Lowering implements LoweredRule {
  expressions: Expression[] = [];
  readonly anonymousSets: AnonymousSet[] = [];
  readonly #dependencies: Dependencies;
  #nextSetId: number;

  constructor(family: TableFamily, firstSetId: number) {
    this.#dependencies = new Dependencies(family);
    this.#nextSetId = firstSetId;
  }

  match(match: Match): void {
    switch (match.kind) {
      case 'values':
        this.#values(match);
        return;
      case 'set':
        this.#need(match.field);
        this.expressions.push(fieldSource(match.field), ...fieldMask(match.field));
        this.#toIntervalOrder(dataTypes[fields[match.field].type]);
        this.expressions.push(e.lookup({ name: match.set }, match.negated));
        return;
      case 'names':
        this.#names(match);
        return;
      case 'flags':
        this.#flags(match);
        return;
    }
  }

  statement(statement: Statement): void {
    switch (statement.kind) {
      case 'counter':
        this.expressions.push(e.counter);
        return;
      case 'limit':
        this.expressions.push(e.limit(statement.rate, secondsOf[statement.unit], statement.burst));
        return;
      case 'update':
        this.#update(statement);
        return;
      case 'log':
        this.expressions.push(e.log(statement.group, statement.prefix));
        return;
      case 'set mark':
        this.expressions.push(
          e.immediate(registerBytes(BigInt(statement.value), dataTypes.mark)),
          statement.field === 'ct mark' ? e.setCtMark : e.setMetaMark,
        );
        return;
      case 'reject':
        // nft puts this dependency at the start of the rule; the kernel only wants it before the statement.
        if (statement.with === 'tcp reset') this.expressions.unshift(...this.#dependencies.transport(TCP));
        this.expressions.push(e.reject(statement.with));
        return;
      case 'queue':
        this.expressions.push(e.queue(statement.first, statement.last));
        return;
      case 'set helper':
        this.expressions.push(e.assignHelper(statement.helper));
        return;
      case 'verdict':
        this.expressions.push(e.immediateVerdict(statement.verdict));
        return;
      case 'dispatch':
        this.#dispatch(statement);
        return;
    }
  }

  #dispatch({ field, map }: Extract<Statement, { kind: 'dispatch' }>): void {
    if (field === 'ether daddr') {
      this.#need(field);
      this.expressions.push(fieldSource(field));
    } else this.expressions.push(e.loadName(field));
    this.expressions.push(e.lookupVerdict(map));
  }

  #update({ set, field, prefix, rate, unit, burst }: Extract<Statement, { kind: 'update' }>): void {
    this.#need(field);
    const { type, width } = fields[field];
    this.expressions.push(fieldSource(field));
    if (prefix < width) this.expressions.push(e.and(networkBytes(prefixMask(prefix, width), dataTypes[type].length)));
    this.expressions.push(e.update(set, e.limit(rate, secondsOf[unit], burst, true)));
  }

  #need(field: Field | 'tcp flags'): void {
    this.expressions.push(...this.#dependencies.of(field));
  }

  #values(match: ValueMatch): void {
    const { field, negated, values } = match;
    this.#need(field);
    const { type, width } = fields[field];
    const layout = dataTypes[type];
    const [only] = values;
    if (only === undefined || values.length > 1) {
      this.expressions.push(fieldSource(field), ...fieldMask(field));
      this.#lookupAnonymous(layout, values, negated, rawPlace(field));
      return;
    }
    const [first, last] = only;
    if (first === last) {
      this.expressions.push(
        fieldSource(field),
        ...fieldMask(field),
        e.compare(negated ? 'neq' : 'eq', registerBytes(first, layout)),
      );
      if (!negated) this.#dependencies.learn(field, first);
      return;
    }
    const prefix = type === 'ipv4_addr' || type === 'ipv6_addr' ? prefixLength(only, width) : undefined;
    if (prefix !== undefined) this.#prefix(field, first, prefix, negated);
    else {
      this.expressions.push(fieldSource(field), ...fieldMask(field));
      this.#interval(layout, only, negated);
    }
  }

  /** Whole bytes of a prefix are compared alone; otherwise the rest is masked away. */
  #prefix(field: Field, first: bigint, prefix: number, negated: boolean): void {
    const { length } = dataTypes[fields[field].type];
    const address = networkBytes(first, length);
    const op = negated ? 'neq' : 'eq';
    if (prefix % 8 === 0 && prefix > 0) {
      this.expressions.push(fieldSource(field, prefix / 8), e.compare(op, address.subarray(0, prefix / 8)));
      return;
    }
    const mask = networkBytes(prefixMask(prefix, length * 8), length);
    this.expressions.push(fieldSource(field), e.and(mask), e.compare(op, address));
  }

  #interval(layout: TypeLayout, [first, last]: Interval, negated: boolean): void {
    this.#toIntervalOrder(layout);
    const from = networkBytes(first, layout.length);
    const to = networkBytes(last, layout.length);
    if (negated) this.expressions.push(e.outside(from, to));
    else this.expressions.push(e.compare('gte', from), e.compare('lte', to));
  }

  /** Intervals are compared byte by byte, so a number in host order must be turned first. */
  #toIntervalOrder(layout: TypeLayout): void {
    if (layout.order === 'host') this.expressions.push(e.toNetworkOrder(layout.length));
  }

  #lookupAnonymous(
    layout: TypeLayout,
    elements: readonly Interval[],
    inverted: boolean,
    place: RawPlace | null = null,
  ): void {
    const intervals = elements.some(([first, last]) => first !== last);
    if (intervals) this.#toIntervalOrder(layout);
    const id = this.#nextSetId++;
    this.anonymousSets.push({ id, layout, place, intervals, elements });
    this.expressions.push(e.lookup({ name: ANONYMOUS_NAME, id }, inverted));
  }

  #names({ field, negated, names }: NameMatch): void {
    const load = e.loadName(field);
    const [only] = names;
    if (only !== undefined && names.length === 1) {
      this.expressions.push(load, e.compare(negated ? 'neq' : 'eq', namePattern(only)));
      return;
    }
    this.expressions.push(load);
    this.#lookupAnonymous(dataTypes.ifname, withoutCovered(names).map(nameInterval), negated);
  }

  #flags(match: FlagMatch): void {
    const length = match.field === 'ct state' ? 4 : 1;
    if (match.field === 'ct state') this.expressions.push(e.loadCt('state'));
    else {
      this.#need('tcp flags');
      this.expressions.push(fieldSource('tcp flags'));
    }
    this.expressions.push(e.and(flagBytes(match.mask, length)));
    if (match.test === 'any') this.expressions.push(e.compare('neq', Buffer.alloc(length)));
    else this.expressions.push(e.compare(match.negated ? 'neq' : 'eq', flagBytes(match.value, length)));
  }
}

const TCP = 6;
const secondsOf = { second: 1, minute: 60, hour: 3600, day: 86400 } as const;

/** `ct state` is a host-order number; the TCP flags are one byte. */
const flagBytes = (bits: number, length: number): Buffer => networkBytes(BigInt(bits), length).reverse();

const isWildcard = (name: string): boolean => name.endsWith('*');

/** An exact name is compared whole, with its padding; of a wildcard only the fixed part. */
function namePattern(name: string): Buffer {
  return isWildcard(name) ? nameBytes(name.slice(0, -1)).subarray(0, Buffer.byteLength(name) - 1) : nameBytes(name);
}

/** All names a pattern stands for, as an interval of 16-byte numbers. */
function nameInterval(name: string): Interval {
  const fixed = isWildcard(name) ? name.slice(0, -1) : name;
  const first = fromNetworkBytes(nameBytes(fixed));
  const freeBits = isWildcard(name) ? BigInt((dataTypes.ifname.length - Buffer.byteLength(fixed)) * 8) : 0n;
  return [first, first + (1n << freeBits) - 1n];
}

/** Without names that another name of the list already covers: elements of an interval set must not overlap. */
function withoutCovered(names: readonly string[]): string[] {
  const unique = [...new Set(names)];
  return unique.filter(
    (name) => !unique.some((other) => other !== name && isWildcard(other) && name.startsWith(other.slice(0, -1))),
  );
}
