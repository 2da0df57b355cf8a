import { describe, expect, it } from 'vitest';
import type { Chain, Hook, Match, Rule, Ruleset, Statement, Table, Verdict } from '../../../src/ruleset/index.js';
import { one } from '../../../src/ruleset/index.js';
import type { HookAnswer } from '../../../src/simulate/index.js';
import { evaluate, noMarks } from '../../../src/simulate/index.js';
import { arp, input, packet, prerouting, syn } from './packets.js';

const PORT_80: Match = { kind: 'values', field: 'th dport', negated: false, values: [one(80)] };
const PORT_81: Match = { kind: 'values', field: 'th dport', negated: false, values: [one(81)] };

const does = (verdict: Verdict): Statement => ({ kind: 'verdict', verdict });
const jump = (chain: string): Statement => does({ kind: 'jump', chain });
const goTo = (chain: string): Statement => does({ kind: 'goto', chain });
const end = (kind: 'accept' | 'drop' | 'return'): Statement => does({ kind });

/** A rule whose origin is the line `line` of a file `x.fw`. */
const rule = (line: number, matches: readonly Match[], ...statements: readonly Statement[]): Rule => ({
  matches,
  statements,
  origin: { file: 'x.fw', line },
});

const base = (
  rules: readonly Rule[],
  policy: 'accept' | 'drop' = 'accept',
  hook: Hook = 'input',
  priority = 0,
): Chain => ({
  name: `base${priority}`,
  base: { hook, priority, policy },
  rules,
});

const chain = (name: string, ...rules: readonly Rule[]): Chain => ({ name, rules });

const inet = (chains: readonly Chain[], more: Partial<Table> = {}): Ruleset => ({
  tables: [{ family: 'inet', name: 't', chains, sets: [], maps: [], ...more }],
});

const ask = (ruleset: Ruleset, everyRule = false): HookAnswer =>
  evaluate(ruleset, packet(), input, noMarks, { everyRule });
const outcome = (ruleset: Ruleset): [string | undefined, number | undefined] => {
  const { decision } = ask(ruleset);
  return [decision?.verdict, decision?.origin?.line];
};

describe('a base chain', () => {
  it('ends with the first rule that decides', () => {
    const rules = [rule(1, [PORT_81], end('drop')), rule(2, [PORT_80], end('drop')), rule(3, [], end('accept'))];
    expect(outcome(inet([base(rules)]))).toEqual(['drop', 2]);
  });

  it.each(['accept', 'drop'] as const)('decides by its policy %s at its end and on return', (policy) => {
    expect(ask(inet([base([], policy)])).decision).toMatchObject({ verdict: policy, rule: null, chain: 'base0' });
    expect(outcome(inet([base([rule(1, [], end('return')), rule(2, [], end('accept'))], policy)]))[0]).toBe(policy);
  });

  it('comes in order of priority; an accept ends one, a drop all', () => {
    const early = base([rule(1, [], end('accept'))], 'accept', 'input', -10);
    const late = base([rule(2, [], end('drop'))], 'accept', 'input', 10);
    expect(outcome(inet([late, early]))).toEqual(['drop', 2]);
    const closing = base([rule(3, [], end('drop'))], 'accept', 'input', -20);
    expect(outcome(inet([late, early, closing]))).toEqual(['drop', 3]);
  });

  it('that hands an accepted packet to a queue leaves it to the line that let it in', () => {
    const rules = base([rule(1, [PORT_80], end('accept')), rule(2, [PORT_81], end('drop'))]);
    const queue = base([rule(3, [], { kind: 'queue', first: 0, last: 3 })], 'accept', 'input', 1);
    const { decision } = ask(inet([rules, queue]));
    expect(decision).toMatchObject({ verdict: 'accept', origin: { line: 1 }, queue: { first: 0, last: 3 } });
    expect(decision?.queue?.origin?.line).toBe(3);
    // Nobody else decided, so it is the queue's own rule; and what is dropped goes to no queue.
    expect(ask(inet([base([]), queue])).decision).toMatchObject({ origin: { line: 3 }, queue: { first: 0 } });
    const closed = base([rule(1, [PORT_80], end('drop'))]);
    expect(ask(inet([closed, queue])).decision).toMatchObject({ verdict: 'drop', queue: null });
    const later = base([rule(4, [PORT_80], end('drop'))], 'accept', 'input', 2);
    expect(ask(inet([rules, queue, later])).decision).toMatchObject({ verdict: 'drop', origin: { line: 4 } });
  });

  it('of another hook or family is not asked', () => {
    expect(ask(inet([base([rule(1, [], end('drop'))], 'drop', 'output')])).decision).toBeNull();
    const bridge: Ruleset = {
      tables: [{ family: 'bridge', name: 't', chains: [base([], 'drop')], sets: [], maps: [] }],
    };
    expect(ask(bridge).decision).toBeNull();
  });

  it('of the inet family sees no ARP', () => {
    const closed = inet([base([], 'drop')]);
    expect(evaluate(closed, packet(arp), input, noMarks).decision).toBeNull();
  });
});

describe('jump, goto and return', () => {
  it('a jump that decides nothing goes on after it', () => {
    const ruleset = inet([
      base([rule(1, [], jump('a')), rule(2, [], end('drop'))]),
      chain('a', rule(11, [PORT_81], end('accept'))),
    ]);
    expect(outcome(ruleset)).toEqual(['drop', 2]);
  });

  it('return leaves the chain it stands in', () => {
    const ruleset = inet([
      base([rule(1, [], jump('a')), rule(2, [], end('drop'))]),
      chain('a', rule(11, [], end('return')), rule(12, [], end('accept'))),
    ]);
    expect(outcome(ruleset)).toEqual(['drop', 2]);
  });

  it('a chain entered by goto ends where its caller was called from', () => {
    const ruleset = inet([
      base([rule(1, [], jump('a')), rule(2, [], end('drop'))]),
      chain('a', rule(11, [], goTo('b')), rule(12, [], end('accept'))),
      chain('b', rule(21, [PORT_81], end('accept'))),
    ]);
    expect(outcome(ruleset)).toEqual(['drop', 2]);
  });

  it('a goto from a base chain ends in its policy', () => {
    const ruleset = inet([base([rule(1, [], goTo('a')), rule(2, [], end('accept'))], 'drop'), chain('a')]);
    expect(ask(ruleset).decision).toMatchObject({ verdict: 'drop', rule: null });
  });

  it('a circle is an error that names its chains', () => {
    const jumps = inet([
      base([rule(1, [], jump('a'))]),
      chain('a', rule(2, [], jump('b'))),
      chain('b', rule(3, [], jump('a'))),
    ]);
    expect(() => ask(jumps)).toThrow('base0 → a → b → a');
    const gotos = inet([base([rule(1, [], goTo('a'))]), chain('a', rule(2, [], goTo('a')))]);
    expect(() => ask(gotos)).toThrow('base0 → a → a');
  });

  it('a chain that is not there is an error', () => {
    expect(() => ask(inet([base([rule(1, [], jump('a'))])]))).toThrow('table inet t has no chain a');
  });

  it('one chain may be called twice', () => {
    const ruleset = inet([base([rule(1, [], jump('a')), rule(2, [], jump('a'))], 'drop'), chain('a')]);
    expect(outcome(ruleset)[0]).toBe('drop');
  });
});

describe('a verdict map', () => {
  const dispatch: Rule = { matches: [], statements: [{ kind: 'dispatch', field: 'iifname', map: 'm' }], origin: null };
  const withElement = (verdict: Verdict, key = 'vmbr0'): Ruleset =>
    inet([base([dispatch, rule(2, [], end('drop'))]), chain('a', rule(11, [PORT_80], end('accept'))), chain('b')], {
      maps: [{ name: 'm', type: 'ifname', elements: [{ key, verdict, origin: { file: '100.conf', line: 7 } }] }],
    });

  it('sends the packet to the chain of its interface', () => {
    expect(outcome(withElement({ kind: 'goto', chain: 'a' }))).toEqual(['accept', 11]);
    expect(outcome(withElement({ kind: 'jump', chain: 'b' }))).toEqual(['drop', 2]);
    expect(ask(withElement({ kind: 'goto', chain: 'b' })).decision).toMatchObject({ verdict: 'accept', rule: null });
  });

  it('can hold the verdict itself, which then comes from the element’s line', () => {
    expect(outcome(withElement({ kind: 'accept' }))).toEqual(['accept', 7]);
  });

  it('can be asked for the MAC address a frame is for', () => {
    const early: Rule = { ...dispatch, statements: [{ kind: 'dispatch', field: 'ether daddr', map: 'm' }] };
    const ruleset = inet([base([early, rule(2, [], end('drop'))])], {
      maps: [
        {
          name: 'm',
          type: 'ether_addr',
          elements: [{ key: 0xbc2411000001n, verdict: { kind: 'accept' }, origin: null }],
        },
      ],
    });
    const to = (dest: bigint | null) =>
      evaluate(ruleset, packet(syn, { link: { ...packet().link, dest } }), input, noMarks).decision?.verdict;
    expect([0xbc2411000001n, 0xbc2411000002n, null].map(to)).toEqual(['accept', 'drop', 'drop']);
  });

  it('without an element for the interface lets it pass on, and the rule does not count as matched', () => {
    const ruleset = withElement({ kind: 'goto', chain: 'a' }, 'vmbr1');
    expect(outcome(ruleset)).toEqual(['drop', 2]);
    expect(ask(ruleset, true).steps.map(({ matched }) => matched)).toEqual([false, true]);
  });
});

describe('marks', () => {
  const marked: Match = { kind: 'values', field: 'meta mark', negated: false, values: [one(5)] };

  it('are seen by later rules and kept for the next hook', () => {
    const set = rule(1, [], { kind: 'set mark', field: 'meta mark', value: 5 });
    const connection = rule(2, [], { kind: 'set mark', field: 'ct mark', value: 100 });
    const answer = ask(inet([base([set, connection, rule(3, [marked], end('drop'))])]));
    expect(answer.decision).toMatchObject({ verdict: 'drop', origin: { line: 3 } });
    expect(answer.marks).toEqual({ packet: 5, connection: 100 });
    const next = inet([base([rule(4, [marked], end('drop'))])]);
    expect(evaluate(next, packet(), input, answer.marks).decision?.verdict).toBe('drop');
    expect(evaluate(next, packet(), input, noMarks).decision?.verdict).toBe('accept');
  });
});

describe('a refusal', () => {
  it('is a reject statement wherever it stands', () => {
    expect(outcome(inet([base([rule(1, [], { kind: 'reject', with: 'tcp reset' })])]))).toEqual(['reject', 1]);
  });

  it('is whatever ends in the reject chain, and comes from the line that asked for it', () => {
    const refuse = chain(
      'refuse',
      { matches: [PORT_81], statements: [end('drop')], origin: null },
      { matches: [PORT_80], statements: [end('drop')], origin: null, note: 'reject' },
    );
    const group = chain('group', rule(21, [], jump('refuse')));
    const ruleset = inet([base([rule(1, [], jump('group'))]), group, refuse]);
    expect(outcome(ruleset)).toEqual(['reject', 21]);
    expect(ask(ruleset).decision).toMatchObject({ chain: 'group', note: null });
  });
});

describe('the record', () => {
  const rules = [
    rule(1, [PORT_81], end('drop')),
    rule(2, [], { kind: 'limit', rate: 1, unit: 'second', burst: 1 }, { kind: 'log', group: 0, prefix: 'x' }),
    rule(3, [], end('accept')),
  ];
  const lines = (everyRule: boolean): [number | undefined, boolean][] =>
    ask(inet([base(rules)]), everyRule).steps.map((step) => [step.rule.origin?.line, step.matched]);

  it('holds the rules that matched, in the order met', () => {
    expect(lines(false)).toEqual([
      [2, true],
      [3, true],
    ]);
  });

  it('holds a rule for what comes too fast as one that did not match', () => {
    const update = {
      kind: 'update',
      set: 'd',
      field: 'ip saddr',
      prefix: 32,
      rate: 1,
      unit: 'second',
      burst: 1,
    } as const;
    const answer = ask(inet([base([rule(1, [], update, end('drop')), rule(2, [], end('accept'))])]), true);
    expect(answer.decision).toMatchObject({ verdict: 'accept', origin: { line: 2 } });
    expect(answer.steps.map(({ matched }) => matched)).toEqual([false, true]);
  });

  it('holds every rule looked at, when asked to', () => {
    expect(lines(true)).toEqual([
      [1, false],
      [2, true],
      [3, true],
    ]);
  });
});

it('sees ARP in the bridge family', () => {
  const sender: Match = { kind: 'values', field: 'arp saddr ip', negated: false, values: [one(0x0a000001)] };
  const ruleset: Ruleset = {
    tables: [
      {
        family: 'bridge',
        name: 't',
        chains: [base([rule(1, [sender], end('drop'))], 'accept', 'prerouting')],
        sets: [],
        maps: [],
      },
    ],
  };
  expect(evaluate(ruleset, packet(arp), prerouting, noMarks).decision?.verdict).toBe('drop');
  expect(evaluate(ruleset, packet(), prerouting, noMarks).decision?.verdict).toBe('accept');
});
