import { readFileSync, writeFileSync } from 'node:fs';
import type { Bookmark, BookmarkStore } from '@kwind/debugger';
import { ToolError } from '@kwind/x86';

/** Bookmarks of a trace, in a small file beside it: reading a trace never writes to it. */
export class BookmarkFile implements BookmarkStore {
  readonly #path: string;
  #kept: readonly Bookmark[];

  constructor(trace: string) {
    this.#path = `${trace}.bookmarks`;
    this.#kept = read(this.#path);
  }

  list(): readonly Bookmark[] {
    return this.#kept;
  }

  /** @throws ToolError io/unwritable; the bookmark is then not kept */
  put(bookmark: Bookmark): void {
    this.#store([...this.#kept.filter(({ name }) => name !== bookmark.name), { ...bookmark }]);
  }

  /** @throws ToolError io/unwritable */
  remove(name: string): boolean {
    const rest = this.#kept.filter((bookmark) => bookmark.name !== name);
    if (rest.length === this.#kept.length) return false;
    this.#store(rest);
    return true;
  }

  #store(bookmarks: readonly Bookmark[]): void {
    try {
      writeFileSync(this.#path, `${JSON.stringify(bookmarks, null, 2)}\n`);
    } catch (cause) {
      const what = `bookmarks cannot be kept in ${this.#path}: ${(cause as Error).message}.`;
      throw new ToolError('io/unwritable', what, 'Copy the trace to a folder of your own.', { cause });
    }
    this.#kept = bookmarks;
  }
}

/** What somebody else wrote into the file is no reason not to open the trace. */
function read(path: string): readonly Bookmark[] {
  try {
    const found: unknown = JSON.parse(readFileSync(path, 'utf8'));
    return Array.isArray(found) ? found.filter(isBookmark) : [];
  } catch {
    return [];
  }
}

function isBookmark(value: unknown): value is Bookmark {
  if (typeof value !== 'object' || value === null) return false;
  const { name, position, note } = value as Record<string, unknown>;
  return typeof name === 'string' && Number.isSafeInteger(position) && typeof note === 'string';
}
