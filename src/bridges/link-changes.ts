import type { CurrentLinks } from './current.js';
import type { Link, Links } from './links.js';
import { linkOf } from './operation.js';
import type { LinkStep } from './plan/step.js';
import { managed } from './sides.js';

/**
 * What becomes of a link as a whole: `created` is also what is made anew, a step is on what is `touched`. `before` is what it
 * was applied as last.
 */
export type LinkFate =
  | { readonly kind: 'created' | 'touched' | 'untouched'; readonly link: Link; readonly before: Link | null }
  | { readonly kind: 'removed'; readonly link: null; readonly before: Link };

/** What becomes of the links that come up, or came up before: lowers first, those that go at the end. */
export function linkFates(
  before: Links,
  desired: Links,
  current: CurrentLinks,
  steps: readonly LinkStep[],
): readonly LinkFate[] {
  const there = new Set(current.links.map(({ name }) => name));
  const touched = new Set(steps.map(({ operation }) => linkOf(operation)));
  const made = new Set(steps.flatMap(({ operation }) => (operation.kind === 'create link' ? [operation.link] : [])));
  const earlier = new Map(managed(before).map((link) => [link.name, link]));
  // Hardware that is not there has no fate.
  const wanted = managed(desired).filter(({ kind, name }) => kind !== 'physical' || there.has(name));
  const fates = wanted.map((link): LinkFate => {
    const kind = made.has(link.name) ? 'created' : touched.has(link.name) ? 'touched' : 'untouched';
    return { kind, link, before: earlier.get(link.name) ?? null };
  });
  const stays = new Set(wanted.map(({ name }) => name));
  const removed = [...earlier.values()].filter(({ name }) => !stays.has(name));
  return [...fates, ...removed.map((link): LinkFate => ({ kind: 'removed', link: null, before: link }))];
}
