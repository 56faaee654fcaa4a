import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import type { SoakReport } from './soak.ts';

const main = fileURLToPath(new URL('main.ts', import.meta.url));

describe('recording, replaying and stepping on and on', () => {
  it(
    'takes no more memory than in the beginning (the long form is node --expose-gc test/soak/main.ts)',
    { timeout: 120_000 },
    () => {
      const ran = spawnSync(process.execPath, ['--expose-gc', main, '--seconds', '5'], { encoding: 'utf8' });
      expect(ran.stderr).toBe('');
      const report = JSON.parse(ran.stdout) as SoakReport;
      expect(report.problems).toEqual([]);
      expect(report.rounds).toBeGreaterThan(3);
      expect(report.secondHalf.rss).toBeGreaterThan(0);
    },
  );
});
