import type { Chain, MapElement, NamedSet, Statement } from '../ruleset/index.js';
import { originOf } from '../ruleset/index.js';
import type { Guest, GuestConfig } from '../site/index.js';
import { IPV4, IPV6, is, written } from './build.js';
import { earlyChain, earlyName } from './early.js';
import type { GuestInput } from './guest-input.js';
import { checkListedFrames } from './layer2.js';
import type { Place } from './lower.js';
import { lowerRules } from './lower.js';
import { firstStepsIn, leadTo, nicIn, nicOut, rulesChain } from './nic.js';
import { checkSourceFilters, guardedNics, portOf } from './nic-names.js';
import { policyRules } from './policy.js';
import { rejectInBridge } from './reject.js';
import { SetUse } from './set-use.js';

/** One guest compiled: its chains, its sets, and the map elements that send its ports there. */
export interface GuestUnit {
  readonly id: number;
  readonly chains: readonly Chain[];
  /** Sets only this guest uses. */
  readonly sets: readonly NamedSet[];
  /** Sets of the cluster that the guest's rules name; several guests may. */
  readonly sharedSets: readonly NamedSet[];
  readonly in: readonly MapElement[];
  readonly out: readonly MapElement[];
  /** Sends what may pass to a program that looks into it; none without the option `ips`. */
  readonly inspected: readonly MapElement[];
  /** By MAC address, for what is refused with an answer. */
  readonly early: readonly MapElement[];
}

/** Compiles one guest (spec firewall.md 7.1.3, 7.1.4), for its ports in the bridge family. */
export function compileGuest(input: GuestInput): GuestUnit {
  const { guest, firewall, names, groups, report } = input;
  const sets = new SetUse();
  const nics = guardedNics(guest);
  checkSourceFilters(input);
  checkListedFrames(input);
  names.checkSets();
  const { options } = firewall;
  const rules = (direction: 'in' | 'out'): Chain => {
    const name = rulesChain(guest, direction);
    const place: Place = {
      table: 'bridge',
      direction,
      names,
      sets,
      groups,
      log: { guest: guest.id, chain: name, limit: input.logLimit },
      reject: rejectInBridge(direction),
      link: (iface) => portOf(iface, guest, report),
      report,
    };
    const policy = `policy_${direction}` as const;
    const level = options[`log_level_${direction}`].value;
    return {
      name,
      rules: [...lowerRules(firewall.rules, place), ...policyRules(policy, options[policy], level, place)],
    };
  };
  const rulesIn = rules('in');
  const rulesOut = rules('out');
  const ports = nics.map((nic) => ({ nic, into: nicIn(nic, input, sets), out: nicOut(nic, input, sets) }));
  const early = nics.flatMap((nic) => {
    const place = input.earlyPlaces.get(nic.port);
    if (place === undefined) return [];
    const rules = [...firstStepsIn(nic, input, sets), ...rulesIn.rules];
    return earlyChain(earlyName(`guest-${guest.id}-net${nic.index}`), place, rules, input.callee) ?? [];
  });
  const own = `guest-${guest.id}/`;
  const inspection = inspectionChain(guest, options);
  return {
    id: guest.id,
    chains: [
      ...ports.flatMap(({ into, out }) => [into, out]),
      ...early.map(({ chain }) => chain),
      rulesIn,
      rulesOut,
      ...(inspection === null ? [] : [inspection]),
    ],
    sets: sets.all().filter(({ name }) => name.startsWith(own)),
    sharedSets: sets.all().filter(({ name }) => !name.startsWith(own)),
    in: ports.map(({ nic, into }) => leadTo(into.name, nic)),
    out: ports.map(({ nic, out }) => leadTo(out.name, nic)),
    inspected: inspection === null ? [] : nics.map((nic) => leadTo(inspection.name, nic)),
    early: early.map(({ element }) => element),
  };
}

/**
 * Where the option `ips` sends every IP packet the guest may have, established connections included: to a program behind
 * nfqueue. A chain behind the rules and not a verdict in them, so that each line stays what it is, in shared groups too.
 */
function inspectionChain(guest: Guest, { ips, ips_queues }: GuestConfig['options']): Chain | null {
  if (!ips.value || ips.span === null) return null;
  const queue: Statement = { kind: 'queue', ...ips_queues.value };
  const rule = written(originOf(ips.span), [is('meta protocol', IPV4, IPV6)], queue);
  return { name: `guest-${guest.id}-ips`, rules: [{ ...rule, note: 'ips' }] };
}
