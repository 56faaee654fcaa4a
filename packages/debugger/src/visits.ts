/** Places visited, as a browser keeps pages: going back and then elsewhere forgets what was ahead. */
export class Visits {
  #places: number[];
  #at = 0;

  constructor(start: number) {
    this.#places = [start];
  }

  visit(position: number): void {
    if (this.#places[this.#at] === position) return;
    this.#places = [...this.#places.slice(Math.max(0, this.#at - MOST_KEPT), this.#at + 1), position];
    this.#at = this.#places.length - 1;
  }

  /** The place `count` visits back (or ahead when negative); the furthest there is when there are fewer. */
  back(count: number): { readonly position: number; readonly edge: boolean } {
    const wanted = this.#at - count;
    this.#at = Math.min(this.#places.length - 1, Math.max(0, wanted));
    return { position: this.#places[this.#at]!, edge: wanted !== this.#at };
  }
}

const MOST_KEPT = 10_000;
