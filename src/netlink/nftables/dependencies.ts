import type { Field, TableFamily } from '../../ruleset/index.js';
import { dataTypes, networkBytes } from './data-type.js';
import { type Expression, shared } from './expression-schema.js';
import { compare, loadMeta, loadPayload } from './expressions.js';

type Network = 'ip' | 'ip6' | 'arp';

const NFPROTO_IPV4 = 2;
const NFPROTO_IPV6 = 10;
/** The inet family sees no ARP. */
const nfproto: Readonly<Partial<Record<Network, number>>> = { ip: NFPROTO_IPV4, ip6: NFPROTO_IPV6 };
const etherType: Readonly<Record<Network, number>> = { ip: 0x0800, ip6: 0x86dd, arp: 0x0806 };
const ARPHRD_ETHER = 1;
const ICMP = 1;
const TCP = 6;
const ICMPV6 = 58;

const networks: readonly Network[] = ['ip', 'ip6', 'arp'];

const none: readonly Expression[] = [];
const check = (load: Expression, value: Buffer): readonly Expression[] => [shared(load), shared(compare('eq', value))];
const loadTransport = shared(loadMeta('l4proto'));
const byEtherType = (network: Network): readonly Expression[] =>
  check(loadMeta('protocol'), networkBytes(BigInt(etherType[network]), dataTypes.ether_type.length));
const byNfproto = (protocol: number): readonly Expression[] => check(loadMeta('nfproto'), Buffer.from([protocol]));
const networkCheck: Readonly<Record<TableFamily, Readonly<Record<Network, readonly Expression[]>>>> = {
  inet: { ip: byNfproto(NFPROTO_IPV4), ip6: byNfproto(NFPROTO_IPV6), arp: byEtherType('arp') },
  bridge: { ip: byEtherType('ip'), ip6: byEtherType('ip6'), arp: byEtherType('arp') },
};
/** A frame has a tag when its own type says so, whatever is behind it. */
const tagCheck = check(loadPayload('link', 12, 2), networkBytes(0x8100n, 2));
/** A number of the kernel's own, so in host order. */
const ethernetCheck = check(loadMeta('iiftype'), Buffer.from([ARPHRD_ETHER, 0]));

/** What a rule has already established about its packet, and the checks it still needs before it may use a field. */
export class Dependencies {
  readonly #family: TableFamily;
  #network: Network | undefined;
  /** A transport protocol number. */
  #transport: number | undefined;
  #isEthernet: boolean;

  constructor(family: TableFamily) {
    this.#family = family;
    // Every port of a bridge is an Ethernet device.
    this.#isEthernet = family === 'bridge';
  }

  of(field: Field | 'tcp flags'): readonly Expression[] {
    switch (field) {
      case 'ip saddr':
      case 'ip daddr':
        return this.#needNetwork('ip');
      case 'ip6 saddr':
      case 'ip6 daddr':
        return this.#needNetwork('ip6');
      case 'arp saddr ip':
      case 'arp saddr ether':
        return this.#needNetwork('arp');
      case 'ether saddr':
      case 'ether daddr':
      case 'ether type':
        return this.#needEthernet();
      case 'vlan id':
        return [...this.#needEthernet(), ...tagCheck];
      case 'icmp type':
      case 'icmp code':
        return this.#needIcmp('ip', ICMP);
      case 'icmpv6 type':
      case 'icmpv6 code':
        return this.#needIcmp('ip6', ICMPV6);
      case 'tcp flags':
        return this.transport(TCP);
      case 'meta ibrpvid':
      case 'meta protocol':
      case 'meta nfproto':
      case 'meta l4proto':
      case 'meta pkttype':
      case 'meta mark':
      case 'nd target':
      case 'nd option':
      case 'nd option ether':
      case 'rs option':
      case 'rs option ether':
      case 'th sport':
      case 'th dport':
      case 'fib saddr type':
      case 'fib daddr type':
        return none;
    }
  }

  /** The check that the packet's transport protocol is `protocol`, unless the rule has it already. */
  transport(protocol: number): readonly Expression[] {
    if (this.#transport === protocol) return none;
    this.#transport = protocol;
    return [loadTransport, compare('eq', networkBytes(BigInt(protocol), dataTypes.inet_proto.length))];
  }

  /** The rule itself now demands that `field` is `value`. */
  learn(field: Field, value: bigint): void {
    if (field === 'meta l4proto') this.#transport = Number(value);
    if (field === 'meta nfproto' && this.#family === 'inet') {
      this.#network = networks.find((network) => nfproto[network] === Number(value));
    }
    if (field === 'meta protocol' && this.#family === 'bridge') {
      this.#network = networks.find((network) => etherType[network] === Number(value));
    }
  }

  #needNetwork(network: Network): readonly Expression[] {
    if (this.#network === network) return none;
    this.#network = network;
    return networkCheck[this.#family][network];
  }

  /** Where a rule names the ICMP protocol itself, nft asks for no address family either. */
  #needIcmp(network: Network, protocol: number): readonly Expression[] {
    if (this.#transport === protocol) return none;
    return [...this.#needNetwork(network), ...this.transport(protocol)];
  }

  #needEthernet(): readonly Expression[] {
    if (this.#isEthernet) return none;
    this.#isEthernet = true;
    return ethernetCheck;
  }
}
