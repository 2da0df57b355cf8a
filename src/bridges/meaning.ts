/** What a value of links asks for, wherever it is written and in whatever order: the same for two that ask for the same. */
export const meaningOf = (value: unknown): string =>
  JSON.stringify(value, (key, part: unknown) => {
    if (key === 'origin') return undefined;
    if (typeof part !== 'object' || part === null || Array.isArray(part)) return part;
    return Object.fromEntries(Object.entries(part).sort(([a], [b]) => (a < b ? -1 : 1)));
  });
