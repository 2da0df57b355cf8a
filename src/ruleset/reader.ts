/** A value that is not what a stored file should hold there; `place` is its path, such as `tables[0].chains[3].name`. */
export class UnreadableValue extends Error {
  readonly place: string;

  constructor(place: string, expected: string) {
    super(`${place === '' ? 'the whole file' : place} is not ${expected}`);
    this.name = 'UnreadableValue';
    this.place = place;
  }
}

/** Reads a parsed JSON value piece by piece into typed values; what is not as expected throws `UnreadableValue`. */
export class Reader {
  readonly #value: unknown;
  readonly #parent: Reader | null;
  readonly #key: string | number;

  constructor(value: unknown, parent: Reader | null = null, key: string | number = '') {
    this.#value = value;
    this.#parent = parent;
    this.#key = key;
  }

  field(name: string): Reader {
    const object = this.#object();
    return new Reader(Object.hasOwn(object, name) ? Reflect.get(object, name) : undefined, this, name);
  }

  /** The field read by `read`, or undefined when the object has no such field. */
  optional<T>(name: string, read: (field: Reader) => T): T | undefined {
    const object = this.#object();
    return Object.hasOwn(object, name) ? read(new Reader(Reflect.get(object, name), this, name)) : undefined;
  }

  nullable<T>(read: (reader: Reader) => T): T | null {
    return this.#value === null ? null : read(this);
  }

  list<T>(read: (item: Reader) => T): T[] {
    if (!Array.isArray(this.#value)) return this.fail('a list');
    return this.#value.map((item: unknown, index) => read(new Reader(item, this, index)));
  }

  /** An object used as a dictionary. */
  entries<T>(read: (item: Reader) => T): [string, T][] {
    return Object.entries(this.#object()).map(([name, item]) => [name, read(new Reader(item, this, name))]);
  }

  string(): string {
    return typeof this.#value === 'string' ? this.#value : this.fail('a text');
  }

  boolean(): boolean {
    return typeof this.#value === 'boolean' ? this.#value : this.fail('true or false');
  }

  integer(): number {
    const value = this.#value;
    return typeof value === 'number' && Number.isSafeInteger(value) ? value : this.fail('a whole number');
  }

  /** An unsigned integer of any size, written as a decimal text. */
  bigint(): bigint {
    const value = this.#value;
    return typeof value === 'string' && /^\d{1,39}$/.test(value)
      ? BigInt(value)
      : this.fail('a decimal number as text');
  }

  oneOf<const T extends string>(choices: readonly T[]): T {
    const found = choices.find((choice) => choice === this.#value);
    return found ?? this.fail(`one of ${choices.join(', ')}`);
  }

  fail(expected: string): never {
    throw new UnreadableValue(this.#place().replace(/^\./, ''), expected);
  }

  #object(): object {
    const value = this.#value;
    return typeof value === 'object' && value !== null && !Array.isArray(value) ? value : this.fail('an object');
  }

  #place(): string {
    if (this.#parent === null) return '';
    const step = typeof this.#key === 'number' ? `[${this.#key}]` : `.${this.#key}`;
    return this.#parent.#place() + step;
  }
}
