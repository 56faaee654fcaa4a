import type { Bookmark } from './answers.ts';

/** Where bookmarks are kept: beside the trace, in a database, or (here) as long as the session lasts. */
export interface BookmarkStore {
  list(): readonly Bookmark[];
  /** Keep a bookmark; one of the same name is replaced. */
  put(bookmark: Bookmark): void;
  /** False when there is none of that name. */
  remove(name: string): boolean;
}

export class MemoryBookmarks implements BookmarkStore {
  readonly #kept = new Map<string, Bookmark>();

  list(): readonly Bookmark[] {
    return [...this.#kept.values()];
  }
  put(bookmark: Bookmark): void {
    this.#kept.set(bookmark.name, Object.freeze({ ...bookmark }));
  }
  remove(name: string): boolean {
    return this.#kept.delete(name);
  }
}

/** First of m1, m2, … that no bookmark is named by. A bare number would read as a position. */
export function freeName(bookmarks: readonly Bookmark[]): string {
  const taken = new Set(bookmarks.map(({ name }) => name));
  let number = 1;
  while (taken.has(`m${number}`)) number++;
  return `m${number}`;
}
