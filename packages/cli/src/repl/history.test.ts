import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { HISTORY_SIZE, historyFile, loadHistory, saveHistory } from './history.ts';

const folder = mkdtempSync(join(tmpdir(), 'kwind-history-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe('history', () => {
  it('lives where the XDG rules say', () => {
    expect(historyFile({ XDG_STATE_HOME: '/state', HOME: '/home/me' })).toBe('/state/kwind/history');
    expect(historyFile({ XDG_STATE_HOME: 'relative', HOME: '/home/me' })).toBe('/home/me/.local/state/kwind/history');
    expect(historyFile({ HOME: '/home/me' })).toBe('/home/me/.local/state/kwind/history');
  });

  it('comes back newest first, and is kept oldest first', () => {
    const file = join(folder, 'a', 'history');
    saveHistory(file, ['third', 'second', 'first']);
    expect(readFileSync(file, 'utf8')).toBe('first\nsecond\nthird\n');
    expect(loadHistory(file)).toEqual(['third', 'second', 'first']);
  });

  it('is bounded, and keeps the newest', () => {
    const file = join(folder, 'long');
    saveHistory(
      file,
      Array.from({ length: HISTORY_SIZE + 50 }, (_, i) => `line ${i}`),
    );
    const back = loadHistory(file);
    expect(back).toHaveLength(HISTORY_SIZE);
    expect(back[0]).toBe('line 0');
  });

  it('spoils nothing where it cannot be read or written', () => {
    expect(loadHistory(join(folder, 'none'))).toEqual([]);
    expect(() => saveHistory('/dev/null/kwind/history', ['x'])).not.toThrow();
  });
});
