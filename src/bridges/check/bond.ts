import { type Bond, type BondOptions, bondModes } from '../bond.js';
import { modesOf } from '../bond-mode.js';
import type { Link } from '../links.js';
import type { Check, Surroundings } from './check.js';

/** The options as files spell them, for where a finding is placed. */
const SPELLINGS = {
  miimon: ['bond-miimon'],
  upDelay: ['bond-updelay'],
  downDelay: ['bond-downdelay'],
  arpInterval: ['bond-arp-interval'],
  arpValidate: ['bond-arp-validate'],
  missedMax: ['bond-missed-max'],
  primary: ['bond-primary'],
  lacpRate: ['bond-lacp-rate'],
  lacpActive: ['bond-lacp-active'],
  adActorPriority: ['bond-ad-actor-sys-prio', 'bond-ad-sys-priority'],
  adActorSystem: ['bond-ad-actor-system', 'bond-ad-sys-mac-addr'],
  adUserPortKey: ['bond-ad-user-port-key'],
  packetsPerSlave: ['bond-packets-per-slave'],
  tlbDynamic: ['bond-tlb-dynamic-lb'],
} as const satisfies Partial<Record<keyof BondOptions, readonly [string, ...string[]]>>;

type Checked = keyof typeof SPELLINGS;

export const checkBonds: Check = (links, around) =>
  links.map((link): Link => {
    if (link.kind !== 'bond') return link;
    const refused = problemsOf(link);
    for (const { key, message, help } of refused) report(link, key, message, help, around);
    if (refused.length === 0) return link;
    return { ...link, options: withoutKeys(link.options, new Set(refused.map(({ key }) => key))) };
  });

interface Problem {
  readonly key: Checked;
  readonly message: string;
  readonly help: string;
}

/** Each option is refused once, for the first reason. */
function problemsOf(bond: Bond): Problem[] {
  const problems = [...wrongMode(bond), ...wrongTogether(bond)];
  return problems.filter(({ key }, at) => problems.findIndex((other) => other.key === key) === at);
}

/** The mode of a bond whose stanza says none. */
const DEFAULT_MODE = bondModes[0];

function wrongMode({ options }: Bond): Problem[] {
  const mode = options.mode ?? DEFAULT_MODE;
  return checkedKeys.flatMap((key) => {
    const modes = modesOf[key];
    if (options[key] === undefined || modes === undefined || modes.includes(mode)) return [];
    const message = `a bond of mode ${mode} has no such option: \`${SPELLINGS[key][0]}\` does nothing`;
    return [{ key, message, help: `remove it, or choose ${modes.join(', ')}` }];
  });
}

const checkedKeys = Object.keys(SPELLINGS).filter((key): key is Checked => key in SPELLINGS);

function wrongTogether({ options, slaves }: Bond): Problem[] {
  const { miimon = 0, arpInterval = 0, arpTargets = [], upDelay = 0, downDelay = 0, primary } = options;
  const problems: Problem[] = [];
  if (miimon > 0 && arpInterval > 0) {
    const message =
      'a bond watches its slaves by carrier or by ARP: beside `bond-miimon`, `bond-arp-interval` does nothing';
    problems.push({ key: 'arpInterval', message, help: 'remove one of them' });
  }
  if (arpInterval > 0 && arpTargets.length === 0) {
    const message = 'there is nobody to ask: without `bond-arp-ip-target`, `bond-arp-interval` does nothing';
    problems.push({ key: 'arpInterval', message, help: 'add `bond-arp-ip-target` with the address of a neighbour' });
  }
  if (miimon === 0) {
    const delays = [...(upDelay > 0 ? (['upDelay'] as const) : []), ...(downDelay > 0 ? (['downDelay'] as const) : [])];
    for (const key of delays) {
      const message = `without \`bond-miimon\`, \`${SPELLINGS[key][0]}\` does nothing`;
      problems.push({ key, message, help: 'add `bond-miimon 100`' });
    }
  }
  if (primary !== undefined && slaves.length > 0 && !slaves.some(({ name }) => name === primary)) {
    const message = `${primary} is no slave of the bond: \`bond-primary\` does nothing`;
    problems.push({ key: 'primary', message, help: `name one of ${slaves.map(({ name }) => name).join(', ')}` });
  }
  return problems;
}

function report(link: Link, key: Checked, message: string, help: string, { places, findings }: Surroundings): void {
  findings.report('links/bond-option', places.option(link, ...SPELLINGS[key]), message, help);
}

function withoutKeys(options: BondOptions, keys: ReadonlySet<Checked>): BondOptions {
  const left: { -readonly [Key in keyof BondOptions]: BondOptions[Key] } = { ...options };
  for (const key of keys) delete left[key];
  return left;
}
