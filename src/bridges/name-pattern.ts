/**
 * A regular expression for names of links, as `bridge-ports regex …` has it. Names are matched without going back, at most
 * once for each piece of the pattern and each place of the name, so that no pattern takes long.
 */
export type NamePattern =
  | { readonly kind: 'character'; readonly has: (character: string) => boolean }
  | { readonly kind: 'sequence' | 'choice'; readonly parts: readonly NamePattern[] }
  | { readonly kind: 'repeat'; readonly part: NamePattern; readonly least: number; readonly most: number }
  | { readonly kind: 'begin' | 'end' };

export type ParsedPattern =
  | { readonly ok: true; readonly pattern: NamePattern }
  /** What stands at the place and is not taken. */
  | { readonly ok: false; readonly problem: string };

/** Longer than any list of names needs; a deep one would fill the stack. */
const MOST_CHARACTERS = 200;

/** Reads what Python's `re` and JavaScript have in common and what names need. */
export function parseNamePattern(text: string): ParsedPattern {
  if (text.length > MOST_CHARACTERS) return { ok: false, problem: `it has more than ${MOST_CHARACTERS} characters` };
  const parser = new Parser(text);
  try {
    return { ok: true, pattern: parser.whole() };
  } catch (error) {
    if (error instanceof Unsupported) return { ok: false, problem: error.message };
    throw error;
  }
}

/** Does the end of a name match? ifupdown2 searches for the pattern with the end of the name behind it. */
export function matchesEnd(pattern: NamePattern, name: string): boolean {
  const matcher = new Matcher(name);
  return Array.from({ length: name.length + 1 }, (_, at) => at).some((at) =>
    matcher.ends(pattern, at).has(name.length),
  );
}

class Unsupported extends Error {}

const DIGIT = (character: string): boolean => character >= '0' && character <= '9';
const WORD = (character: string): boolean => /^[A-Za-z0-9_]$/.test(character);
const CLASSES: Readonly<Record<string, (character: string) => boolean>> = {
  d: DIGIT,
  w: WORD,
  D: (character) => !DIGIT(character),
  W: (character) => !WORD(character),
};
const COUNTS: Readonly<Record<string, { readonly least: number; readonly most: number }>> = {
  '*': { least: 0, most: Number.POSITIVE_INFINITY },
  '+': { least: 1, most: Number.POSITIVE_INFINITY },
  '?': { least: 0, most: 1 },
};

class Parser {
  readonly #text: string;
  #at = 0;

  constructor(text: string) {
    this.#text = text;
  }

  whole(): NamePattern {
    const pattern = this.#choice();
    if (this.#at < this.#text.length) throw new Unsupported('a `)` has no `(`');
    return pattern;
  }

  #next(): string {
    return this.#text.charAt(this.#at);
  }

  #take(): string {
    const character = this.#next();
    this.#at += 1;
    return character;
  }

  #choice(): NamePattern {
    const parts = [this.#sequence()];
    while (this.#next() === '|') {
      this.#at += 1;
      parts.push(this.#sequence());
    }
    return { kind: 'choice', parts };
  }

  #sequence(): NamePattern {
    const parts: NamePattern[] = [];
    while (this.#at < this.#text.length && !'|)'.includes(this.#next())) parts.push(this.#repeated(this.#one()));
    return { kind: 'sequence', parts };
  }

  #one(): NamePattern {
    const character = this.#take();
    switch (character) {
      case '(':
        return this.#group();
      case '[':
        return this.#set();
      case '.':
        return { kind: 'character', has: () => true };
      case '^':
        return { kind: 'begin' };
      case '$':
        return { kind: 'end' };
      case '\\':
        return { kind: 'character', has: this.#escaped() };
      case '*':
      case '+':
      case '?':
        throw new Unsupported(`nothing stands before \`${character}\``);
      default:
        return { kind: 'character', has: (other) => other === character };
    }
  }

  #group(): NamePattern {
    if (this.#next() === '?') {
      if (!this.#text.startsWith('?:', this.#at)) {
        throw new Unsupported(
          `a group that begins with \`(${this.#text.slice(this.#at, this.#at + 2)}\` is not supported`,
        );
      }
      this.#at += 2;
    }
    const inner = this.#choice();
    if (this.#take() !== ')') throw new Unsupported('a `(` has no `)`');
    return inner;
  }

  #escaped(): (character: string) => boolean {
    const character = this.#take();
    const known = CLASSES[character];
    if (known !== undefined) return known;
    if (character === '' || /[A-Za-z0-9]/.test(character)) throw new Unsupported(`\`\\${character}\` is not supported`);
    return (other) => other === character;
  }

  /** `[a-z_]`; a `]` that comes first stands for itself. */
  #set(): NamePattern {
    const isNegated = this.#next() === '^';
    if (isNegated) this.#at += 1;
    const tests: ((character: string) => boolean)[] = [];
    for (;;) {
      if (this.#at >= this.#text.length) throw new Unsupported('a `[` has no `]`');
      const first = this.#take();
      if (first === ']' && tests.length > 0) break;
      if (first === '\\') {
        tests.push(this.#escaped());
      } else if (this.#next() === '-' && !['', ']'].includes(this.#text.charAt(this.#at + 1))) {
        this.#at += 1;
        const last = this.#take();
        if (last === '\\' || last < first) throw new Unsupported(`\`${first}-${last}\` is no range`);
        tests.push((character) => first <= character && character <= last);
      } else {
        tests.push((character) => character === first);
      }
    }
    return { kind: 'character', has: (character) => tests.some((test) => test(character)) !== isNegated };
  }

  #repeated(part: NamePattern): NamePattern {
    const count = this.#count();
    if (count === null) return part;
    if (this.#count() !== null) throw new Unsupported('two counts follow each other');
    return { kind: 'repeat', part, ...count };
  }

  #count(): { readonly least: number; readonly most: number } | null {
    const sign = COUNTS[this.#next()];
    if (sign !== undefined) {
      this.#at += 1;
      return sign;
    }
    const found = /^\{([0-9]{1,3})(,([0-9]{0,3}))?\}/.exec(this.#text.slice(this.#at));
    if (found === null) return null;
    const [whole, least = '', list, most = ''] = found;
    this.#at += whole.length;
    const last = list === undefined ? least : most;
    const bounds = { least: Number(least), most: last === '' ? Number.POSITIVE_INFINITY : Number(last) };
    if (bounds.most < bounds.least) throw new Unsupported(`\`${whole}\` ends before it begins`);
    return bounds;
  }
}

/** Where in one name pieces of a pattern can end. */
class Matcher {
  readonly #name: string;
  readonly #known = new Map<NamePattern, Map<number, ReadonlySet<number>>>();

  constructor(name: string) {
    this.#name = name;
  }

  /** The places behind all that a piece matches from a place on. */
  ends(pattern: NamePattern, at: number): ReadonlySet<number> {
    const known = this.#known.get(pattern) ?? new Map<number, ReadonlySet<number>>();
    this.#known.set(pattern, known);
    const ends = known.get(at) ?? this.#find(pattern, at);
    known.set(at, ends);
    return ends;
  }

  #find(pattern: NamePattern, at: number): ReadonlySet<number> {
    switch (pattern.kind) {
      case 'character':
        return new Set(at < this.#name.length && pattern.has(this.#name.charAt(at)) ? [at + 1] : []);
      case 'begin':
        return new Set(at === 0 ? [at] : []);
      case 'end':
        return new Set(at === this.#name.length ? [at] : []);
      case 'choice':
        return new Set(pattern.parts.flatMap((part) => [...this.ends(part, at)]));
      case 'sequence':
        return pattern.parts.reduce<ReadonlySet<number>>((from, part) => this.#step(part, from), new Set([at]));
      case 'repeat':
        return this.#repeat(pattern, at);
    }
  }

  #step(part: NamePattern, from: ReadonlySet<number>): ReadonlySet<number> {
    return new Set([...from].flatMap((at) => [...this.ends(part, at)]));
  }

  /** More rounds than a name has places find nothing new. */
  #repeat({ part, least, most }: Extract<NamePattern, { kind: 'repeat' }>, at: number): ReadonlySet<number> {
    let now: ReadonlySet<number> = new Set([at]);
    for (let round = 0; round < least && now.size > 0; round += 1) now = this.#step(part, now);
    const found = new Set(now);
    for (let round = least; round < Math.min(most, least + this.#name.length) && now.size > 0; round += 1) {
      now = this.#step(part, now);
      for (const end of now) found.add(end);
    }
    return found;
  }
}
