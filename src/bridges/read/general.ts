import { originOf } from '../../ruleset/index.js';
import type { Stanza } from '../../site/index.js';
import { type Hook, hookPhases, type Link, type LinkSysctls } from '../links.js';
import { type Field, field, readFields } from './field.js';
import { readFlag, readMac, readNumber, readText } from './option-value.js';
import type { Options } from './options.js';
import { stanzaEnvironment } from './stanza-environment.js';

/** What an interface of any kind can have. */
export type General = Pick<Link, 'down' | 'mtu' | 'mac' | 'alias' | 'vrf' | 'sysctls' | 'hooks'>;

export const SYSCTL_FIELDS: readonly Field<Partial<LinkSysctls>>[] = [
  field(readNumber(0, 2, ''), (value) => ({ 'ipv6/accept_ra': value }), 'accept-ra'),
  field(readFlag, (on) => ({ 'ipv6/autoconf': Number(on) }), 'autoconf'),
  field(readFlag, (on) => ({ 'ipv6/disable_ipv6': Number(on) }), 'disable-ipv6', 'disable-ip6'),
  // 0 makes addresses of the MAC, 1 makes none (in6_addr_gen_mode).
  field(readFlag, (on) => ({ 'ipv6/addr_gen_mode': on ? 0 : 1 }), 'ipv6-addrgen'),
  field(readFlag, (on) => ({ 'ipv4/forwarding': Number(on) }), 'ip-forward'),
  field(readFlag, (on) => ({ 'ipv6/forwarding': Number(on) }), 'ip6-forward'),
  field(readFlag, (on) => ({ 'ipv4/arp_accept': Number(on) }), 'arp-accept'),
  field(readFlag, (on) => ({ 'mpls/input': Number(on) }), 'mpls-enable'),
];

/** `implied` are the settings a method brings along; what an option says counts before them. */
export function readGeneral(options: Options, stanzas: readonly Stanza[], implied: LinkSysctls): General {
  // RFC 791 asks for 68 bytes at least; loopback has 65536.
  const mtu = options.read(readNumber(68, 65_536, ' bytes'), 'mtu');
  const mac = options.read(readMac, 'hwaddress');
  const alias = options.read(readText, 'alias');
  const down = options.read(readFlag, 'link-down');
  const option = options.take('vrf');
  const [vrf] = option === null ? [] : options.lowers(option, [option.value.value]);
  const sysctls: LinkSysctls = { ...implied, ...readFields<LinkSysctls>(options, SYSCTL_FIELDS) };
  const hooks = readHooks(options, stanzas);
  return {
    ...(down === true ? { down } : {}),
    ...(mtu === null ? {} : { mtu }),
    ...(mac === null ? {} : { mac }),
    ...(alias === null ? {} : { alias }),
    ...(vrf === undefined ? {} : { vrf }),
    ...(Object.keys(sysctls).length === 0 ? {} : { sysctls }),
    ...(hooks.length === 0 ? {} : { hooks }),
  };
}

/** In their order, which is that of the file. */
function readHooks(options: Options, stanzas: readonly Stanza[]): Hook[] {
  const own = new Map(stanzas.flatMap((stanza) => stanza.options.map((option) => [option, stanza] as const)));
  return options.takeAll(...hookPhases).flatMap((option) => {
    const { key, value } = option;
    const phase = hookPhases.find((name) => name === key.value);
    const stanza = own.get(option);
    if (phase === undefined || stanza === undefined) return [];
    const environment = stanzaEnvironment(stanza);
    return [{ phase, command: value.value, environment, origin: originOf(value.span) }];
  });
}
