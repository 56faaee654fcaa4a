import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, describe, expect, it } from 'vitest';
import { openTrace, verifyTrace } from '@kwind/trace';
import { kwind, scratch } from '../cli/kwind.ts';

const folder = scratch();
const program = fileURLToPath(new URL('../../packages/cli/src/main.ts', import.meta.url));
const script = join(folder, 'many.kws');
writeFileSync(
  script,
  'boot\nrepeat i in 0..6000 {\n  a = early_ioremap(0xf0000 + i * 0x1000, 0x8000)\n  early_iounmap(a, 0x8000)\n}\n',
);

const running: ChildProcess[] = [];
afterEach(() => running.splice(0).forEach((child) => child.kill('SIGKILL')));

interface Ended {
  readonly code: number | null;
  readonly signal: string | null;
  readonly err: string;
  /** Milliseconds from ^C to the end. */
  readonly after: number;
}

/** A command that gets ^C as soon as the file at `path` holds events that nobody can lose any more. */
async function interrupted(argv: readonly string[], path: string, times = 1): Promise<Ended> {
  const child = spawn(process.execPath, [program, ...argv], { cwd: folder, stdio: ['ignore', 'ignore', 'pipe'] });
  running.push(child);
  let err = '';
  child.stderr.on('data', (chunk: Buffer) => (err += chunk.toString()));
  const closed = once(child, 'close') as Promise<[number | null, string | null]>;
  while (child.exitCode === null && eventsIn(path) === 0) await new Promise((resolve) => setTimeout(resolve, 10));
  const before = performance.now();
  for (let i = 0; i < times; i++) child.kill('SIGINT');
  const [code, signal] = await closed;
  return { code, signal, err, after: performance.now() - before };
}

function eventsIn(path: string): number {
  if (!existsSync(path)) return 0;
  try {
    const reader = openTrace(path);
    const { length } = reader;
    reader.close();
    return length;
  } catch {
    return 0;
  }
}

/** On a machine that does nothing else it takes a tenth of it. */
const SOON = 2000;

describe('^C while a boot is recorded', () => {
  it('closes the file, says what is in it and how to go on', { timeout: 60_000 }, async () => {
    const path = join(folder, 'stopped.kwind');
    const { code, err, after } = await interrupted(['record', 'many.kws', '-o', 'stopped.kwind'], path);
    const length = eventsIn(path);
    expect([code, err]).toEqual([
      130,
      `kwind: interrupted; stopped.kwind holds the first ${length.toLocaleString('en-US')} events.\n` +
        '  kwind record many.kws --resume stopped.kwind goes on where it stopped.\n',
    ]);
    expect(after).toBeLessThan(SOON);
    expect([existsSync(`${path}-wal`), verifyTrace(path).ok]).toEqual([false, true]);

    const again = await interrupted(['record', 'many.kws', '--resume', 'stopped.kwind'], `${path}.resuming`);
    expect([again.code, again.err]).toEqual([130, expect.stringContaining('stopped.kwind stays as it was, with ')]);
    expect([eventsIn(path), existsSync(`${path}.resuming`)]).toEqual([length, false]);

    const whole = join(folder, 'whole.kwind');
    await kwind(['record', script, '-o', whole]);
    expect((await kwind(['record', script, '--resume', path])).code).toBe(0);
    expect((await kwind(['diff', path, whole])).out).toContain('The same.');
  });

  it('says that an import starts again', { timeout: 60_000 }, async () => {
    const lines = join(folder, 'whole.jsonl');
    await kwind(['export', join(folder, 'whole.kwind'), '--to', 'jsonl', '-o', lines]);
    const path = join(folder, 'imported.kwind');
    const { code, err } = await interrupted(['import', 'whole.jsonl', '-o', 'imported.kwind'], path);
    expect([code, err]).toEqual([130, expect.stringMatching(/holds the first .*\n {2}An import starts again/)]);
    expect(verifyTrace(path).ok).toBe(true);
  });

  it('ends at once when it comes twice', { timeout: 60_000 }, async () => {
    const path = join(folder, 'twice.kwind');
    const { code, signal, after } = await interrupted(['record', 'many.kws', '-o', 'twice.kwind'], path, 2);
    expect(code === 130 || signal === 'SIGINT').toBe(true);
    expect(after).toBeLessThan(SOON);
    expect(eventsIn(path)).toBeGreaterThan(0);
  });
});
