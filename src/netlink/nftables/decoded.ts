import type { BaseHook, CurrentHelper, Interval, TableFamily } from '../../ruleset/index.js';
import { TABLE_NAME } from '../../ruleset/index.js';
import { MalformedMessage } from '../wire.js';
import { fromNetworkBytes } from './data-type.js';
import { closedIntervals } from './elements.js';
import type { Expression } from './expression-schema.js';
import { currentHelper } from './helper.js';
import { openNetfilter } from './port.js';
import { baseHook, consistently, TableReader } from './read.js';
import { Requests } from './request.js';
import * as schema from './schema.js';
import { readRuleUserdata, readSetComment } from './userdata.js';

/** A table of ours with everything decoded and nothing that differs between two loads of the same text. */
export interface DecodedTable {
  readonly family: TableFamily;
  readonly name: string;
  readonly chains: readonly DecodedChain[];
  readonly sets: readonly DecodedSet[];
  readonly helpers: readonly CurrentHelper[];
}

export interface DecodedChain {
  readonly name: string;
  readonly base: BaseHook | null;
  readonly rules: readonly DecodedRule[];
}

export interface DecodedRule {
  readonly comment: string | null;
  readonly expressions: readonly DecodedExpression[];
}

/** An anonymous set stands where it is looked up; counters are zero. */
export type DecodedExpression =
  | Expression
  | { readonly kind: 'anonymous set'; readonly inverted: boolean; readonly content: DecodedContent };

export interface DecodedSet extends DecodedContent {
  readonly name: string;
  readonly flags: number;
  /** Of a dynamic set: milliseconds an element stays, and how many there may be. */
  readonly timeout: bigint | null;
  readonly size: number | null;
  readonly comment: string | null;
}

/** Without intervals, `elements` are single values read most significant byte first, whatever their byte order. */
export interface DecodedContent {
  readonly keyType: number;
  readonly dataType: number | null;
  readonly elements: readonly Interval[];
  /** By element, for a map. */
  readonly verdicts: readonly { readonly key: bigint; readonly code: number; readonly chain: string | null }[];
}

/** Those of our tables that exist, decoded whole. For comparing kernels and for tests; `read` of the port is lighter. */
export async function readDecoded(netns?: string): Promise<DecodedTable[]> {
  const socket = openNetfilter(netns);
  try {
    const requests = new Requests(socket);
    return await consistently(requests, async (generation) => {
      const tables: DecodedTable[] = [];
      for (const family of ['inet', 'bridge'] as const) {
        const reader = new TableReader(requests, generation, family, TABLE_NAME);
        if ((await reader.table()) !== null) tables.push({ family, name: TABLE_NAME, ...(await decodeTable(reader)) });
      }
      return tables;
    });
  } finally {
    socket.close();
  }
}

async function decodeTable(reader: TableReader): Promise<Pick<DecodedTable, 'chains' | 'sets' | 'helpers'>> {
  const contents = new Map<string, DecodedContent>();
  const sets: DecodedSet[] = [];
  for (const set of await reader.sets()) {
    const { name = '', flags = 0 } = set;
    const content = decodeContent(set, await reader.elements(name));
    if ((flags & schema.SET_ANONYMOUS) !== 0) contents.set(name, content);
    else {
      const { timeout = null, description } = set;
      const comment = readSetComment(set.userdata);
      sets.push({ name, flags, timeout, size: description?.size ?? null, comment, ...content });
    }
  }
  const chains: DecodedChain[] = [];
  for (const chain of await reader.chains()) {
    const { name = '' } = chain;
    const rules = (await reader.rules(name)).map(({ expressions = [], userdata }) => ({
      comment: readRuleUserdata(userdata).comment,
      expressions: expressions.map((expression) => decodeExpression(expression, contents)),
    }));
    chains.push({ name, base: baseHook(chain), rules });
  }
  return { chains, sets, helpers: (await reader.helpers()).map(currentHelper) };
}

function decodeExpression(expression: Expression, contents: ReadonlyMap<string, DecodedContent>): DecodedExpression {
  if (expression.kind === 'counter') return { kind: 'counter', bytes: 0n, packets: 0n };
  if (expression.kind !== 'lookup') return expression;
  const content = contents.get(expression.set ?? '');
  if (content === undefined) return expression;
  return { kind: 'anonymous set', inverted: (expression.flags ?? 0) !== 0, content };
}

function decodeContent(set: schema.SetAttributes, elements: readonly schema.ElementAttributes[]): DecodedContent {
  const { keyType, keyLength, flags = 0 } = set;
  if (keyType === undefined || keyLength === undefined) throw new MalformedMessage('a set has no key type');
  const intervals = (flags & schema.SET_INTERVAL) !== 0;
  return {
    keyType,
    dataType: set.dataType ?? null,
    elements: intervals
      ? closedIntervals(elements, keyLength)
      : elements
          .map(({ key }) => keyOf(key))
          .sort(byValue)
          .map((value) => [value, value]),
    verdicts: elements
      .flatMap(({ key, data }) =>
        data?.verdict?.code === undefined
          ? []
          : [{ key: keyOf(key), code: data.verdict.code, chain: data.verdict.chain ?? null }],
      )
      .sort((a, b) => byValue(a.key, b.key)),
  };
}

const keyOf = (key: schema.ElementAttributes['key']): bigint => fromNetworkBytes(key?.value ?? Buffer.alloc(0));

const byValue = (a: bigint, b: bigint): number => (a < b ? -1 : a > b ? 1 : 0);
