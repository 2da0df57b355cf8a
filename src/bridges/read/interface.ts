import type { Span } from '../../diagnostics/index.js';
import { originOf } from '../../ruleset/index.js';
import { ALL, type Interfaces, isLinkName, namedPorts, type Stanza } from '../../site/index.js';
import type { Lower } from '../bridge.js';
import type { Findings } from '../findings.js';
import type { Start } from '../links.js';

/** The stanzas of one interface. */
export interface Interface {
  readonly name: string;
  /** Where its first stanza names it. */
  readonly span: Span;
  readonly start: Start;
  readonly stanzas: readonly Stanza[];
}

/** One for each name; `eth0:1` only labels an address of `eth0`. */
export function readInterfaces({ stanzas, starts }: Interfaces, findings: Findings): Interface[] {
  const interfaces = new Map<string, Interface>();
  for (const stanza of stanzas) {
    const { span, value } = stanza.name;
    const name = value.replace(/:.*$/, '');
    if (isLinkName(name)) {
      const start = starts.get(ALL) ?? starts.get(name) ?? starts.get(value) ?? 'manual';
      const known = interfaces.get(name) ?? { name, span, start, stanzas: [] };
      interfaces.set(name, { ...known, stanzas: [...known.stanzas, stanza] });
    } else {
      const message = `\`${value}\` cannot be the name of an interface: its stanza does nothing`;
      findings.report('links/bad-name', span, message, 'use up to 15 letters, digits and `_`, `-`, `.`');
    }
  }
  return [...interfaces.values()];
}

/** The links whose stanzas say `bond-master`, by the bond they name. */
export function joiningLinks(interfaces: readonly Interface[]): ReadonlyMap<string, readonly Lower[]> {
  const joining = new Map<string, Lower[]>();
  for (const { name, stanzas } of interfaces) {
    for (const { key, value } of stanzas.flatMap(({ options }) => options)) {
      if (key.value !== 'bond-master' || value.value === 'none') continue;
      joining.set(value.value, [...(joining.get(value.value) ?? []), { name, origin: originOf(value.span) }]);
    }
  }
  return joining;
}

/** For each end of a veth pair that another stanza names, the interface of that stanza. */
export function namedPeers(interfaces: readonly Interface[]): ReadonlyMap<string, string> {
  return new Map(
    interfaces.flatMap(({ name, stanzas }) =>
      stanzas.flatMap(({ options }) =>
        options.flatMap(({ key, value }): [string, string][] =>
          key.value === 'veth-peer-name' ? [[value.value, name]] : [],
        ),
      ),
    ),
  );
}

const PORT_LISTS: ReadonlySet<string> = new Set(['bridge-ports', 'bond-slaves', 'bond-ports', 'ovs-ports']);

/** The interfaces that no list of ports names, and that join nothing themselves. */
export function unclaimedNames(interfaces: readonly Interface[]): string[] {
  const options = interfaces.flatMap(({ stanzas }) => stanzas.flatMap((stanza) => stanza.options));
  const named = new Set(
    options.flatMap(({ key, value }) => (PORT_LISTS.has(key.value) ? namedPorts(value.value) : [])),
  );
  const joins = ({ stanzas }: Interface): boolean =>
    stanzas.some((stanza) => stanza.options.some(({ key }) => key.value === 'bond-master' || key.value === 'vrf'));
  return interfaces.flatMap((one) => (one.name === 'lo' || named.has(one.name) || joins(one) ? [] : [one.name]));
}
