import type { Link } from '../links.js';
import type { Check } from './check.js';

/** Hundredths of a second (BR_MIN_FORWARD_DELAY, BR_MAX_FORWARD_DELAY); the kernel asks for them while STP is on. */
const SHORTEST = 200;
const LONGEST = 3000;

export const checkBridgeDelay: Check = (links, { places, findings }) =>
  links.map((link): Link => {
    if (link.kind !== 'bridge') return link;
    const { forwardDelay, ...options } = link.options;
    if (link.options.stp !== true || forwardDelay === undefined) return link;
    if (forwardDelay >= SHORTEST && forwardDelay <= LONGEST) return link;
    const message = `a bridge with STP waits for ${SHORTEST / 100} to ${LONGEST / 100} seconds: \`bridge-fd ${forwardDelay / 100}\` does nothing`;
    const help = 'write a number in this range, or `bridge-stp off`';
    findings.report('links/bridge-delay', places.option(link, 'bridge-fd'), message, help);
    return { ...link, options };
  });
