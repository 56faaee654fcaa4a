const MOST = 1000;
/** Long enough to be an address and not a count or a size. */
const ADDRESS = /0x[0-9a-f]{5,16}\b/g;

/** The addresses that stood on the screen lately, for completion. */
export class SeenAddresses {
  readonly #seen = new Set<string>();

  look(lines: readonly string[]): void {
    // What was left out of the newest lines was seen last.
    for (const line of lines.slice(-MOST)) {
      for (const [address] of line.matchAll(ADDRESS)) this.#note(address);
    }
  }

  list(): readonly string[] {
    return [...this.#seen];
  }

  #note(address: string): void {
    this.#seen.delete(address);
    this.#seen.add(address);
    if (this.#seen.size > MOST) this.#seen.delete(this.#seen.values().next().value!);
  }
}
