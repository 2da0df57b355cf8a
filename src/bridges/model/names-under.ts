/** Names, grouped by that of another link. */
export class NamesUnder {
  readonly #names = new Map<string, Set<string>>();

  of(upper: string): readonly string[] {
    return [...(this.#names.get(upper) ?? [])];
  }

  add(upper: string | null, name: string): void {
    if (upper === null) return;
    const names = this.#names.get(upper) ?? new Set();
    this.#names.set(upper, names.add(name));
  }

  remove(upper: string | null, name: string): void {
    if (upper !== null) this.#names.get(upper)?.delete(name);
  }
}
