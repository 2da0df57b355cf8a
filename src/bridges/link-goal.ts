import { addressGoals, hasForeignAddress } from './address-goal.js';
import { bondAttributes, bridgeAttributes, vxlanAttributes } from './attributes.js';
import type { CurrentLink } from './current.js';
import { defined } from './defined.js';
import type { GoalLink } from './goal.js';
import type { Link } from './links.js';
import { masterGoal, masterOrigin } from './master-goal.js';
import { mtuGoal, mtuWithoutLine } from './mtu-goal.js';
import { newDevice } from './new-device.js';
import { forgottenOptions } from './option-record.js';
import { ownVlans, portGoal, portSysctls } from './port-goal.js';
import { macOfPorts, macToBe, macWithoutLine } from './put-back.js';
import type { Sides } from './sides.js';

/** A link that the files want. */
export function wantedGoal(link: Link, sides: Sides): GoalLink {
  const { name, origin } = link;
  const before = sides.before.get(name);
  const firstMac = link.kind === 'bridge' && link.mac === undefined ? macOfPorts(link, sides) : undefined;
  const alias = link.alias ?? (before?.alias === undefined ? undefined : null);
  return {
    name,
    origin,
    device: newDevice(link),
    up: link.down !== true,
    ...defined({
      mtu: mtuGoal(link, sides),
      mac: macGoal(link, before, sides),
      firstMac,
      alias,
      master: masterGoal(name, sides),
      masterOrigin: masterOrigin(name, sides),
    }),
    ...optionGoals(link, before),
    ...portGoal(name, sides),
    ...ownVlans(link, sides),
    sysctls: { ...portSysctls(name, sides), ...link.sysctls },
    addresses: addressGoals(name, link.addresses, before?.addresses ?? [], sides),
  };
}

/** A port of ours that nobody names any more: released, without our addresses, and down if nobody else uses it. */
export function releasedGoal(link: Link, carriesForeign: boolean, sides: Sides): GoalLink {
  const { name } = link;
  const there = sides.there.get(name);
  const master = masterGoal(name, sides);
  const isUsed = carriesForeign || hasForeignAddress(name, link.addresses, sides);
  const mac = link.mac === undefined ? undefined : (there?.permanentMac ?? undefined);
  return {
    name,
    origin: null,
    device: null,
    ...(isUsed || (there?.master !== null && master === undefined) ? {} : { up: false }),
    ...defined({ master, mtu: link.mtu === undefined ? undefined : mtuWithoutLine(link, sides), mac }),
    ...(link.alias === undefined ? {} : { alias: null }),
    sysctls: portSysctls(name, sides),
    addresses: addressGoals(name, [], link.addresses, sides),
  };
}

/** Not ours: what a step could take from it comes back. */
export function foreignGoal(link: CurrentLink, gone: readonly string[], sides: Sides): GoalLink {
  const { name, master, up, port, vlans, mtu } = link;
  const isReleased = master !== null && gone.includes(master);
  return {
    name,
    origin: null,
    device: null,
    ...(up ? { up } : {}),
    mtu,
    ...(isReleased ? {} : { master }),
    ...(port === null || isReleased ? {} : { port, vlans }),
    addresses: addressGoals(name, [], [], sides),
  };
}

function macGoal(link: Link, before: Link | undefined, sides: Sides): string | undefined {
  if (link.mac !== undefined) return link.mac;
  if (link.kind === 'bridge' && link.macFrom !== undefined) return macToBe(link.macFrom.name, sides);
  const had = before?.mac !== undefined || (before?.kind === 'bridge' && before.macFrom !== undefined);
  return had ? macWithoutLine(link, sides) : undefined;
}

/** The options of the link, and those whose lines went as the kernel begins with them. */
function optionGoals(
  link: Link,
  before: Link | undefined,
): Pick<GoalLink, 'bridge' | 'bond'> | Pick<GoalLink, 'device'> {
  switch (link.kind) {
    case 'bridge': {
      const options = before?.kind === 'bridge' ? before.options : {};
      return { bridge: { ...forgottenOptions(bridgeAttributes, options, link.options), ...link.options } };
    }
    case 'bond': {
      const options = before?.kind === 'bond' ? before.options : {};
      return { bond: { ...forgottenOptions(bondAttributes, options, link.options), ...link.options } };
    }
    case 'vxlan': {
      const options = before?.kind === 'vxlan' ? before.options : {};
      const forgotten = forgottenOptions(vxlanAttributes, options, link.options);
      return { device: newDevice({ ...link, options: { ...forgotten, ...link.options } }) };
    }
    case 'physical':
    case 'loopback':
    case 'vlan':
    case 'veth':
    case 'dummy':
    case 'vrf':
    case 'other':
      return {};
  }
}
