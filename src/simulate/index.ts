export type { Decision, EvaluateOptions, HookAnswer, Step } from './evaluate.js';
export { evaluate } from './evaluate.js';
export type {
  ArpHeader,
  IpHeader,
  LinkHeader,
  Marks,
  NeighborMessage,
  NetworkHeader,
  Packet,
  TransportHeader,
} from './packet.js';
export { addressTypes, etherType, noMarks } from './packet.js';
export type { Passage } from './passage.js';
export type { HostLink } from './path.js';
export { pathBetween, pathIn, pathOut } from './path.js';
export type { CaseResult } from './policy-test.js';
export { runCase } from './policy-test.js';
export type { Query } from './query.js';
export { queryKeys, readQuery } from './query.js';
export { packetOf } from './query-packet.js';
export type { Journey, Simulation, TraceEntry } from './simulate.js';
export { follow, simulate, traceOf, verdicts } from './simulate.js';
export type { PortZone, Zone } from './zones.js';
export { findZone, zoneNames } from './zones.js';
