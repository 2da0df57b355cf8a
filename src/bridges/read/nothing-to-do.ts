/** Options that other programs act on and for which nothing has to be done here (spec interfaces.md 2.1 to 2.5): why. */
export const NOTHING_TO_DO: ReadonlyMap<string, string> = new Map([
  ['address-purge', 'addresses that no file gives are left alone'],
  ['bridge-ports-condone-regex', 'ports that no file names are left alone'],
  ['bridge-waitport', 'nothing waits for hardware: a port that comes later is taken in by the next apply'],
  ['bridge-maxwait', 'nothing waits until a bridge forwards'],
  ['dad-attempts', "nothing waits until an address is known to be nobody else's"],
  ['dad-interval', "nothing waits until an address is known to be nobody else's"],
  ['bridge-gcint', 'the kernel has no such setting any more'],
  // Kept in the kernel's interface as the constant 16 (net/bridge/br_private.h BR_MULTICAST_DEFAULT_HASH_ELASTICITY).
  ['bridge-hashel', 'the kernel has no such setting any more'],
  ['bridge-mcqv4src', 'only kernels of Cumulus Linux have that setting'],
  ['bond-lacp-bypass-allow', 'only kernels of Cumulus Linux have that setting'],
  ['uplink-id', 'it is a note that Proxmox VE makes for itself'],
]);
