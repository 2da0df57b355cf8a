import { originOf } from '../../ruleset/index.js';
import type { Device, Vxlan, VxlanOptions } from '../links.js';
import { type Field, field, readFields } from './field.js';
import { readAddress, readFlag, readNumber, readNumberOr } from './option-value.js';
import type { Options } from './options.js';

/** By attribute (spec interfaces.md 2.7). */
export const VXLAN_FIELDS: readonly Field<Partial<VxlanOptions>>[] = [
  field(readFlag, (learning) => ({ learning }), 'vxlan-learning'),
  field(readNumber(0, 0x7fff_ffff, ' seconds'), (ageing) => ({ ageing }), 'vxlan-ageing'),
  field(readNumberOr({ auto: 0 }, readNumber(0, 255, '')), (ttl) => ({ ttl }), 'vxlan-ttl'),
  field(readNumberOr({ inherit: 1 }, readNumber(0, 255, '')), (tos) => ({ tos }), 'vxlan-tos'),
];

const GROUP_KEYS = ['vxlan-svcnodeip', 'vxlan-svcnodeip6', 'vxlan-mcastgrp', 'vxlan-mcastgrp6'] as const;

/** Reads what has a `vxlan-id`. */
export function readVxlan(options: Options): Device {
  // The kernel has 24 bits for it; ifupdown2 leaves out the first and the last number.
  const id = options.read(readNumber(1, 16_777_214, ''), 'vxlan-id');
  const port = options.read(readNumber(1, 65_535, ''), 'vxlan-port');
  const local = options.read(readAddress('any'), 'vxlan-local-tunnelip');
  const group = options.read(readAddress('any'), ...GROUP_KEYS);
  const physical = options.take('vxlan-physdev');
  const [device] = physical === null ? [] : options.lowers(physical, [physical.value.value]);
  const vxlan: Omit<Vxlan, 'id'> = {
    kind: 'vxlan',
    ...(port === null ? {} : { port }),
    ...(local === null ? {} : { local }),
    ...(group === null ? {} : { group }),
    ...(device === undefined ? {} : { device }),
    remotes: readRemotes(options),
    options: readFields<VxlanOptions>(options, VXLAN_FIELDS),
  };
  return id === null ? { kind: 'other', option: 'vxlan-id' } : { ...vxlan, id };
}

function readRemotes(options: Options): Vxlan['remotes'] {
  const remotes = options.takeAll('vxlan-remoteip').flatMap((option) =>
    option.value.value.split(/[\s,]+/).flatMap((word) => {
      const address = options.value(option, readAddress('any')(word));
      return address === null ? [] : [{ address, origin: originOf(option.value.span) }];
    }),
  );
  return remotes.filter(({ address }, at) => remotes.findIndex((remote) => remote.address === address) === at);
}
