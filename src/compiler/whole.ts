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
  checkVnets(site, report);
}

/** A vnet's file filters the bridge it is named after: one that is not there, or not the kernel's, it cannot. */
function checkVnets({ vnets, network, guests, sdnVnets }: Site, report: Report): void {
  const known = new Set([
    ...network.bridges.map(({ name }) => name),
    ...sdnVnets,
    ...guests.flatMap(({ nics }) => nics.flatMap(({ bridge }) => bridge ?? [])),
  ]);
  for (const { name, file, options } of vnets) {
    if (!options.enable.value) continue;
    const span = options.enable.span ?? spanOf({ file, line: 1 });
    if (network.bridges.some((bridge) => bridge.name === name && bridge.openVSwitch)) {
      const help = 'use a Linux bridge, and know that guests on this one are not kept from each other';
      report(diagnose('vnet/ovs-bridge', span, `${name} cannot be filtered: it is an Open vSwitch bridge`, { help }));
    } else if (!known.has(name)) {
      const help = 'the file is named after the vnet or bridge it filters; on other nodes there may be one';
      report(
        diagnose('vnet/no-bridge', span, `this node has no bridge ${name}, so this file filters nothing`, { help }),
      );
    }
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
