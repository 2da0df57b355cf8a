import { type Origin, spellOrigin } from '../ruleset/index.js';
import type { DhcpRun } from './dhcp-plan.js';
import { type LinkOperation, linkOf } from './operation.js';
import type { Disruption, LinkStep } from './plan/step.js';
import { spellOperation } from './spell-operation.js';

/** One step as people see it. */
export interface LinkChange {
  readonly action: 'create' | 'update' | 'delete';
  readonly kind: LinkPart;
  /** The link it is about; for a route without one its destination. */
  readonly name: string;
  /** The command that does the same. */
  readonly text: string;
  readonly origin: Origin | null;
  readonly disruption: Disruption;
}

export type LinkPart = 'link' | 'port' | 'vlan' | 'forwarding' | 'address' | 'route' | 'sysctl' | 'dhcp';

export function linkChange({ operation, origin, disruption }: LinkStep): LinkChange {
  const [action, kind] = partOf(operation);
  const name = linkOf(operation) ?? 'default';
  return { action, kind, name, text: spellOperation(operation), origin, disruption };
}

/** `text` is the command of the DHCP client. */
export const dhcpChange = ({ action, link, origin }: DhcpRun, text: string): LinkChange => ({
  action: action === 'start' ? 'create' : 'delete',
  kind: 'dhcp',
  name: link,
  text,
  origin,
  disruption: 'none',
});

const sign = { create: '+', update: '~', delete: '-' } as const;

/** `+ address interfaces:5  vmbr0  ip address add 192.0.2.10/24 dev vmbr0` */
export function spellLinkChange({ action, kind, name, text, origin, disruption }: LinkChange): string {
  const place = origin === null ? '' : ` ${spellOrigin(origin)}`;
  const effect = disruption === 'none' ? '' : `  [${disruption}]`;
  return `${sign[action]} ${kind}${place}  ${name}  ${text}${effect}`;
}

function partOf(operation: LinkOperation): readonly [LinkChange['action'], LinkPart] {
  switch (operation.kind) {
    case 'create link':
      return ['create', 'link'];
    case 'delete link':
      return ['delete', 'link'];
    case 'set up':
    case 'set mac':
    case 'set mtu':
    case 'set alias':
    case 'set device':
      return ['update', 'link'];
    case 'set master':
      return [operation.master === null ? 'delete' : 'create', 'port'];
    case 'set port':
      return ['update', 'port'];
    case 'add vlans':
      return ['create', 'vlan'];
    case 'delete vlans':
      return ['delete', 'vlan'];
    case 'add forwarding':
      return ['create', 'forwarding'];
    case 'delete forwarding':
      return ['delete', 'forwarding'];
    case 'add address':
      return ['create', 'address'];
    case 'delete address':
      return ['delete', 'address'];
    case 'add route':
      return ['create', 'route'];
    case 'replace route':
      return ['update', 'route'];
    case 'delete route':
      return ['delete', 'route'];
    case 'set sysctl':
      return ['update', 'sysctl'];
  }
}
