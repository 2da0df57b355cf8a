import type { Chain, MapElement, Match, Rule, Statement } from '../ruleset/index.js';
import { UNANSWERED_CHAIN } from '../ruleset/index.js';
import { isLinkName, type Nic, type Site } from '../site/index.js';
import { goTo, isNot, verdict } from './build.js';
import { toReject } from './reject.js';

/**
 * A guest's IN chains run in postrouting, from where the kernel can send no answer. So what they would refuse is refused
 * early, in prerouting, where a frame is known to be for a guest by its MAC address: an early chain asks the same rules in
 * the same order, and acts on REJECT alone. Anything else they decide ends it without a trace, and is decided, counted and
 * logged in postrouting. Without early chains every verdict would be the same; only the answers would be missing.
 */

export const earlyName = (chain: string): string => `${chain}-early`;

/** Ends the early chain; an accept ends its own base chain only. */
const leave: Statement = verdict('accept');

/** A chain that rules may jump to, by its name. */
export type Callee = (name: string) => Chain | undefined;

/** Where the frames of a NIC are met early: the MAC address they are for, on this bridge and in this VLAN of it. */
export interface EarlyPlace {
  readonly nic: Nic;
  readonly mac: bigint;
  readonly bridge: string;
  /** Null where the bridge knows no VLANs. */
  readonly vlan: number | null;
}

/** The EtherType of a tagged frame (IEEE 802.1Q). */
const TAGGED = 0x8100;
/** The VLAN of frames without a tag on every port that nobody says more about (kernel, `default_pvid` of br_vlan_init). */
const DEFAULT_PVID = 1;

/**
 * The chain `name` that refuses what `rules`, all that is asked about frames to the NIC, would refuse, and the map element
 * that sends frames there. Null when the rules refuse nothing.
 */
export function earlyChain(
  name: string,
  { nic, mac, bridge, vlan }: EarlyPlace,
  rules: readonly Rule[],
  callee: Callee,
): { readonly chain: Chain; readonly element: MapElement } | null {
  const own = rules.flatMap((rule) => withoutPort(rule, nic.port));
  const last = own.findLastIndex((rule) => canRefuse(rule, callee));
  if (last < 0) return null;
  const elsewhere = (note: string, ...matches: readonly Match[]): Rule => ({
    matches,
    statements: [leave],
    origin: nic.origin,
    note,
  });
  const guards: readonly Rule[] = [
    elsewhere('another bridge', { kind: 'names', field: 'meta ibrname', negated: true, names: [bridge] }),
    ...(vlan === null
      ? []
      : [
          elsewhere('another VLAN', isNot('vlan id', vlan)),
          elsewhere('another VLAN', isNot('ether type', TAGGED), isNot('meta ibrpvid', vlan)),
        ]),
  ];
  return {
    chain: { name, rules: [...guards, ...early(own.slice(0, last + 1))] },
    element: { key: mac, verdict: goTo(name), origin: nic.origin },
  };
}

/** What early chains call in the place of a chain that IN chains call. */
export const earlyVariant = ({ name, rules }: Chain): Chain => ({ name: earlyName(name), rules: early(rules) });

const early = (rules: readonly Rule[]): Rule[] =>
  rules.flatMap((rule, index) => {
    const statements = earlyStatements(rule, rules[index + 1]);
    return statements === null ? [] : [{ ...rule, statements }];
  });

/** Null for a rule that decides nothing and records nothing about a refusal. */
function earlyStatements({ statements }: Rule, next: Rule | undefined): readonly Statement[] | null {
  const end = verdictOf(statements);
  if (end === undefined) {
    const logs = statements.some(({ kind }) => kind === 'log');
    return logs && next !== undefined && refuses(next) ? statements : null;
  }
  switch (end.verdict.kind) {
    case 'accept':
    case 'drop':
      return [leave];
    case 'return':
      return [end];
    case 'jump':
    case 'goto': {
      const { kind, chain } = end.verdict;
      if (chain === UNANSWERED_CHAIN) return statements.map((statement) => (statement === end ? toReject : statement));
      return [{ kind: 'verdict', verdict: { kind, chain: earlyName(chain) } }];
    }
  }
}

const verdictOf = (statements: readonly Statement[]) => statements.find((statement) => statement.kind === 'verdict');

function targetOf({ statements }: Rule): string | undefined {
  const end = verdictOf(statements)?.verdict;
  return end !== undefined && 'chain' in end ? end.chain : undefined;
}

/** Refuses what it matches. */
export const refuses = (rule: Rule): boolean => targetOf(rule) === UNANSWERED_CHAIN;

function canRefuse(rule: Rule, callee: Callee): boolean {
  const target = targetOf(rule);
  if (target === undefined) return false;
  return target === UNANSWERED_CHAIN || (callee(target)?.rules.some((inner) => canRefuse(inner, callee)) ?? false);
}

/** In prerouting nobody knows yet by which port the frame will leave: for frames to one NIC, what a rule says of it is known. */
function withoutPort(rule: Rule, port: string): Rule[] {
  const asks = (match: Match): boolean => match.kind === 'names' && match.field === 'oifname';
  const holds = (match: Match): boolean =>
    match.kind !== 'names' || match.field !== 'oifname' || match.names.includes(port) !== match.negated;
  return rule.matches.every(holds) ? [{ ...rule, matches: rule.matches.filter((match) => !asks(match)) }] : [];
}

/** The first bit of a MAC address that is for a group of stations (IEEE 802.3). */
const GROUP_BIT = 1n << 40n;

/**
 * The NICs of the node whose frames can be known by their MAC address, by port. An address that several NICs have does not
 * say whose a frame is, and on a VLAN-aware bridge it is the NIC's in its own VLAN only. Where a bridge knows no VLANs, a
 * NIC with a tag is on a bridge of its own (spec firewall.md 6.3); of a bridge that no file configures nobody knows, so
 * there a NIC with a tag has no place. The rules of a vnet are asked between the sender's and the guest's: behind them it is
 * too late to answer, before them too early to refuse.
 */
export function earlyPlaces({ guests, network, vnets }: Site): ReadonlyMap<string, EarlyPlace> {
  const nics = guests.flatMap((guest) => guest.nics);
  const awareness = new Map(network.bridges.map(({ name, vlanAware }) => [name, vlanAware]));
  const filtered = new Set(vnets.filter(({ options }) => options.enable.value).map(({ name }) => name));
  const owners = new Map<bigint, number>();
  for (const { mac } of nics) if (mac !== null) owners.set(mac, (owners.get(mac) ?? 0) + 1);
  const places = nics.flatMap((nic): EarlyPlace[] => {
    const { mac, bridge, tag } = nic;
    if (mac === null || bridge === null || (mac & GROUP_BIT) !== 0n || owners.get(mac) !== 1) return [];
    const aware = awareness.get(bridge);
    if (aware === undefined && tag !== null) return [];
    const place: EarlyPlace =
      aware === false
        ? { nic, mac, bridge: tag === null ? bridge : `${bridge}v${tag}`, vlan: null }
        : { nic, mac, bridge, vlan: tag ?? DEFAULT_PVID };
    // A name that no link has leads nowhere, and must not get into a ruleset.
    return isLinkName(place.bridge) && !filtered.has(place.bridge) ? [place] : [];
  });
  return new Map(places.map((place) => [place.nic.port, place]));
}
