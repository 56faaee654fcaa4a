import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openTrace, verifyTrace } from '@kwind/trace';
import { kwind, scratch } from '../cli/kwind.ts';
import { kwindProcess } from './failing-disk.ts';
import { beginnings } from './prefix.ts';

const folder = scratch();
const at = (name: string): string => join(folder, name);
const bin = fileURLToPath(new URL('../../packages/cli/bin/kwind.mjs', import.meta.url));
const script = at('many.kws');
const short = at('short.kws');
const body = '{\n a = early_ioremap(0xf0000 + i * 0x1000, 0x8000)\n load(a)\n early_iounmap(a, 0x8000)\n}\n';
const path = at('boot.kwind');
/** Four processes, on a machine that may be busy with other tests. */
const timeout = 120_000;
const children: ChildProcess[] = [];

beforeAll(() => {
  writeFileSync(script, `boot\nrepeat i in 0..200000 ${body}`);
  writeFileSync(short, `boot\nrepeat i in 0..1500 ${body}`);
});
afterAll(() => children.forEach((child) => child.kill('SIGKILL')));

function start(...argv: readonly string[]): ChildProcess & { text: () => string } {
  const child = spawn(process.execPath, [bin, ...argv], { stdio: ['ignore', 'pipe', 'pipe'] });
  children.push(child);
  let text = '';
  child.stdout.on('data', (chunk: Buffer) => (text += chunk.toString()));
  return Object.assign(child, { text: () => text });
}
const sleep = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

async function until(isTrue: () => boolean): Promise<void> {
  for (let waited = 0; !isTrue(); waited += 20) {
    if (waited > timeout) throw new Error('it does not come');
    await sleep(20);
  }
}

const lengthOf = (file: string): number => {
  if (!existsSync(file)) return 0;
  try {
    const reader = openTrace(file);
    reader.close();
    return reader.length;
  } catch {
    return 0;
  }
};

describe('a second recorder of one file', () => {
  it('is refused by kwind record, import and --resume, which name the first', { timeout }, async () => {
    const first = start('record', script, '-o', path);
    await until(() => lengthOf(path) > 0);
    const log = fileURLToPath(new URL('../../traces/logs/q35-nokaslr.log.gz', import.meta.url));
    for (const argv of [
      ['record', script, '-o', path, '--force'],
      ['import', log, '-o', path, '--force'],
      ['record', script, '--resume', path],
    ]) {
      const second = kwindProcess(argv);
      expect(second.code).toBe(2);
      expect(second.err).toContain(`is being recorded by process ${first.pid} on `);
    }
    expect(kwindProcess(['record', script, '-o', path]).err).toContain('being recorded by process');
    first.kill('SIGKILL');
    await once(first, 'close');
    expect(verifyTrace(path)).toMatchObject({ ok: true, finished: false });
    expect((await kwind(['record', short, '-o', path, '--force'])).code).toBe(0);
  });
});

describe('a reader while a recorder works', () => {
  it('sees at each moment a whole beginning of what is there at the end', { timeout }, async () => {
    const watched = at('watched.kwind');
    const recorder = start('record', short, '-o', watched);
    const seen = new Map<number, string>();
    await until(() => {
      if (lengthOf(watched) === 0) return recorder.exitCode !== null;
      expect(verifyTrace(watched)).toMatchObject({ ok: true, problems: [] });
      const found = beginnings(watched);
      const length = Math.max(...found.keys());
      seen.set(length, found.get(length)!);
      return recorder.exitCode !== null;
    });
    const whole = beginnings(watched);
    expect(seen.size).toBeGreaterThan(1);
    for (const [length, hash] of seen) expect(whole.get(length)).toBe(hash);
  });

  it('kwind log -f prints every event once, in order, and ends with the recorder', { timeout }, async () => {
    const followed = at('followed.kwind');
    const recorder = start('record', short, '-o', followed);
    await until(() => lengthOf(followed) > 0);
    const log = start('log', followed, '-f', '--json');
    await Promise.all([once(recorder, 'close'), once(log, 'close')]);
    const seqs = log
      .text()
      .trim()
      .split('\n')
      .map((line) => (JSON.parse(line) as { seq: number }).seq);
    expect(log.exitCode).toBe(0);
    expect(seqs).toHaveLength(lengthOf(followed));
    expect(seqs.every((seq, i) => seq === i)).toBe(true);
  });

  it('kwind log -f of a recorder that is killed ends and says so', { timeout }, async () => {
    const dying = at('dying.kwind');
    const recorder = start('record', script, '-o', dying);
    await until(() => lengthOf(dying) > 0);
    const log = start('log', dying, '-f', 'end..');
    let err = '';
    log.stderr!.on('data', (chunk: Buffer) => (err += chunk.toString()));
    await sleep(600);
    recorder.kill('SIGKILL');
    await once(log, 'close');
    expect(err).toContain('The recorder is gone and has not closed the trace');
    expect(log.exitCode).toBe(0);
  });
});
