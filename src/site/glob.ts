/** One step of a pattern: any text, any character, one of some characters, or this one. */
type Step =
  | { readonly kind: 'any text' | 'any' }
  | { readonly kind: 'one of'; readonly negated: boolean; readonly ranges: readonly (readonly [string, string])[] }
  | { readonly kind: 'character'; readonly character: string };

export const isGlob = (text: string): boolean => /[*?[]/.test(text);

/** Does a file name match a shell pattern of `*`, `?`, `[a-z]` and `[!a-z]`? A leading dot is matched by a dot only. */
export function matchesGlob(name: string, pattern: string): boolean {
  if (name.startsWith('.') && !pattern.startsWith('.')) return false;
  const steps = stepsOf(pattern);
  const characters = [...name];
  // The last `*` and what it has taken: the only place ever gone back to, so the time is no more than both lengths multiplied.
  let star = -1;
  let taken = 0;
  let at = 0;
  let step = 0;
  while (at < characters.length) {
    const wanted = steps[step];
    if (wanted?.kind === 'any text') {
      star = step;
      taken = at;
      step += 1;
    } else if (wanted !== undefined && allows(wanted, characters[at] ?? '')) {
      at += 1;
      step += 1;
    } else if (star >= 0) {
      taken += 1;
      at = taken;
      step = star + 1;
    } else {
      return false;
    }
  }
  return steps.slice(step).every(({ kind }) => kind === 'any text');
}

function allows(step: Step, character: string): boolean {
  switch (step.kind) {
    case 'any text':
    case 'any':
      return true;
    case 'character':
      return step.character === character;
    case 'one of':
      return step.ranges.some(([first, last]) => first <= character && character <= last) !== step.negated;
  }
}

function stepsOf(pattern: string): Step[] {
  const steps: Step[] = [];
  for (const [token] of pattern.matchAll(/\[!?\]?[^\]]*\]|[\s\S]/gu)) {
    if (token === '*') steps.push({ kind: 'any text' });
    else if (token === '?') steps.push({ kind: 'any' });
    else if (token.length > 1) steps.push(setOf(token));
    else steps.push({ kind: 'character', character: token });
  }
  return steps;
}

function setOf(token: string): Step {
  const negated = token.startsWith('[!');
  const inside = token.slice(negated ? 2 : 1, -1);
  const ranges = [...inside.matchAll(/([\s\S])(?:-([\s\S]))?/gu)].map(
    ([, first = '', last = first]) => [first, last] as const,
  );
  return { kind: 'one of', negated, ranges };
}
