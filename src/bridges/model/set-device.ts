import { delaysAfter, hasDelays } from '../bond-delays.js';
import type { CurrentLink } from '../current.js';
import type { DeviceOptions } from '../operation.js';
import type { LinkState } from './state.js';

/** Changes options of a device; answers the errno of a refusal, or null. */
export function setDevice(state: LinkState, link: CurrentLink, wanted: DeviceOptions): string | null {
  const { device } = link;
  const become = (changed: CurrentLink['device']): null => {
    state.put({ ...link, device: changed });
    return null;
  };
  if (device.kind === 'bridge' && wanted.kind === 'bridge') {
    const options = { ...device.options, ...wanted.options };
    const { stp = false, forwardDelay = 0 } = options;
    // With STP on, net/bridge/br_stp.c br_set_forward_delay takes 2 to 30 seconds.
    if (device.options.stp === true && stp && (forwardDelay < 200 || forwardDelay > 3000)) return 'ERANGE';
    return become({ ...device, options });
  }
  if (device.kind === 'bond' && wanted.kind === 'bond') {
    if (wanted.options.mode !== undefined && wanted.options.mode !== device.options.mode) {
      if (state.portsOf(link.name).length > 0) return 'ENOTEMPTY';
      if (link.up) return 'EBUSY';
    }
    const { miimon = device.options.miimon ?? 0 } = wanted.options;
    if (miimon === 0 && hasDelays(wanted.options)) return 'EPERM';
    return become({
      ...device,
      options: { ...device.options, ...delaysAfter(miimon, device.options), ...wanted.options },
    });
  }
  if (device.kind === 'vlan' && wanted.kind === 'vlan') {
    return become({ ...device, bridgeBinding: wanted.bridgeBinding });
  }
  if (device.kind === 'vxlan' && wanted.kind === 'vxlan') {
    const { options, ...ends } = wanted;
    return become({ ...device, ...ends, options: { ...device.options, ...options } });
  }
  return 'EOPNOTSUPP';
}
