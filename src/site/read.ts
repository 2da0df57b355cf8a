import type { Diagnostic } from '../diagnostics/index.js';
import { diagnose, Failure } from '../diagnostics/index.js';
import type { FirewallScope, FirewallTree, InterfacesTree } from '../parser/index.js';
import {
  parseCorosync,
  parseFirewall,
  parseGuestConfig,
  parseInterfaces,
  parseIpam,
  parseSdnConfig,
  parseVmList,
} from '../parser/index.js';
import type { Files } from '../ports/index.js';
import { spanOf } from '../ruleset/index.js';
import { readCluster, readGuestFirewall, readHost, readVnet } from './firewall.js';
import { readNics } from './guest.js';
import { readInterfacesFiles } from './interfaces.js';
import { isLinkName } from './link-name.js';
import { readNetworkOf } from './network.js';
import { readSdnSets } from './sdn.js';
import type { Guest, Site, VnetConfig } from './site.js';
import { readStanzas } from './stanza.js';
import { readStarts } from './start.js';

export interface SiteOptions {
  /** The directory that stands for `/`. */
  readonly root: string;
  /** The node to read; by default the only one under `etc/pve/nodes`, else the host name. */
  readonly node?: string;
  readonly hostname: string;
  /** Seconds since the Unix epoch, for a timed `enable`. */
  readonly now: number;
}

export interface SiteReading {
  readonly site: Site;
  readonly diagnostics: readonly Diagnostic[];
  /** Every file that was read, by its path relative to the root. */
  readonly sources: ReadonlyMap<string, Uint8Array>;
}

/** A firewall file that is not there: every option has its default. */
const NO_LINES: Pick<FirewallTree, 'file' | 'lines'> = { file: '', lines: [] };

/** Far above what Proxmox can store in one file (1 MiB, pmxcfs), far below what would exhaust the memory. */
const LARGEST_FILE = 8 << 20;

/** How long after a trial's start the firewall stays on, in seconds (spec firewall.md 3.1). */
const TRIAL_SECONDS = 60;

/**
 * Reads everything the firewall of one node depends on. A missing file means its defaults; a file that is there but
 * cannot be read is a `Failure`, because leaving it out would change what the rules mean.
 */
export function readSite(files: Files, options: SiteOptions): SiteReading {
  const reader = new SiteReader(files, options.root);
  const node = chooseNode(reader, options);
  const cluster = readCluster(reader.firewall('etc/pve/firewall/cluster.fw', 'cluster') ?? NO_LINES, reader.report);
  const host = readHost(reader.firewall(`etc/pve/nodes/${node}/host.fw`, 'host') ?? NO_LINES, reader.report);
  const enable = cluster.options.enable.value;
  const trialEnds = enable > 1 && options.now - enable <= TRIAL_SECONDS ? enable + TRIAL_SECONDS + 1 : null;
  const { files: interfacesFiles, contents } = readInterfacesFiles(reader, reader.report);
  const stanzas = readStanzas(contents, reader.report);
  const sdn = reader.sdn('etc/pve/sdn/.running-config');
  const machines = readGuests(reader, node, 'vm', []);
  const guests = [...machines, ...readGuests(reader, node, 'container', machines)].sort((a, b) => a.id - b.id);
  reportMissing(reader, node, guests);
  const site: Site = {
    node,
    enabled: enable === 1 || trialEnds !== null,
    enabledUntil: trialEnds,
    cluster,
    host,
    guests,
    vnets: readVnets(reader),
    network: readNetworkOf({
      node,
      corosync: reader.corosync('etc/pve/corosync.conf'),
      hosts: reader.text('etc/hosts'),
      stanzas,
      localNetwork: cluster.aliases.find(({ name }) => name === 'local_network') ?? null,
    }),
    interfaces: { files: interfacesFiles, stanzas, starts: readStarts(contents, reader.report) },
    sdnVnets: (sdn?.vnets ?? []).map(({ name }) => name.value),
    sdnSets: readSdnSets(sdn, reader.ipam(), reader.report),
  };
  return { site, diagnostics: reader.diagnostics, sources: reader.sources };
}

/** Reads files below the root, remembering their bytes and what was found in them. */
class SiteReader {
  readonly diagnostics: Diagnostic[] = [];
  readonly sources = new Map<string, Uint8Array>();
  readonly #files: Files;
  readonly #root: string;

  constructor(files: Files, root: string) {
    this.#files = files;
    this.#root = root.replace(/\/+$/, '');
  }

  readonly report = (diagnostic: Diagnostic): void => {
    this.diagnostics.push(diagnostic);
  };

  list(path: string): string[] {
    return this.#files.list(`${this.#root}/${path}`) ?? [];
  }

  isDirectory(path: string): boolean {
    return this.#files.list(`${this.#root}/${path}`) !== null;
  }

  bytes(path: string): Uint8Array | null {
    const bytes = this.#files.read(`${this.#root}/${path}`);
    if (bytes !== null && bytes.length > LARGEST_FILE) {
      throw new Failure('file-too-large', `${path} has ${bytes.length} bytes, more than any file of a site should`, {
        help: `look at what it holds; the largest that is read has ${LARGEST_FILE} bytes`,
      });
    }
    if (bytes !== null) this.sources.set(path, bytes);
    return bytes;
  }

  text(path: string): string | null {
    const bytes = this.bytes(path);
    return bytes && new TextDecoder().decode(bytes);
  }

  /** The file's tree, or null when there is none. */
  firewall(path: string, scope: FirewallScope): FirewallTree | null {
    const bytes = this.bytes(path);
    return bytes && this.#keep(parseFirewall(bytes, path, scope)).tree;
  }

  corosync(path: string): { config: ReturnType<typeof parseCorosync>['config']; file: string } | null {
    const bytes = this.bytes(path);
    return bytes && { config: this.#keep(parseCorosync(bytes, path)).config, file: path };
  }

  guest(path: string): ReturnType<typeof parseGuestConfig>['tree'] {
    return this.#keep(parseGuestConfig(this.bytes(path) ?? new Uint8Array(), path)).tree;
  }

  tree(path: string): InterfacesTree | null {
    const bytes = this.bytes(path);
    return bytes && this.#keep(parseInterfaces(bytes, path)).tree;
  }

  sdn(path: string): ReturnType<typeof parseSdnConfig>['config'] | null {
    const bytes = this.bytes(path);
    return bytes && this.#keep(parseSdnConfig(bytes, path)).config;
  }

  /** The IPAM state, at its present place or at the one older releases use (spec firewall.md 5.7). */
  ipam(): ReturnType<typeof parseIpam>['ipam'] | null {
    for (const path of ['etc/pve/sdn/pve-ipam-state.json', 'etc/pve/priv/ipam.db']) {
      const bytes = this.bytes(path);
      if (bytes !== null) return this.#keep(parseIpam(bytes, path)).ipam;
    }
    return null;
  }

  vmList(path: string): ReturnType<typeof parseVmList>['vmList'] | null {
    const bytes = this.bytes(path);
    return bytes && this.#keep(parseVmList(bytes, path)).vmList;
  }

  #keep<T extends { readonly diagnostics: readonly Diagnostic[] }>(parsed: T): T {
    this.diagnostics.push(...parsed.diagnostics);
    return parsed;
  }
}

function chooseNode(reader: SiteReader, { node, hostname }: SiteOptions): string {
  const known = reader.list('etc/pve/nodes');
  const chosen = node ?? (known.length === 1 ? known[0] : undefined) ?? hostname;
  if (known.includes(chosen)) return chosen;
  if (node === undefined && known.length === 0) return chosen;
  if (node === undefined) {
    throw new Failure('unknown-node', `etc/pve/nodes has ${known.length} nodes, none of them named after this host`, {
      help: `choose one with --node: ${known.join(', ')}`,
    });
  }
  throw new Failure('unknown-node', `there is no node \`${chosen}\` under etc/pve/nodes`, {
    help: known.length === 0 ? 'check --root' : `use --node with one of: ${known.join(', ')}`,
  });
}

/** `taken` are guests already read. Proxmox never lets two guests have one id, but files from elsewhere may. */
function readGuests(reader: SiteReader, node: string, kind: Guest['kind'], taken: readonly Guest[]): Guest[] {
  const owners = new Map(taken.map((guest) => [guest.id, guest]));
  const directory = `etc/pve/nodes/${node}/${kind === 'vm' ? 'qemu-server' : 'lxc'}`;
  return reader.list(directory).flatMap((name): Guest[] => {
    const [, digits] = /^([1-9][0-9]{0,8})\.conf$/.exec(name) ?? [];
    if (digits === undefined) return [];
    const id = Number(digits);
    const file = `${directory}/${name}`;
    const owner = owners.get(id);
    if (owner !== undefined) {
      reader.report(guestTwice(id, file, owner.file));
      return [];
    }
    const nics = readNics(reader.guest(file), id, kind, reader.report);
    const firewall = reader.firewall(`etc/pve/firewall/${id}.fw`, 'guest');
    return [{ id, kind, file, nics, firewall: firewall && readGuestFirewall(firewall, reader.report) }];
  });
}

function guestTwice(id: number, file: string, first: string): Diagnostic {
  const top = { line: 1, column: 1, endLine: 1, endColumn: 1 };
  const message = `guest ${id} is a virtual machine and a container; the container is ignored`;
  return diagnose('name/declared-twice', { file, ...top }, message, {
    help: 'remove one of the two configurations',
    related: [{ message: 'first declared here', span: { file: first, ...top } }],
  });
}

/** A guest the cluster places here, but whose configuration is not here, has ports nobody knows. */
function reportMissing(reader: SiteReader, node: string, guests: readonly Guest[]): void {
  for (const entry of reader.vmList('etc/pve/.vmlist')?.guests ?? []) {
    if (entry.node !== node || guests.some(({ id }) => id === entry.id.value)) continue;
    reader.report(
      diagnose(
        'guest/no-config',
        entry.id.span,
        `guest ${entry.id.value} runs on this node, but has no configuration here`,
        {
          help: `look for ${entry.id.value}.conf under etc/pve/nodes, or wait until a migration has ended`,
        },
      ),
    );
  }
}

function readVnets(reader: SiteReader): VnetConfig[] {
  const directory = 'etc/pve/sdn/firewall';
  return reader.list(directory).flatMap((name): VnetConfig[] => {
    const [, vnet] = /^(.*)\.fw$/s.exec(name) ?? [];
    if (vnet === undefined) return [];
    const file = `${directory}/${name}`;
    if (!isLinkName(vnet)) {
      reader.report(badVnetName(vnet, file));
      return [];
    }
    const tree = reader.firewall(file, 'vnet');
    return tree === null ? [] : [readVnet(tree, vnet, reader.report)];
  });
}

function badVnetName(vnet: string, file: string): Diagnostic {
  const message = `no bridge can be called \`${vnet}\`, so this file filters nothing`;
  return diagnose('vnet/bad-name', spanOf({ file, line: 1 }), message, {
    help: 'name it after the vnet or bridge it is for: at most 15 letters, digits and _ . -',
  });
}
