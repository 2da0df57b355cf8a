export { FakeNftables } from './fake/port.js';
export { inNamespace } from './namespace.js';
export type { DecodedChain, DecodedExpression, DecodedRule, DecodedSet, DecodedTable } from './nftables/decoded.js';
export { readDecoded } from './nftables/decoded.js';
export { openNftables } from './nftables/port.js';
export type { KernelFeatures, NftablesPort } from './port.js';
export { openRoute } from './route/port.js';
export type { LinkNamespace, RoutePort } from './route/types.js';
export { RouteError } from './route/types.js';
