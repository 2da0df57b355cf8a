import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { FirewallScope } from '../../src/parser/index.js';

/** The repository's own test data. */
export const testData = fileURLToPath(new URL('../data', import.meta.url));

/** Reference sites that lie beside a developer's clone only; null where there are none. */
export const sharedReference = existing(fileURLToPath(new URL('../../../shared/reference', import.meta.url)));

export interface SiteFile {
  /** Relative to the folder that was listed, with forward slashes. */
  readonly path: string;
  readonly bytes: Uint8Array;
}

/** All files below a folder in a fixed order. */
export function filesBelow(folder: string): SiteFile[] {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
    .sort()
    .map((path) => ({ path: relative(folder, path).replaceAll('\\', '/'), bytes: readFileSync(path) }));
}

export type FileKind =
  | { readonly kind: 'firewall'; readonly scope: FirewallScope }
  | { readonly kind: 'guest' | 'interfaces' | 'corosync' | 'vmlist' | 'sdn' | 'ipam' };

const KINDS: readonly (readonly [RegExp, FileKind])[] = [
  [/(^|\/)cluster\.fw$/, { kind: 'firewall', scope: 'cluster' }],
  [/(^|\/)host\.fw$/, { kind: 'firewall', scope: 'host' }],
  [/(^|\/)sdn\/firewall\/[^/]+\.fw$/, { kind: 'firewall', scope: 'vnet' }],
  [/(^|\/)[0-9]+\.fw$/, { kind: 'firewall', scope: 'guest' }],
  [/(^|\/)(qemu-server|lxc)\/[0-9]+\.conf$/, { kind: 'guest' }],
  [/(^|\/)network\/interfaces$/, { kind: 'interfaces' }],
  [/(^|\/)corosync\.conf$/, { kind: 'corosync' }],
  [/(^|\/)\.vmlist$/, { kind: 'vmlist' }],
  [/(^|\/)sdn\/\.running-config$/, { kind: 'sdn' }],
  [/(^|\/)sdn\/pve-ipam-state\.json$/, { kind: 'ipam' }],
];

/** Which reader a file of a site belongs to, by its path; null for files that ringwall does not read. */
export function kindOf(path: string): FileKind | null {
  return KINDS.find(([pattern]) => pattern.test(path))?.[1] ?? null;
}

function existing(path: string): string | null {
  return existsSync(path) ? path : null;
}
