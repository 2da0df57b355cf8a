export { openNftables } from './nftables/port.js';
export type { KernelFeatures, NftablesPort } from './port.js';
