import type { Diagnostic, Report } from '../diagnostics/index.js';
import { diagnose } from '../diagnostics/index.js';
import type { Ruleset, Table } from '../ruleset/index.js';
import { spanOf } from '../ruleset/index.js';
import type { Site } from '../site/index.js';
import type { Sysctl } from '../sysctl/index.js';
import { compileBridges } from './bridge.js';
import { refuses } from './early.js';
import type { GuestUnit } from './guest.js';
import { compileHost } from './host.js';
import { reservedChain } from './layer2.js';
import { clusterNames } from './names.js';
import { sysctlsOf } from './sysctls.js';
import { checkWhole } from './whole.js';

export interface Compiled {
  /** Everything: what the kernel is to hold. No table at all when the firewall is off. */
  readonly ruleset: Ruleset;
  /** The part that belongs to no single guest. */
  readonly shared: Ruleset;
  /** Each filtered guest on its own, by id. */
  readonly units: ReadonlyMap<number, GuestUnit>;
  /** Kernel settings, which are no rules. */
  readonly sysctls: readonly Sysctl[];
  readonly diagnostics: readonly Diagnostic[];
}

/** Compiles a site. Pure: the same site gives the same ruleset, and no diagnostic is ever thrown. */
export function compile(site: Site): Compiled {
  const found = new Map<string, Diagnostic>();
  // A group is compiled for both tables; what is wrong in it is said once.
  const report = (diagnostic: Diagnostic): void => {
    const { span, code, message } = diagnostic;
    found.set(`${span.file}:${span.line}:${span.column} ${code} ${message}`, diagnostic);
  };
  const cluster = clusterNames(site, report);
  cluster.names.checkSets();
  // What is switched off is compiled all the same, for what is wrong in it.
  const own = compileHost(site, cluster.names, report);
  const { units, table } = compileBridges(site, cluster, report);
  const host: Table = units.size === 0 ? own : { ...own, chains: [reservedChain, ...own.chains] };
  const tables = (members: readonly GuestUnit[]): Table[] =>
    site.enabled ? [host, table(members)].filter(({ chains }) => chains.length > 0) : [];
  const whole = tables([...units.values()]);
  checkWhole(site, report);
  if (site.enabled) mentionUnanswered(whole, report);
  return {
    ruleset: { tables: whole },
    shared: { tables: tables([]) },
    units: site.enabled ? units : new Map(),
    sysctls: sysctlsOf(site),
    diagnostics: [...found.values()],
  };
}

/** Says once that some refusals are silent, and where the first one is asked for. */
function mentionUnanswered(tables: readonly Table[], report: Report): void {
  const rules = tables.flatMap(({ chains }) => chains.flatMap((chain) => chain.rules));
  const [first] = rules.filter(refuses).flatMap(({ origin }) => origin ?? []);
  if (first === undefined) return;
  report(
    diagnose(
      'rule/reject-unanswered',
      spanOf(first),
      'REJECT drops without an answer what this node sends or routes to a guest, and what a bridge forwards',
      { help: 'nothing needs to be done: what others on its bridge send to a guest is answered' },
    ),
  );
}
