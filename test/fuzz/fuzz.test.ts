import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { codeOf, Finding, fuzz, refusal, type Target } from './fuzzer.ts';
import { Random } from './random.ts';
import { expectSafe, runCli } from './run-cli.ts';
import { targets } from './targets/index.ts';

const folder = mkdtempSync(join(tmpdir(), 'kwind-fuzz-test-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
// The same each time, so that a change is not blamed for what it did not break; the long form looks further.
const seed = Number(process.env['KWIND_SEED'] ?? 20261122);
const SECONDS = 1.5;

describe(`damaged input (seed ${seed}; the long form is node test/fuzz/main.ts)`, () => {
  it.each(targets.map((target) => [target.name, target] as const))(
    'of %s is refused or read',
    { timeout: 120_000 },
    async (name, target) => {
      const report = await fuzz(target, folder, { seed, seconds: SECONDS });
      expect(report.findings, `node test/fuzz/main.ts --target ${name} --seed ${seed} --case N repeats one`).toEqual(
        [],
      );
      expect(report.cases).toBeGreaterThan(3);
    },
  );
});

describe('the fuzzer', () => {
  const crashing: Target = {
    name: 'crashing',
    about: '',
    prepare: () => ({
      one(random) {
        if (random.oneIn(3)) throw new TypeError('x is undefined');
        return 'read';
      },
    }),
  };

  it('finds a subject that crashes, and the case again by its number', async () => {
    const report = await fuzz(crashing, folder, { seed: 7, seconds: 5 });
    const { index, what } = report.findings[0]!;
    expect(what).toContain('x is undefined');
    const again = await fuzz(crashing, folder, { seed: 7, seconds: 5, only: index });
    expect(again.findings).toHaveLength(1);
    expect(again.cases).toBe(1);
  });

  it('makes the same of a seed each time', () => {
    const draw = (): number[] => Array.from({ length: 5 }, (_, i) => Random.ofCase(3, i).below(1e6));
    expect(draw()).toEqual(draw());
    expect(new Set(draw()).size).toBe(5);
  });

  it('takes only a ToolError for a refusal', () => {
    expect(refusal(() => {})).toBe('');
    expect(() => codeOf(new RangeError('x'))).toThrow(RangeError);
  });

  it('sees an escape sequence, and an exit code that is our own fault', async () => {
    expect(() => expectSafe('a\u001b[31mb', 'it')).toThrow(Finding);
    expect(() => expectSafe('two\nlines', 'it')).not.toThrow();
    expect(await runCli(['no-such-verb'], folder)).toBe(2);
  });
});
