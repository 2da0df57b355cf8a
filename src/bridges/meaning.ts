/** Do two values of links ask for the same, wherever they are written and in whatever order their fields stand? */
export function isSameMeaning(one: unknown, other: unknown): boolean {
  if (!isObject(one) || !isObject(other)) return one === other;
  if (Array.isArray(one) !== Array.isArray(other)) return false;
  const said = saidIn(one);
  return said.length === saidIn(other).length && said.every((key) => isSameMeaning(one[key], other[key]));
}

const isObject = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null;

const saidIn = (value: Readonly<Record<string, unknown>>): string[] =>
  Object.keys(value).filter((key) => key !== 'origin' && value[key] !== undefined);
