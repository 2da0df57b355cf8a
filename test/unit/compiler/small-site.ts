import type { Compiled } from '../../../src/compiler/index.js';
import { compile } from '../../../src/compiler/index.js';
import type { Diagnostic } from '../../../src/diagnostics/index.js';
import { memoryFiles } from '../../../src/ports/index.js';
import type { TableFamily } from '../../../src/ruleset/index.js';
import { printRuleBody } from '../../../src/ruleset/index.js';
import type { Query } from '../../../src/simulate/index.js';
import { simulate } from '../../../src/simulate/index.js';
import type { Site } from '../../../src/site/index.js';
import { readSite } from '../../../src/site/index.js';

/** The files a test gives, by short names; whatever is left out is as in `defaults`. */
export interface SmallSite {
  /** `cluster.fw` below its line `enable: 1`, which stands under [OPTIONS]. */
  readonly cluster?: string;
  readonly host?: string;
  /** `100.fw` and `200.fw` below their line `enable: 1`, which stands under [OPTIONS]. */
  readonly vm?: string;
  readonly container?: string;
  /** Further files by their path below the root, which replace the usual ones. */
  readonly files?: Readonly<Record<string, string>>;
}

export interface SmallSiteResult {
  readonly site: Site;
  readonly compiled: Compiled;
  /** Of reading and of compiling. */
  readonly diagnostics: readonly Diagnostic[];
  /** `100.fw:4 error name/unknown-alias`, in the order they were found. */
  readonly problems: readonly string[];
  /** The rules of a chain as nft text without comments; undefined when there is no such chain. */
  rules(family: TableFamily, chain: string): readonly string[] | undefined;
  /** `ACCEPT`, `DROP` or `REJECT`. */
  verdict(query: Query): string;
}

const INTERFACES = `iface eth0 inet manual
iface vmbr0 inet static
	address 192.0.2.10/24
	gateway 192.0.2.1
	bridge-ports eth0
`;

/** Node pve1 with vmbr0 (192.0.2.10/24, uplink eth0), VM 100 with net0 and net1, container 200 with net0, all on vmbr0. */
export function smallSite({ cluster, host, vm, container, files = {} }: SmallSite = {}): SmallSiteResult {
  const optional: readonly [string, string | undefined][] = [
    ['etc/pve/nodes/pve1/host.fw', host],
    ['etc/pve/firewall/100.fw', vm === undefined ? undefined : `[OPTIONS]\nenable: 1\n${vm}`],
    ['etc/pve/firewall/200.fw', container === undefined ? undefined : `[OPTIONS]\nenable: 1\n${container}`],
  ];
  const all: Readonly<Record<string, string>> = {
    'etc/network/interfaces': INTERFACES,
    'etc/pve/nodes/pve1/qemu-server/100.conf':
      'net0: virtio=BC:24:11:00:01:00,bridge=vmbr0,firewall=1\nnet1: virtio=BC:24:11:00:01:01,bridge=vmbr0,firewall=1\n',
    'etc/pve/nodes/pve1/lxc/200.conf': 'net0: name=eth0,hwaddr=BC:24:11:00:02:00,bridge=vmbr0,firewall=1\n',
    'etc/pve/firewall/cluster.fw': `[OPTIONS]\nenable: 1\n${cluster ?? ''}`,
    ...Object.fromEntries(optional.flatMap(([path, text]) => (text === undefined ? [] : [[path, text]]))),
    ...files,
  };
  const rooted = Object.fromEntries(Object.entries(all).map(([path, text]) => [`/${path}`, text]));
  const { site, diagnostics: read } = readSite(memoryFiles(rooted), { root: '/', hostname: 'pve1', now: 0 });
  const compiled = compile(site);
  const diagnostics = [...read, ...compiled.diagnostics];
  return {
    site,
    compiled,
    diagnostics,
    problems: diagnostics.map(
      ({ span, severity, code }) =>
        `${span.file.slice(span.file.lastIndexOf('/') + 1)}:${span.line} ${severity} ${code}`,
    ),
    rules: (family, chain) =>
      compiled.ruleset.tables
        .find((table) => table.family === family)
        ?.chains.find(({ name }) => name === chain)
        ?.rules.map(printRuleBody),
    verdict: (query) => simulate(compiled.ruleset, site, query).verdict,
  };
}
