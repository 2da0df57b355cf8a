import { Failure } from '../diagnostics/index.js';
import { type Origin, spellOrigin } from '../ruleset/index.js';
import type { SysctlPort } from './port.js';
import type { Replaced, Sysctl, SysctlName } from './sysctl.js';

/** One setting that gets another value. */
export interface SysctlChange {
  readonly action: 'update';
  readonly kind: 'setting';
  readonly name: SysctlName;
  readonly from: number;
  readonly to: number;
  /** The line that asks for it; null when none does any more and the value goes back to what it was. */
  readonly origin: Origin | null;
}

export interface SysctlPlan {
  readonly changes: readonly SysctlChange[];
  /** What is owed to the kernel once the changes are made. */
  readonly replaced: Replaced;
}

/**
 * What brings the kernel's settings to the desired values, and those no line asks for back to what they were before.
 * Changes nothing. A `kernel-lacks-setting` failure names each line whose setting this kernel does not have or does not
 * let change.
 */
export function planSysctls(desired: readonly Sysctl[], replaced: Replaced, port: SysctlPort): SysctlPlan {
  const changes: SysctlChange[] = [];
  const owed = new Map<SysctlName, number>();
  const lacking: string[] = [];
  for (const { name, value, origin } of desired) {
    const current = port.read(name);
    const place = spellOrigin(origin);
    if (current === null) {
      lacking.push(`${place}: this kernel has no ${name}: is the module nf_conntrack there?`);
      continue;
    }
    owed.set(name, replaced.get(name) ?? current.value);
    if (current.value === value) continue;
    if (!current.writable) {
      lacking.push(`${place}: ${name} is ${current.value}, and this network namespace may not change it`);
    }
    changes.push({ action: 'update', kind: 'setting', name, from: current.value, to: value, origin });
  }
  if (lacking.length > 0) {
    throw new Failure('kernel-lacks-setting', lacking.join('\n'), {
      help: 'take the option out, or set it where the kernel has it; nothing was changed',
    });
  }
  for (const [name, to] of replaced) {
    const current = owed.has(name) ? null : port.read(name);
    if (current === null || current.value === to) continue;
    changes.push({ action: 'update', kind: 'setting', name, from: current.value, to, origin: null });
  }
  return { changes, replaced: owed };
}

/** `262144 → 524288`, and why where no line asks for it; null is what nobody asks for. */
export const spellSysctlChange = ({ from, to, origin }: ValueChange): string =>
  `${from ?? 'left alone'} → ${to ?? 'left alone'}${origin === null && to !== null ? '  # as it was before' : ''}`;

interface ValueChange {
  readonly from: number | null;
  readonly to: number | null;
  readonly origin: Origin | null;
}
