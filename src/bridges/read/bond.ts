import { isLinkName } from '../../site/index.js';
import {
  adSelections,
  arpAllTargets,
  arpValidations,
  type Bond,
  type BondOptions,
  bondModes,
  failOverMacs,
  hashPolicies,
  lacpRates,
  primaryReselections,
} from '../bond.js';
import { miimonOf } from '../bond-mode.js';
import type { Lower } from '../bridge.js';
import { type Field, field, readFields } from './field.js';
import { readLowers } from './lowers.js';
import { readAddress, readFlag, readMac, readNumber, readWord, type Value } from './option-value.js';
import type { Options } from './options.js';

const milliseconds = readNumber(0, 999_999_999, ' milliseconds');
const byte = readNumber(0, 255, '');

/** By attribute (spec interfaces.md 2.5, bonding.rst): the options of ifupdown2 and of Debian's ifenslave. */
export const BOND_FIELDS: readonly Field<Partial<BondOptions>>[] = [
  field(readWord(bondModes), (mode) => ({ mode }), 'bond-mode'),
  field(milliseconds, (miimon) => ({ miimon }), 'bond-miimon'),
  field(milliseconds, (upDelay) => ({ upDelay }), 'bond-updelay'),
  field(milliseconds, (downDelay) => ({ downDelay }), 'bond-downdelay'),
  field(milliseconds, (peerNotifyDelay) => ({ peerNotifyDelay }), 'bond-peer-notif-delay'),
  field(readFlag, (useCarrier) => ({ useCarrier }), 'bond-use-carrier'),
  field(milliseconds, (arpInterval) => ({ arpInterval }), 'bond-arp-interval'),
  field(readTargets, (arpTargets) => ({ arpTargets }), 'bond-arp-ip-target'),
  field(readWord(arpValidations), (arpValidate) => ({ arpValidate }), 'bond-arp-validate'),
  field(readWord(arpAllTargets), (allTargets) => ({ arpAllTargets: allTargets }), 'bond-arp-all-targets'),
  field(readSlave, (primary) => ({ primary }), 'bond-primary'),
  field(readWord(primaryReselections), (primaryReselect) => ({ primaryReselect }), 'bond-primary-reselect'),
  field(readWord(failOverMacs), (failOverMac) => ({ failOverMac }), 'bond-fail-over-mac'),
  field(readWord(hashPolicies), (hashPolicy) => ({ hashPolicy }), 'bond-xmit-hash-policy'),
  field(byte, (resendIgmp) => ({ resendIgmp }), 'bond-resend-igmp'),
  field(byte, (peerNotifications) => ({ peerNotifications }), 'bond-num-grat-arp', 'bond-num-unsol-na'),
  field(readFlag, (allSlavesActive) => ({ allSlavesActive }), 'bond-all-slaves-active'),
  field(byte, (minLinks) => ({ minLinks }), 'bond-min-links'),
  field(readNumber(1, 0x7fff_ffff, ' seconds'), (learnPacketInterval) => ({ learnPacketInterval }), 'bond-lp-interval'),
  field(readNumber(0, 65_535, ''), (packetsPerSlave) => ({ packetsPerSlave }), 'bond-packets-per-slave'),
  field(readWord(lacpRates), (lacpRate) => ({ lacpRate }), 'bond-lacp-rate'),
  field(readFlag, (lacpActive) => ({ lacpActive }), 'bond-lacp-active'),
  field(readWord(adSelections), (adSelect) => ({ adSelect }), 'bond-ad-select'),
  field(
    readNumber(1, 65_535, ''),
    (adActorPriority) => ({ adActorPriority }),
    'bond-ad-actor-sys-prio',
    'bond-ad-sys-priority',
  ),
  field(readNumber(0, 1023, ''), (adUserPortKey) => ({ adUserPortKey }), 'bond-ad-user-port-key'),
  field(readMac, (adActorSystem) => ({ adActorSystem }), 'bond-ad-actor-system', 'bond-ad-sys-mac-addr', 'es-sys-mac'),
  field(readFlag, (tlbDynamic) => ({ tlbDynamic }), 'bond-tlb-dynamic-lb'),
  field(byte, (missedMax) => ({ missedMax }), 'bond-missed-max'),
];

/** Any of these options makes an interface a bond. */
export const BOND_KEYS = ['bond-slaves', 'bond-ports', 'bond-mode'] as const;

/** Reads a bond; `unclaimed` are interfaces that patterns may stand for, `joining` are the links whose own stanzas say `bond-master`. */
export function readBond(options: Options, unclaimed: readonly string[], joining: readonly Lower[]): Bond {
  const { named, matching } = readLowers(options, unclaimed, 'bond-slaves', 'bond-ports');
  const more = joining.filter(({ name }) => !named.some((slave) => slave.name === name));
  const slaves = [...named, ...more];
  return {
    kind: 'bond',
    slaves,
    ...(matching.length === 0 ? {} : { matching }),
    options: withMiimon(readFields<BondOptions>(options, BOND_FIELDS)),
  };
}

/** A mode can bring it along: it is wanted then as if the file said it, and comes back when a line goes that says another. */
function withMiimon(options: BondOptions): BondOptions {
  const { mode, miimon } = options;
  const implied = mode === undefined ? 0 : miimonOf(mode);
  return miimon !== undefined || implied === 0 ? options : { ...options, miimon: implied };
}

/** The kernel takes 16 (BOND_MAX_ARP_TARGETS). */
const MOST_TARGETS = 16;

function readTargets(text: string): Value<string[]> {
  const targets = text.split(/[\s,]+/).map(readAddress(4));
  const expected = `up to ${MOST_TARGETS} IPv4 addresses`;
  const good = targets.flatMap((target) => (target.ok ? [target.value] : []));
  return good.length === targets.length && good.length <= MOST_TARGETS
    ? { ok: true, value: good }
    : { ok: false, expected };
}

function readSlave(text: string): Value<string> {
  return isLinkName(text) ? { ok: true, value: text } : { ok: false, expected: 'the name of one slave' };
}
