import type { AddressFamily, Stanza } from '../../site/index.js';
import type { Findings } from '../findings.js';
import type { LinkSysctls } from '../links.js';

/** What the methods of an interface's stanzas ask for, each for its own family (spec interfaces.md 1.5). */
export interface Methods {
  readonly loopback: boolean;
  /** The families whose addresses the host's DHCP client asks for. */
  readonly dhcp: readonly AddressFamily[];
  readonly sysctls: LinkSysctls;
  /** The word that makes it a device of a kind that is not managed, such as `ppp`. */
  readonly other: string | null;
}

/** Families and methods of Debian's ifupdown that make devices of their own. */
const OTHER: ReadonlySet<string> = new Set(
  'can ipx tunnel wireguard meta ppp wvdial bootp ipv4ll v4tunnel 6to4'.split(' '),
);

const FAMILIES: Readonly<Record<string, AddressFamily>> = { inet: 4, inet6: 6 };

type Method = 'addresses' | 'loopback' | 'dhcp' | 'auto';

export function readMethods(stanzas: readonly Stanza[], findings: Findings): Methods {
  const methods = stanzas.map((stanza) => readMethod(stanza, findings));
  reportMixed(stanzas, methods, findings);
  const dhcp = stanzas.flatMap(({ family }, at) => {
    const number = FAMILIES[family?.value ?? ''];
    return methods[at] === 'dhcp' && number !== undefined ? [number] : [];
  });
  const words = stanzas.flatMap(({ family, method }) => [family?.value ?? '', method?.value ?? '']);
  return {
    loopback: methods.includes('loopback'),
    dhcp: [...new Set(dhcp)],
    // As Proxmox VE's ifupdown2 does it, so that announcements count although the interface forwards.
    sysctls: methods.includes('auto') ? { 'ipv6/accept_ra': 2, 'ipv6/autoconf': 1 } : {},
    other: words.find((word) => OTHER.has(word)) ?? null,
  };
}

function readMethod({ family, method }: Stanza, findings: Findings): Method {
  const known = family === null ? undefined : FAMILIES[family.value];
  if (family !== null && known === undefined) {
    if (!OTHER.has(family.value)) {
      const message = `\`${family.value}\` is no address family: the stanza counts as one without family and method`;
      findings.report('links/bad-method', family.span, message, 'write inet or inet6');
    }
    return 'addresses';
  }
  if (method === null) return 'addresses';
  switch (method.value) {
    case 'static':
    case 'manual':
      return 'addresses';
    case 'loopback':
    case 'dhcp':
      return method.value;
    case 'auto':
      if (known === 6) return 'auto';
  }
  if (!OTHER.has(method.value)) {
    const message = `\`${method.value}\` is no method of ${family?.value}: the stanza has its addresses and no more`;
    const choice = known === 6 ? 'static, manual, dhcp or auto' : 'static, manual or dhcp';
    findings.report('links/bad-method', method.span, message, `write ${choice}`);
  }
  return 'addresses';
}

/** ifupdown2 has one method for an interface, that of its first stanza (spec interfaces.md 1.6). */
function reportMixed(stanzas: readonly Stanza[], methods: readonly Method[], findings: Findings): void {
  const [first] = methods;
  for (const [at, { method, name }] of stanzas.entries()) {
    const own = methods[at];
    if (own === undefined || own === first || method === null || first === undefined) continue;
    const lost = whatIsLost(first, own);
    if (lost === null) continue;
    const message = `ifupdown2 takes one method for all of ${name.value}, that of its first stanza: ${lost}`;
    const help = own === 'auto' && first === 'addresses' ? 'put this stanza first' : 'give both stanzas one method';
    findings.report('interfaces/dialect', method.span, message, help);
  }
}

function whatIsLost(first: Method, own: Method): string | null {
  if (own === 'loopback' || first === 'loopback') return null;
  if (first === 'dhcp') return 'it asks by DHCP for both families and leaves out what stands here';
  if (own === 'dhcp') return 'it asks nobody by DHCP';
  return own === 'auto' ? 'it takes no address from router announcements' : null;
}
