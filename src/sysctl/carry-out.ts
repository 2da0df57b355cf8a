import { Failure } from '../diagnostics/index.js';
import { spellOrigin } from '../ruleset/index.js';
import type { SysctlChange } from './plan.js';
import type { SysctlPort } from './port.js';
import type { SysctlName } from './sysctl.js';

/** Puts the values back that were there before; gives the names of those the kernel did not take. */
export type TakeBack = () => readonly SysctlName[];

/** When a value is not taken, or reads back as another, all are put back except those that `left` names. */
export type CarriedOut =
  | { readonly done: true; readonly takeBack: TakeBack }
  | { readonly done: false; readonly failure: Failure; readonly left: readonly SysctlName[] };

/** Makes all changes, or none. The failure, `setting-refused`, says whose line it was. */
export function carryOutSysctls(changes: readonly SysctlChange[], port: SysctlPort): CarriedOut {
  const tried: SysctlChange[] = [];
  const takeBack = (): SysctlName[] =>
    [...tried].reverse().flatMap(({ name, from }) => {
      // A refused value left the old one there.
      const back = port.read(name)?.value === from || attempt(port, name, from) === null;
      return back ? [] : [name];
    });
  for (const change of changes) {
    tried.push(change);
    const problem = attempt(port, change.name, change.to);
    if (problem === null) continue;
    const place = change.origin === null ? '' : `${spellOrigin(change.origin)}: `;
    const failure = new Failure('setting-refused', place + problem, { help: 'the rules were not changed' });
    return { done: false, failure, left: takeBack() };
  }
  return { done: true, takeBack };
}

/** Why the setting does not have the value now; null when it has. */
function attempt(port: SysctlPort, name: SysctlName, value: number): string | null {
  try {
    port.write(name, value);
  } catch (error) {
    if (!(error instanceof Failure)) throw error;
    return error.message;
  }
  const read = port.read(name)?.value;
  return read === value ? null : `${name} was set to ${value} and reads back as ${read ?? 'nothing'}`;
}
