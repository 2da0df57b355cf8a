import type { Diagnostic, Located, Report, Span } from '../diagnostics/index.js';
import { diagnose } from '../diagnostics/index.js';
import type { Guest, Nic } from '../site/index.js';
import type { GuestInput } from './guest-input.js';

/** The NICs the firewall looks at: those with `firewall=1`, on a bridge. */
export const guardedNics = ({ nics }: Guest): Nic[] =>
  nics.filter(({ firewall, bridge }) => firewall && bridge !== null);

/** The port of the NIC a rule names with `-i`; undefined, with a report, when the guest filters no such NIC. */
export function portOf(iface: Located<string>, guest: Guest, report: Report): string | undefined {
  const nic = guardedNics(guest).find(({ index }) => `net${index}` === iface.value);
  if (nic === undefined) report(noSuchNic(iface.value, iface.span, guest));
  return nic?.port;
}

/** Source filters are for the guest's filtered NICs; one for another NIC would go unnoticed. */
export function checkSourceFilters({ guest, firewall, report }: GuestInput): void {
  const filters = new Set(guardedNics(guest).map(({ index }) => `net${index}`));
  for (const { name, span } of firewall.ipsets) {
    const [, nic] = /^ipfilter-(net(?:[0-9]|[1-9][0-9]))$/.exec(name) ?? [];
    if (nic !== undefined && !filters.has(nic)) report(noSuchNic(nic, span, guest));
  }
}

function noSuchNic(name: string, span: Span, guest: Guest): Diagnostic {
  const known = guest.nics.find(({ index }) => `net${index}` === name);
  if (known === undefined) {
    const names = guest.nics.map(({ index }) => `net${index}`).join(', ');
    return diagnose('name/no-nic', span, `guest ${guest.id} has no ${name}`, {
      help: `its configuration has ${names || 'no network device'}`,
    });
  }
  return diagnose('name/no-nic', span, `${name} of guest ${guest.id} is not filtered`, {
    help: `${known.bridge === null ? 'give it a bridge' : 'set firewall=1 on it'}, or remove what names it`,
  });
}
