import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { BookmarkFile } from './bookmark-file.ts';

const folder = mkdtempSync(join(tmpdir(), 'kwind-bookmarks-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
const odd = { name: 'odd', position: 12, note: 'prev_size is stale' };

describe('BookmarkFile', () => {
  it('keeps bookmarks for the next session', () => {
    const trace = join(folder, 'a.kwind');
    const first = new BookmarkFile(trace);
    first.put({ ...odd, position: 3 });
    first.put(odd);
    first.put({ name: 'other', position: 1, note: '' });
    expect(first.remove('other')).toBe(true);
    expect(first.remove('other')).toBe(false);
    expect(new BookmarkFile(trace).list()).toEqual([odd]);
  });

  it('does not stumble over what is no list of bookmarks', () => {
    for (const text of ['', 'nonsense', '{}', '[1, null, {"name": 7}]']) {
      writeFileSync(join(folder, 'b.kwind.bookmarks'), text);
      expect(new BookmarkFile(join(folder, 'b.kwind')).list()).toEqual([]);
    }
  });

  it('says when a bookmark cannot be kept, and does not keep it', () => {
    const marks = new BookmarkFile(join(folder, 'no', 'such', 'folder', 'c.kwind'));
    expect(() => marks.put(odd)).toThrow(/cannot be kept/);
    expect(marks.list()).toEqual([]);
  });
});
