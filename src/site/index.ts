export type { AddressFamily, AddressRange } from './address.js';
export { everything, parseAddress, parseNetwork, widthOf } from './address.js';
export type { ConntrackHelper } from './conntrack-helper.js';
export type { IcmpType } from './icmp.js';
export { parseIcmpType } from './icmp.js';
export { isLinkName } from './link-name.js';
export type { LogLevel, LogSetting } from './log-level.js';
export { logLevels } from './log-level.js';
export type { ClusterOptions, GuestOptions, HostOptions, LogLimit, Policy, Setting, VnetOptions } from './options.js';
export { parsePortList } from './port-list.js';
export type { Protocol } from './protocol.js';
export { parseProtocol } from './protocol.js';
export type { SiteOptions, SiteReading } from './read.js';
export { readSite } from './read.js';
export type {
  AddressSpec,
  Alias,
  ClusterConfig,
  ConfiguredBridge,
  Corosync,
  CorosyncLink,
  Group,
  GroupRule,
  Guest,
  GuestConfig,
  HostConfig,
  Interfaces,
  IpSet,
  MatchRule,
  NameRef,
  Nic,
  NodeNetwork,
  Rule,
  RuleDirection,
  Scope,
  SetEntry,
  Site,
  VnetConfig,
} from './site.js';
export type { AddressAttribute, Stanza, StanzaAddress, StanzaOption } from './stanza.js';
export { addressesOf, namedPorts, type PortWord, readPortList, spellStanzaAddress } from './stanza.js';
export { ALL, type StartMark } from './start.js';
