import { diagnose, type Report } from '../diagnostics/index.js';
import { spanOf } from '../ruleset/index.js';
import type { Site } from '../site/index.js';

/** What is true of the site as a whole rather than of a line. */
export function checkWhole(site: Site, report: Report): void {
  if (!site.enabled) {
    const { span } = site.cluster.options.enable;
    const nowhere = spanOf({ file: 'etc/pve/firewall/cluster.fw', line: 1 });
    report(
      diagnose('firewall/off', span ?? nowhere, 'the firewall of the whole cluster is off, so nothing is filtered', {
        help: 'set enable: 1 under [OPTIONS] of cluster.fw',
      }),
    );
  }
  checkSwitches(site, report);
  for (const vnet of site.vnets) {
    if (!vnet.options.enable.value) continue;
    const { span } = vnet.options.enable;
    if (span !== null)
      report(
        diagnose('not-yet', span, `not-yet: the rules of vnet ${vnet.name} are checked but not compiled`, {
          help: 'do not rely on this file',
        }),
      );
  }
}

/** The frames of Open vSwitch never pass the bridge hooks: rules for its ports would be there and do nothing. */
function checkSwitches(site: Site, report: Report): void {
  const switches = new Set(site.network.bridges.filter(({ openVSwitch }) => openVSwitch).map(({ name }) => name));
  for (const { nics, firewall } of site.guests) {
    if (!firewall?.options.enable.value) continue;
    for (const { bridge, port, firewall: filtered, origin } of nics) {
      if (!filtered || bridge === null || !switches.has(bridge)) continue;
      const span = spanOf(origin);
      const help = 'use a Linux bridge, or take firewall=1 off the NIC and know that it is open';
      report(
        diagnose('guest/ovs-bridge', span, `${port} cannot be filtered: ${bridge} is an Open vSwitch bridge`, { help }),
      );
    }
  }
}
