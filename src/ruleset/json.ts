import { Failure } from '../diagnostics/index.js';
import type { DataType, Field } from './field.js';
import { fields, nameFields } from './field.js';
import type { Interval } from './interval.js';
import { Reader, UnreadableValue } from './reader.js';
import type {
  BaseHook,
  Chain,
  CtHelper,
  DynamicSet,
  MapElement,
  Match,
  NamedSet,
  Origin,
  Rate,
  Rule,
  Ruleset,
  Statement,
  Table,
  Verdict,
  VerdictMap,
} from './ruleset.js';
import { TABLE_NAME } from './ruleset.js';

/** The ruleset as JSON: the shape of its type, with the bounds of intervals as decimal texts. */
export function rulesetToJson(ruleset: Ruleset): string {
  return JSON.stringify(ruleset, (_key, value: unknown) => (typeof value === 'bigint' ? value.toString() : value));
}

/** Reads what `rulesetToJson` wrote. `file` is where the text comes from, for the `damaged-file` failure. */
export function rulesetFromJson(text: string, file: string): Ruleset {
  return readJson(text, file, (reader) => ({ tables: reader.field('tables').list(readTable) }));
}

/**
 * Reads a JSON text into a typed value; anything unexpected is a `damaged-file` failure that names file and place, with
 * `help` for what to do about it.
 */
export function readJson<T>(text: string, file: string, read: (reader: Reader) => T, help?: string): T {
  try {
    return read(new Reader(JSON.parse(text)));
  } catch (error) {
    if (!(error instanceof SyntaxError) && !(error instanceof UnreadableValue)) throw error;
    const reason = error instanceof UnreadableValue ? error.message : 'it is no complete JSON text';
    throw new Failure('damaged-file', `${file} is damaged: ${reason}`, {
      ...(help === undefined ? {} : { help }),
      cause: error,
    });
  }
}

function readTable(reader: Reader): Table {
  const name = reader.field('name');
  if (name.string() !== TABLE_NAME) name.fail(TABLE_NAME);
  const helpers = reader.optional('helpers', (field) => field.list(readHelper));
  const dynamicSets = reader.optional('dynamicSets', (field) => field.list(readDynamicSet));
  return {
    family: reader.field('family').oneOf(['inet', 'bridge']),
    name: TABLE_NAME,
    chains: reader.field('chains').list(readChain),
    sets: reader.field('sets').list(readSet),
    maps: reader.field('maps').list(readMap),
    ...(dynamicSets === undefined ? {} : { dynamicSets }),
    ...(helpers === undefined ? {} : { helpers }),
  };
}

function readChain(reader: Reader): Chain {
  const base = reader.optional('base', readBase);
  return {
    name: reader.field('name').string(),
    ...(base === undefined ? {} : { base }),
    rules: reader.field('rules').list(readRule),
  };
}

const readBase = (reader: Reader): BaseHook => ({
  hook: reader.field('hook').oneOf(['prerouting', 'input', 'forward', 'output', 'postrouting']),
  priority: reader.field('priority').integer(),
  policy: reader.field('policy').oneOf(['accept', 'drop']),
});

const readSet = (reader: Reader): NamedSet => ({
  name: reader.field('name').string(),
  type: readType(reader.field('type')),
  elements: reader.field('elements').list(readInterval),
  origin: reader.field('origin').nullable(readOrigin),
});

const readHelper = (reader: Reader): CtHelper => ({
  name: reader.field('name').string(),
  type: reader.field('type').string(),
  protocol: reader.field('protocol').oneOf(['tcp', 'udp']),
  l3proto: reader.field('l3proto').oneOf(['ip', 'inet']),
  origin: reader.field('origin').nullable(readOrigin),
});

const readDynamicSet = (reader: Reader): DynamicSet => ({
  name: reader.field('name').string(),
  type: readType(reader.field('type')),
  timeout: reader.field('timeout').integer(),
  size: reader.field('size').integer(),
  origin: reader.field('origin').nullable(readOrigin),
});

function readMap(reader: Reader): VerdictMap {
  const type = reader.field('type').oneOf(['ifname', 'ether_addr']);
  const readElement = (element: Reader): MapElement => ({
    key: type === 'ifname' ? element.field('key').string() : element.field('key').bigint(),
    verdict: readVerdict(element.field('verdict')),
    origin: element.field('origin').nullable(readOrigin),
  });
  return { name: reader.field('name').string(), type, elements: reader.field('elements').list(readElement) };
}

function readRule(reader: Reader): Rule {
  const note = reader.optional('note', (field) => field.string());
  return {
    matches: reader.field('matches').list(readMatch),
    statements: reader.field('statements').list(readStatement),
    origin: reader.field('origin').nullable(readOrigin),
    ...(note === undefined ? {} : { note }),
  };
}

const readOrigin = (reader: Reader): Origin => ({
  file: reader.field('file').string(),
  line: reader.field('line').integer(),
});

function readMatch(reader: Reader): Match {
  const kind = reader.field('kind').oneOf(['values', 'set', 'names', 'flags']);
  switch (kind) {
    case 'values':
      return {
        kind,
        field: readField(reader.field('field')),
        negated: reader.field('negated').boolean(),
        values: reader.field('values').list(readInterval),
      };
    case 'set':
      return {
        kind,
        field: readField(reader.field('field')),
        negated: reader.field('negated').boolean(),
        set: reader.field('set').string(),
      };
    case 'names':
      return {
        kind,
        field: reader.field('field').oneOf(nameFields),
        negated: reader.field('negated').boolean(),
        names: reader.field('names').list((item) => item.string()),
      };
    case 'flags':
      return readFlagMatch(reader);
  }
}

function readFlagMatch(reader: Reader): Match {
  const field = reader.field('field').oneOf(['ct state', 'tcp flags']);
  const mask = reader.field('mask').integer();
  const test = reader.field('test').oneOf(['any', 'exactly']);
  if (test === 'any') return { kind: 'flags', field, test, mask };
  const value = reader.field('value').integer();
  return { kind: 'flags', field, test, mask, value, negated: reader.field('negated').boolean() };
}

function readStatement(reader: Reader): Statement {
  const kind = reader
    .field('kind')
    .oneOf(['counter', 'limit', 'update', 'log', 'set mark', 'reject', 'queue', 'set helper', 'verdict', 'dispatch']);
  switch (kind) {
    case 'counter':
      return { kind };
    case 'limit':
      return { kind, ...readRate(reader) };
    case 'update':
      return {
        kind,
        set: reader.field('set').string(),
        field: reader.field('field').oneOf(['ip saddr', 'ip daddr', 'ip6 saddr', 'ip6 daddr']),
        prefix: reader.field('prefix').integer(),
        ...readRate(reader),
      };
    case 'log':
      return { kind, group: reader.field('group').integer(), prefix: reader.field('prefix').string() };
    case 'set mark':
      return {
        kind,
        field: reader.field('field').oneOf(['meta mark', 'ct mark']),
        value: reader.field('value').integer(),
      };
    case 'reject':
      return { kind, with: reader.field('with').oneOf(['tcp reset', 'port-unreachable', 'admin-prohibited']) };
    case 'queue':
      return { kind, first: reader.field('first').integer(), last: reader.field('last').integer() };
    case 'set helper':
      return { kind, helper: reader.field('helper').string() };
    case 'verdict':
      return { kind, verdict: readVerdict(reader.field('verdict')) };
    case 'dispatch':
      return {
        kind,
        field: reader.field('field').oneOf([...nameFields, 'ether daddr']),
        map: reader.field('map').string(),
      };
  }
}

const readRate = (reader: Reader): Rate => ({
  rate: reader.field('rate').integer(),
  unit: reader.field('unit').oneOf(['second', 'minute', 'hour', 'day']),
  burst: reader.field('burst').integer(),
});

function readVerdict(reader: Reader): Verdict {
  const kind = reader.field('kind').oneOf(['accept', 'drop', 'return', 'jump', 'goto']);
  return kind === 'jump' || kind === 'goto' ? { kind, chain: reader.field('chain').string() } : { kind };
}

function readInterval(reader: Reader): Interval {
  const [first, last, ...rest] = reader.list((bound) => bound.bigint());
  if (first === undefined || last === undefined || rest.length > 0 || first > last) {
    return reader.fail('an interval of two numbers');
  }
  return [first, last];
}

function isField(name: string): name is Field {
  return Object.hasOwn(fields, name);
}

function readField(reader: Reader): Field {
  const name = reader.string();
  return isField(name) ? name : reader.fail('a field this version knows');
}

function readType(reader: Reader): DataType {
  const found = Object.values(fields).find(({ type }) => type === reader.string());
  return found?.type ?? reader.fail('a data type this version knows');
}
