import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { boundOf, bounds, type FigureId } from './bounds.ts';
import { isBeyondMargin, isReached, type Figure } from './figure.ts';

const main = fileURLToPath(new URL('main.ts', import.meta.url));
const ids = Object.keys(bounds) as FigureId[];
const ratios = ids.filter((id) => boundOf(id).ci !== undefined);

const figure = (id: FigureId, measured: number): Figure => ({
  id,
  shape: 'stress',
  n: 1e7,
  measured,
  ours: '',
  reference: '',
});

describe('npm run bench -- --short', () => {
  it('finds every ratio within its bound', { timeout: 180_000 }, () => {
    const folder = mkdtempSync(join(tmpdir(), 'kwind-bounds-'));
    try {
      // A second chance: a machine that swaps for some seconds says nothing about the code.
      const runs: string[] = [];
      for (let attempt = 0; attempt < 2; attempt++) {
        const json = join(folder, 'figures.json');
        const { status, stdout, stderr } = spawnSync(process.execPath, [main, '--short', '--json', json], {
          encoding: 'utf8',
        });
        if (status === 0) {
          const measured = JSON.parse(readFileSync(json, 'utf8')) as readonly { readonly id: string }[];
          expect(new Set(measured.map(({ id }) => id))).toEqual(new Set(ratios));
          return;
        }
        runs.push(stdout + stderr);
      }
      expect(runs).toEqual([]);
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  });
});

describe('the bounds', () => {
  it('that CI fails beyond are of ratios, and less strict than the goals', () => {
    for (const id of ratios) {
      const { unit, ci, goal, better } = boundOf(id);
      expect(`${id} ${unit}`).toMatch(/ (?:×|equal)$/);
      const limit = typeof goal === 'number' ? goal : (goal(1e6, 'stress') ?? goal(1e7, 'stress'));
      if (limit !== undefined) expect(better === 'more' ? ci! <= limit : ci! >= limit, id).toBe(true);
    }
  });

  it('tell a figure that reached its goal from one that did not, whichever way is better', () => {
    expect([isReached(figure('record', 4)), isReached(figure('record', 3))]).toEqual([true, false]);
    expect([isReached(figure('check', 2)), isReached(figure('check', 3))]).toEqual([true, false]);
    expect(isReached({ ...figure('gdb-back', Number.NaN), skipped: 'no gdb or cc' })).toBe(undefined);
  });

  it('let the short run fail only beyond the margin', () => {
    expect([isBeyondMargin(figure('record', 1.5)), isBeyondMargin(figure('record', 1.2))]).toEqual([false, true]);
    expect([isBeyondMargin(figure('check', 7.9)), isBeyondMargin(figure('check', 8.1))]).toEqual([false, true]);
    expect(isBeyondMargin(figure('open', 1e9))).toBe(false);
  });
});
