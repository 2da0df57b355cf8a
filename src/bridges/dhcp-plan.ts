import type { Origin } from '../ruleset/index.js';
import type { AddressFamily } from '../site/index.js';
import type { LinkFate } from './link-changes.js';
import type { Link } from './links.js';

/** The host's DHCP client begins or ends to ask for the addresses of one family. */
export interface DhcpRun {
  readonly action: 'start' | 'release';
  readonly link: string;
  readonly family: AddressFamily;
  /** The link's line; null when no line asks any more. */
  readonly origin: Origin | null;
}

export interface DhcpPlan {
  /** Before the first step of the links, while the server can still be told. */
  readonly release: readonly DhcpRun[];
  /** When all steps are done. */
  readonly start: readonly DhcpRun[];
}

/** What changes of who asks by DHCP: a link that is made anew asks anew, a link that goes asks no more. */
export function planDhcp(fates: readonly LinkFate[]): DhcpPlan {
  const release = fates.flatMap(({ kind, link, before }) =>
    familiesOf(before).flatMap((family): DhcpRun[] =>
      before !== null && (kind === 'created' || !familiesOf(link).includes(family))
        ? [{ action: 'release', link: before.name, family, origin: null }]
        : [],
    ),
  );
  const start = fates.flatMap(({ kind, link, before }) =>
    familiesOf(link).flatMap((family): DhcpRun[] =>
      link !== null && (kind === 'created' || !familiesOf(before).includes(family))
        ? [{ action: 'start', link: link.name, family, origin: link.origin }]
        : [],
    ),
  );
  return { release: release.reverse(), start };
}

/** A client would bring up a link that is to stay down. */
const familiesOf = (link: Link | null): readonly AddressFamily[] => (link?.down === true ? [] : (link?.dhcp ?? []));
