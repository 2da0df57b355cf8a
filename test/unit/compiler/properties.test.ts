import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { printGuest } from '../../../src/compiler/index.js';
import type { Ruleset } from '../../../src/ruleset/index.js';
import { printRuleset } from '../../../src/ruleset/index.js';
import type { Query } from '../../../src/simulate/index.js';
import { simulate } from '../../../src/simulate/index.js';
import { smallSite } from './small-site.js';

const DECLARED = `[ALIASES]
four 10.1.0.0/16
six 2001:db8:1::/48
[IPSET mixed]
10.0.0.0/8
!10.1.0.0/16
10.1.1.0/24
2001:db8::/32
!2001:db8:1::/48
[IPSET only4]
four
[IPSET empty]
[group web]
IN ACCEPT -p tcp -dport 80
OUT DROP -dest 10.1.1.1
OUT ACCEPT -p udp
`;

const addresses = fc.constantFrom(
  ...['10.1.1.1', '10.0.0.0/8', '10.1.1.5-10.1.2.9', '10.1.1.1,10.2.0.0/16', '2001:db8:1::/64', '::/0'],
  ...['0.0.0.0/0', 'four', 'six', 'dc/four', '+mixed', '+dc/only4', '+empty', '+mixed'],
);
/** Protocol with ports or type: conditions that stand or fall together. */
const traffic = fc.constantFrom(
  ...['-p tcp', '-p tcp -dport 80', '-p tcp -dport 22,80:90', '-p udp -sport 53', '-p udp -dport 80 -sport 1024:65535'],
  ...[
    '-p icmp',
    '-p icmp -icmp-type echo-request',
    '-p icmp -dport 3',
    '-p icmpv6',
    '-p icmpv6 -icmp-type echo-request',
  ],
  ...['-p icmpv6 -icmp-type any', '-p 1', '-p 47', '-p 58'],
);
const option = (name: string, value: fc.Arbitrary<string>): fc.Arbitrary<string | null> =>
  fc.option(value.map((text) => `${name}${text}`));
const conditions = fc
  .tuple(
    option('-source ', addresses),
    option('-dest ', addresses),
    option('', traffic),
    option('-i ', fc.constantFrom('net0', 'net1')),
  )
  .map((options) => options.filter((text) => text !== null));
const direction = fc.constantFrom('IN', 'OUT');
const verdict = fc.constantFrom('ACCEPT', 'DROP', 'REJECT');
const rule = fc.oneof(
  {
    weight: 8,
    arbitrary: fc.tuple(direction, verdict, conditions).map(([way, what, list]) => [way, what, ...list].join(' ')),
  },
  { weight: 1, arbitrary: fc.constantFrom('GROUP web', 'GROUP web -i net0') },
  {
    weight: 1,
    arbitrary: fc
      .tuple(direction, fc.constantFrom('SSH', 'Ping', 'Web', 'Trcrt', 'DHCPv6'))
      .map(([way, macro]) => `${way} ${macro}(ACCEPT)`),
  },
);
const rules = fc.array(rule, { maxLength: 5 });

const v4 = fc.constantFrom('10.1.1.1', '10.1.2.3', '10.2.0.1', '192.0.2.99', '198.51.100.7');
const v6 = fc.constantFrom('2001:db8::1', '2001:db8:1::1', '2001:db8:ffff::2', '2001:dead::1');
const ends = fc.constantFrom(['outside', 'vm100'], ['vm100', 'outside'], ['ct200', 'vm100i1'], ['vm100i1', 'ct200']);
const content = fc.oneof(
  fc.record({
    proto: fc.constantFrom('tcp', 'udp'),
    dport: fc.constantFrom('22', '80', '85', '500'),
    sport: fc.constantFrom('53', '4000'),
  }),
  fc.record({ proto: fc.constantFrom('icmp', 'icmpv6'), 'icmp-type': fc.constantFrom('0', '3', '8', '128', '135') }),
  fc.constant({ proto: '47' }),
);
const query: fc.Arbitrary<Query> = fc
  .tuple(ends, content, fc.oneof(fc.tuple(v4, v4), fc.tuple(v6, v6)))
  .filter(([, { proto }, [source]]) =>
    proto === 'icmp' ? source.includes('.') : proto === 'icmpv6' ? source.includes(':') : true,
  )
  .map(([[from = '', to = ''], packet, [source, dest]]) => ({ from, to, ...packet, source, dest }));
const queries = fc.array(query, { minLength: 5, maxLength: 12 });

const withRules = (lines: readonly string[], cluster = DECLARED) =>
  smallSite({ cluster, vm: `policy_out: DROP\n[RULES]\n${lines.join('\n')}\n` });

const runs = { numRuns: 60 };

/** The ruleset without the lines it comes from. */
const meaning = (ruleset: Ruleset): unknown =>
  JSON.parse(
    JSON.stringify(ruleset, (key, value: unknown) =>
      key === 'origin' ? null : typeof value === 'bigint' ? `${value}` : value,
    ),
  );

describe('rules', () => {
  it('that are disabled or wrong change nothing', () => {
    const inert = fc.oneof(
      rule.map((line) => `|${line}`),
      fc.constantFrom(
        'IN ACCEPT -source nobody',
        'IN DROP -dport 80',
        'GROUP nobody',
        'IN ACCEPT -i net7',
        'IN Pong(ACCEPT)',
      ),
      fc.constantFrom(
        'IN ALLOW',
        'OUT DROP -source 10.0.0.1,::1',
        'IN ACCEPT -p icmp -icmp-type pong',
        'IN ACCEPT +mixed',
        '-',
      ),
    );
    fc.assert(
      fc.property(rules, inert, fc.nat(5), (lines, line, place) => {
        const at = Math.min(place, lines.length);
        const around = (middle: string): string[] => [...lines.slice(0, at), middle, ...lines.slice(at)];
        expect(withRules(around(line)).compiled.ruleset).toEqual(withRules(around('#')).compiled.ruleset);
      }),
      runs,
    );
  });

  it('match no less with a condition fewer', () => {
    fc.assert(
      fc.property(direction, conditions, fc.nat(3), queries, (way, list, gone, packets) => {
        fc.pre(list.length > 0);
        const fewer = list.filter((_, index) => index !== gone % list.length);
        const strict = withRules([[way, 'ACCEPT', ...list].join(' ')]);
        const loose = withRules([[way, 'ACCEPT', ...fewer].join(' ')]);
        for (const packet of packets) {
          if (strict.verdict(packet) === 'ACCEPT') expect(loose.verdict(packet)).toBe('ACCEPT');
        }
      }),
      runs,
    );
  });

  it('that accept never turn an accepted packet away', () => {
    fc.assert(
      fc.property(rules, direction, conditions, fc.nat(5), queries, (lines, way, list, place, packets) => {
        const at = Math.min(place, lines.length);
        const before = withRules(lines);
        const after = withRules([...lines.slice(0, at), [way, 'ACCEPT', ...list].join(' '), ...lines.slice(at)]);
        for (const packet of packets) {
          if (before.verdict(packet) === 'ACCEPT') expect(after.verdict(packet)).toBe('ACCEPT');
        }
      }),
      runs,
    );
  });

  it('of a family no condition has accept nothing', () => {
    fc.assert(
      fc.property(
        fc.constantFrom('four', '+only4', '10.0.0.0/8', '+dc/only4'),
        fc.constantFrom('-source', '-dest'),
        conditions,
        (address, end, list) => {
          const others = list.filter((text) => !text.startsWith(end));
          const line = ['IN ACCEPT', `${end} ${address}`, ...others].join(' ');
          const { rules: printed } = withRules([line]);
          for (const text of (printed('bridge', 'guest-100-in') ?? []).slice(0, -2))
            expect(text).toMatch(/\bip [sd]addr /);
        },
      ),
      runs,
    );
  });
});

/** The ruleset without what answers early. */
const withoutEarly = ({ tables }: Ruleset): Ruleset => ({
  tables: tables.map((table) => ({ ...table, chains: table.chains.filter(({ name }) => name !== 'early') })),
});

describe('early chains', () => {
  const policy = fc.constantFrom('ACCEPT', 'DROP', 'REJECT');
  const state = fc.constantFrom('new', 'established', 'invalid');
  it('change no verdict and no line that decides, only answers', () => {
    const seen = { answered: 0, silent: 0 };
    fc.assert(
      fc.property(rules, policy, policy, fc.array(fc.tuple(query, state)), (lines, into, out, packets) => {
        const cluster = `${DECLARED.replace('[group web]', '[group web]\nIN REJECT -p udp -dport 85')}`;
        const text = `policy_in: ${into}\npolicy_out: ${out}\nlog_level_in: info\n[RULES]\n${lines.join('\n')}\n`;
        const { site, compiled } = smallSite({ cluster, vm: text, container: text.replaceAll(' -i net1', '') });
        for (const [packet, ct] of packets) {
          const asked = { ...packet, state: ct };
          const { verdict, origin, answer } = simulate(compiled.ruleset, site, asked);
          const plain = simulate(withoutEarly(compiled.ruleset), site, asked);
          expect([plain.verdict, plain.origin]).toEqual([verdict, origin]);
          if (verdict === 'REJECT') seen[answer === null ? 'silent' : 'answered'] += 1;
        }
      }),
      { numRuns: 80 },
    );
    expect(seen.answered).toBeGreaterThan(5);
  });
});

describe('the ruleset', () => {
  it('does not depend on the order of sections, nor of files', () => {
    const sections = DECLARED.split(/(?=^\[)/m);
    fc.assert(
      fc.property(
        rules,
        fc.shuffledSubarray(sections, { minLength: sections.length }),
        fc.boolean(),
        (lines, shuffled, swapped) => {
          const usual = withRules(lines);
          const text = `[OPTIONS]\nenable: 1\npolicy_out: DROP\n[RULES]\n${lines.join('\n')}\n`;
          const first = { 'etc/pve/firewall/100.fw': text };
          const second = {
            'etc/pve/nodes/pve1/lxc/200.conf': 'net0: name=eth0,hwaddr=BC:24:11:00:02:00,bridge=vmbr0,firewall=1\n',
          };
          const other = smallSite({
            cluster: shuffled.join(''),
            files: swapped ? { ...second, ...first } : { ...first, ...second },
          });
          expect(meaning(other.compiled.ruleset)).toEqual(meaning(usual.compiled.ruleset));
        },
      ),
      runs,
    );
  });

  it("of one guest is the same whatever stands in another's file", () => {
    const broken = fc.string({ unit: 'binary', maxLength: 200 });
    fc.assert(
      fc.property(rules, rules, broken, (own, others, junk) => {
        const container = `[RULES]\n${own.join('\n')}\n`;
        const quiet = smallSite({ cluster: DECLARED, container });
        const loud = smallSite({
          cluster: DECLARED,
          container,
          vm: `[RULES]\n${others.join('\n')}\n${junk}\n[ALIASES]\nfour 1.1.1.1\n`,
        });
        expect(loud.compiled.units.get(200)).toEqual(quiet.compiled.units.get(200));
        expect(printGuest(loud.compiled, 200)).toBe(printGuest(quiet.compiled, 200));
        expect(quiet.compiled.units.get(200)?.chains.map(({ name }) => name)).toContain('guest-200-in');
      }),
      runs,
    );
  });

  it('of any bytes can be printed, and its names are words nft reads', () => {
    const file = fc.oneof(
      fc.string({ unit: 'binary', maxLength: 300 }),
      rules.map((lines) => `[RULES]\n${lines.join('\n')}`),
    );
    fc.assert(
      fc.property(file, file, file, fc.string({ unit: 'binary', maxLength: 60 }), (cluster, host, vm, nic) => {
        const { compiled, diagnostics } = smallSite({
          cluster: `${DECLARED}${cluster}`,
          host,
          vm,
          files: {
            'etc/pve/nodes/pve1/qemu-server/100.conf': `net0: virtio=BC:24:11:00:01:00,bridge=vmbr0,firewall=1\nnet1: ${nic}\n`,
          },
        });
        printRuleset(compiled.ruleset);
        const names = compiled.ruleset.tables.flatMap(({ chains, sets, maps }) =>
          [...chains, ...sets, ...maps].map(({ name }) => name),
        );
        for (const name of names) expect(name).toMatch(/^[a-z][A-Za-z0-9/_-]*$/);
        for (const { span } of diagnostics) {
          expect(span.line).toBeGreaterThan(0);
          expect(span.column).toBeGreaterThan(0);
          expect(span.endLine > span.line || span.endColumn >= span.column).toBe(true);
        }
      }),
      runs,
    );
  });
});
