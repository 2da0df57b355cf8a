import { Failure } from '../../../src/diagnostics/index.js';
import type { PortZone, Zone } from '../../../src/simulate/index.js';
import { findZone, zoneNames } from '../../../src/simulate/index.js';
import type { Nic, Site } from '../../../src/site/index.js';

/** A port of a bridge, and the machine behind it. */
export interface Port {
  readonly zone: PortZone;
  /** Where it stands among all ports. */
  readonly index: number;
  readonly mac: bigint;
  readonly nic: Nic | null;
}

export interface Bridge {
  readonly name: string;
  readonly mac: bigint;
  /** The host's address on it, for each family. */
  readonly own: Readonly<Record<4 | 6, bigint>>;
}

/** What a namespace world of a site needs: its bridges and their ports, beside the guests' an uplink and an unknown one. */
export interface Layout {
  readonly bridges: readonly Bridge[];
  readonly ports: readonly Port[];
}

/** Addresses of benchmark networks (RFC 2544) and of documentation (RFC 3849), which no site names. */
const OWN = { 4: 0xc6130000n, 6: (0x20010db8_ffff0000n << 64n) | 0n } as const;
const LOCAL_MAC = 0x0242_0000_0000n;

export function layoutOf(site: Site): Layout {
  const zones = new Map<string, PortZone>();
  const names = new Set(zoneNames(site).filter((name) => name !== 'host'));
  const add = (name: string): void => {
    const zone = zoneOrNull(name, site);
    if (zone?.kind === 'port' && !zones.has(zone.port)) zones.set(zone.port, zone);
  };
  for (const name of names) add(name.endsWith('/PORT') ? `${name.slice(0, -'PORT'.length)}x${zones.size}` : name);
  const bridgeNames = [...new Set([...zones.values()].map(({ bridge }) => bridge))];
  const main = bridgeNames[0];
  // Two ports that no rule knows tell when all frames have come through.
  if (main !== undefined && [...zones.values()].filter((zone) => zone.bridge === main && zone.nic === null).length < 2)
    add(`${main}/x${zones.size}`);
  return {
    bridges: bridgeNames.map((name, index) => ({
      name,
      mac: LOCAL_MAC + 0x1000n + BigInt(index),
      own: {
        4: ownAddress(site, 4, name === main) ?? OWN[4] + BigInt(index * 256 + 1),
        6: ownAddress(site, 6, name === main) ?? OWN[6] + (BigInt(index) << 16n) + 1n,
      },
    })),
    ports: [...zones.values()].map((zone, index) => ({
      zone,
      index,
      mac: zone.nic?.mac ?? LOCAL_MAC + BigInt(index + 1),
      nic: zone.nic,
    })),
  };
}

/** A port no rule knows: where the host sends what no other route takes, and its own broadcasts. */
export const sinkOf = ({ ports }: Layout): Port | undefined => ports.find(({ nic }) => nic === null);

/** Sites with equal keys can share a world. */
export const layoutKey = ({ bridges, ports }: Layout): string =>
  JSON.stringify([
    bridges.map(({ name, own }) => [name, `${own[4]}`, `${own[6]}`]),
    ports.map(({ zone, mac, nic }) => [
      zone.bridge,
      zone.port,
      `${mac}`,
      nic?.addresses.map(({ family, interval }) => [family, `${interval[0]}`]) ?? null,
    ]),
  ]);

function ownAddress({ network: { address } }: Site, family: 4 | 6, main: boolean): bigint | null {
  return main && address?.family === family ? address.interval[0] : null;
}

function zoneOrNull(name: string, site: Site): Zone | null {
  try {
    return findZone(name, site);
  } catch (error) {
    if (error instanceof Failure && error.code === 'unknown-zone') return null;
    throw error;
  }
}
