import { ctState, tcpFlag } from '../../../src/ruleset/index.js';
import type { IpHeader, NetworkHeader, Packet, Passage } from '../../../src/simulate/index.js';

const UNICAST = 1;

/** A TCP SYN from 10.0.0.1 to 10.0.0.2, port 80. */
export const syn: IpHeader = {
  kind: 'ip',
  family: 4,
  source: 0x0a000001n,
  dest: 0x0a000002n,
  protocol: 6,
  transport: { kind: 'ports', source: 40000, dest: 80, tcpFlags: tcpFlag.syn },
};

export const packet = (network: NetworkHeader = syn, more: Partial<Packet> = {}): Packet => ({
  link: { source: 0x020000000001n, dest: null, packetType: 0 },
  network,
  state: ctState.new,
  sourceType: UNICAST,
  destType: UNICAST,
  ...more,
});

export const arp: NetworkHeader = { kind: 'arp', senderAddress: 0x0a000001n, senderMac: 0x020000000001n };

export const input: Passage = { family: 'inet', hook: 'input', iif: 'vmbr0', oif: null, bridge: null };
export const output: Passage = { family: 'inet', hook: 'output', iif: null, oif: 'vmbr0', bridge: null };
export const prerouting: Passage = {
  family: 'bridge',
  hook: 'prerouting',
  iif: 'tap100i0',
  oif: null,
  bridge: 'vmbr0',
};
export const bridgeForward: Passage = { ...prerouting, hook: 'forward', oif: 'eth0' };
