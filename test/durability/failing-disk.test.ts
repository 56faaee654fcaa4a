import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, describe, expect, it } from 'vitest';
import { openTrace, verifyTrace } from '@kwind/trace';
import { scratch } from '../cli/kwind.ts';
import { buildShim, faultEnv, kwindProcess, mountSmall, type Ran } from './failing-disk.ts';
import { beginnings } from './prefix.ts';

const folder = scratch();
const at = (name: string): string => join(folder, name);
const script = at('many.kws');
const whole = at('whole.kwind');
const capture = fileURLToPath(new URL('../../traces/captures/q35-6.1.0-56/events.jsonl.gz', import.meta.url));
/** Several processes each, on a machine that may be busy with other tests. */
const timeout = 120_000;
const ENOSPC = 28;
const EIO = 5;
/** An empty trace takes less than this, in the file, in its log and in what SQLite has beside them. */
const EMPTY = 64 * 1024;
/** Size of the whole recording, which all limits are shares of; its log takes a little more. */
const wholeBytes = recordWhole();
const expected: ReadonlyMap<number, string> = beginnings(whole);

function recordWhole(): number {
  writeFileSync(
    script,
    'boot\nrepeat i in 0..2500 {\n a = early_ioremap(0xf0000 + i * 0x1000, 0x8000 + i % 7)\n load(a)\n early_iounmap(a, 0x8000 + i % 7)\n}\n',
  );
  const { code, err } = kwindProcess(['record', script, '-o', whole]);
  if (code !== 0) throw new Error(err);
  return readFileSync(whole).length;
}

/** The file opens, verifies, and holds a beginning of the uninterrupted recording: as many events as the error promised. */
function expectPrefix(path: string, { err }: Ran): number {
  const report = verifyTrace(path);
  expect(report).toMatchObject({ ok: true, problems: [] });
  expect(beginnings(path).get(report.events)).toBe(expected.get(report.events));
  const promised = /The first (\d+) events are safe in the file/.exec(err);
  expect(promised, err).not.toBeNull();
  expect(report.events).toBeGreaterThanOrEqual(Number(promised![1]));
  expect(report.events).toBeGreaterThan(0);
  return report.events;
}

function digestOf(path: string): string {
  const reader = openTrace(path);
  reader.close();
  return reader.digest;
}

const shim = buildShim(folder);
const noShim = 'why' in shim ? shim.why : '';

describe.skipIf(noShim !== '')(`writes that fail half-way${noShim && ` (left out: ${noShim})`}`, () => {
  const library = 'library' in shim ? shim.library : '';

  it.each([
    ['ENOSPC', ENOSPC, 0.5, /the disk is full \(SQLITE_FULL\)/],
    ['EIO', EIO, 0.3, /reading or writing failed \(SQLITE_IOERR_WRITE\)/],
  ] as const)(
    'with %s: a clear error, the events until then, and a way on (%d after %d)',
    { timeout },
    (name, errno, share, what) => {
      const path = at(`${name}-${share}.kwind`);
      const ran = kwindProcess(['record', script, '-o', path], {
        env: faultEnv(library, errno, EMPTY + wholeBytes * share),
      });
      expect([ran.code, ran.signal]).toEqual([2, null]);
      expect(ran.err).toMatch(what);
      expect(ran.err).toContain(`kwind record ${script} --resume ${path} goes on where it stopped.`);
      expect(ran.err).not.toContain('many.kws:');
      const events = expectPrefix(path, ran);
      expect(kwindProcess(['record', script, '--resume', path]).err).toContain(
        `had ${events.toLocaleString('en-US')} events`,
      );
      expect(digestOf(path)).toBe(digestOf(whole));
      expect(verifyTrace(path)).toMatchObject({ ok: true, finished: true });
    },
  );

  it('an import that fails says how to start again, and does', { timeout }, () => {
    const path = at('import.kwind');
    const ran = kwindProcess(['import', capture, '-o', path], { env: faultEnv(library, ENOSPC, EMPTY) });
    expect(ran.code).toBe(2);
    expect(ran.err).toContain(`An import starts again from the beginning: kwind import ${capture} -o ${path} --force.`);
    expect(verifyTrace(path)).toMatchObject({ ok: true });
    expect(kwindProcess(['import', capture, '-o', path, '--force']).code).toBe(0);
  });

  it('going on that fails as well leaves the trace as it was', { timeout }, () => {
    const path = at('twice.kwind');
    kwindProcess(['record', script, '-o', path], { env: faultEnv(library, ENOSPC, EMPTY + wholeBytes / 2) });
    const before = verifyTrace(path);
    const again = kwindProcess(['record', script, '--resume', path], {
      env: faultEnv(library, ENOSPC, EMPTY + wholeBytes / 4),
    });
    expect(again.code).toBe(2);
    expect(again.err).toContain(`it stays as it was, with ${before.events} events`);
    expect(verifyTrace(path)).toEqual(before);
  });
});

describe('a limit on the size of files (ulimit -f)', () => {
  it('ends the recording with an error, not by a signal, and what was recorded stays', { timeout }, () => {
    const path = at('limited.kwind');
    // In blocks of 512 bytes.
    const blocks = Math.floor((EMPTY + wholeBytes / 2) / 512);
    const ran = kwindProcess(['record', script, '-o', path], { shell: `ulimit -f ${blocks}; exec "$@"` });
    expect([ran.code, ran.signal]).toEqual([2, null]);
    expect(ran.err).toMatch(/SQLITE_(?:FULL|IOERR_WRITE)/);
    expectPrefix(path, ran);
  });
});

const disk = at('disk');
const mounted = mountSmall(disk, EMPTY + wholeBytes / 2);
const noDisk = 'why' in mounted ? mounted.why : '';
afterAll(() => {
  if ('unmount' in mounted) mounted.unmount();
});

describe.skipIf(noDisk !== '')(`a disk that is full${noDisk && ` (left out: ${noDisk})`}`, () => {
  it('ends the recording with an error; with more room it goes on', { timeout }, () => {
    const path = join(disk, 'boot.kwind');
    const ran = kwindProcess(['record', script, '-o', path]);
    expect(ran.code).toBe(2);
    const events = expectPrefix(path, ran);
    expect(events).toBeLessThan(Math.max(...expected.keys()));
    const again = kwindProcess(['record', script, '--resume', path]);
    expect([again.code, again.err]).toEqual([2, expect.stringContaining(`it stays as it was, with ${events} events`)]);
    expect(verifyTrace(path)).toMatchObject({ ok: true, events });
    rmSync(`${path}.resuming`, { force: true });
  });

  it('that has no room at all makes no trace, and says so', { timeout }, () => {
    writeFileSync(join(disk, 'filler'), '');
    try {
      writeFileSync(join(disk, 'filler'), Buffer.alloc(1 << 20));
    } catch {
      // That is what it is for.
    }
    const ran = kwindProcess(['record', script, '-o', join(disk, 'none.kwind')]);
    expect(ran.code).toBe(2);
    expect(ran.err).toContain('none.kwind');
  });
});
