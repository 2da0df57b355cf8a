import { spanOf, spellMac } from '../../ruleset/index.js';
import { isLinkName, type Nic, type Site } from '../../site/index.js';
import type { GuestPort, VlanRange } from '../bridge.js';
import type { Findings } from '../findings.js';
import { readVlanRanges } from './option-value.js';

/** The ports the guests of a site bring to bridges while they run; on bridges of `unlearning` nobody learns where guests are. */
export function readGuestPorts(site: Site, unlearning: ReadonlySet<string>, findings: Findings): GuestPort[] {
  const known = configuredNames(site);
  return site.guests.flatMap(({ nics }) =>
    nics.flatMap((nic): GuestPort[] => {
      const { port: name, bridge, tag, linkDown, firewall, mac, origin } = nic;
      if (bridge === null) return [];
      if (known !== null && !known.has(bridge)) reportUnknown(nic, bridge, findings);
      if (!isLinkName(bridge)) {
        findings.leave({ link: name, option: 'bridge', value: bridge, reason: 'wrong value' }, spanOf(origin));
        return [];
      }
      const station = unlearning.has(bridge) && mac !== null ? { station: spellMac(mac) } : {};
      return [{ name, bridge, tag, trunks: readTrunks(nic, findings), linkDown, firewall, ...station, origin }];
    }),
  );
}

/** The names a NIC can be plugged into; null when the site says nothing about the host's links. */
function configuredNames({ interfaces, sdnVnets, vnets }: Site): ReadonlySet<string> | null {
  if (interfaces.files.length === 0) return null;
  const stanzas = interfaces.stanzas.map(({ name }) => name.value);
  return new Set([...stanzas, ...sdnVnets, ...vnets.map(({ name }) => name)]);
}

function reportUnknown({ index, origin }: Nic, bridge: string, findings: Findings): void {
  const message = `no interfaces file has the bridge \`${bridge}\` that net${index} is on, and no vnet is called so`;
  const help = 'the guest cannot start unless something else makes that bridge';
  findings.report('links/unknown-bridge', spanOf(origin), message, help);
}

function readTrunks({ port, trunks, origin }: Nic, findings: Findings): VlanRange[] | null {
  if (trunks === null) return null;
  const ranges = readVlanRanges(trunks);
  if (ranges.ok) return ranges.value;
  findings.leave({ link: port, option: 'trunks', value: trunks, reason: 'wrong value' }, spanOf(origin));
  const message = `\`${trunks}\` is no value of trunks: it does nothing`;
  findings.report('links/bad-value', spanOf(origin), message, `write ${ranges.expected}`);
  return null;
}
