import type { Link } from '../links.js';

/**
 * A VXLAN device that is a port learns as its port does where it has no line of its own, as with ifupdown2: where the files
 * say that another program tells where stations are, as EVPN does, neither of the two finds them out.
 */
export function withTunnelLearning(links: readonly Link[]): readonly Link[] {
  const learning = new Map(
    links.flatMap((link) =>
      link.kind === 'bridge' ? link.ports.map(({ name, options }) => [name, options.learning]) : [],
    ),
  );
  return links.map((link): Link => {
    const own = learning.get(link.name);
    if (link.kind !== 'vxlan' || link.options.learning !== undefined || own === undefined) return link;
    return { ...link, options: { ...link.options, learning: own } };
  });
}
