import { copyFileSync, readFileSync, statSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { describe, expect, it } from 'vitest';
import { kwind, scratch } from './kwind.ts';
import { restless, sampleEvents, sampleHeader, writeTrace } from './sample-trace.ts';

const folder = scratch();
const trace = join(folder, 'sample.kwind');
writeTrace(trace);
const long = join(folder, 'long.kwind');
const LONG = 20_000;
writeTrace(long, restless(LONG));

const positionsOf = (lines: readonly string[]): number[] => lines.map((line) => Number(/^#(\d+) /.exec(line)?.[1]));

describe('kwind log', () => {
  it('prints one event a line: position, type, what happened, the calls around it', async () => {
    const { code, lines, err } = await kwind(['log', trace]);
    expect(code).toBe(0);
    expect(err).toBe('');
    expect(lines).toHaveLength(sampleEvents.length);
    expect(lines[11]).toBe(
      '#12  pte.written       bm_pte[0]  0x0 -> 0x80000000000f0163      early_ioremap > __early_set_fixmap',
    );
    expect(lines[9]).toContain('early_ioremap(0xf0000, 0x1000)  from dmi_setup+0xfa/0x26f  boot.log:12');
  });

  it('prints events as JSON lines with every 64-bit quantity as hex text', async () => {
    const { lines } = await kwind(['log', trace, '12', '--json']);
    expect(lines).toEqual([
      '{"seq":11,"type":"pte.written","table":"0x103000","index":0,"before":"0x0","after":"0x80000000000f0163","cause":10,"depth":2}',
    ]);
  });

  it('keeps control characters of a trace away from the terminal', async () => {
    const { out } = await kwind(['log', trace, '--type', 'warn.raised']);
    expect(out).toContain('evil \\e[31mred\\e[0m\\nline');
    expect(out).not.toContain('\u001b');
  });

  it.each([
    ['10..12', [11, 12]],
    ['..2', [1, 2]],
    ['17..', [18, 19]],
    ['end-2..end', [18, 19]],
    ['12', [12]],
    ['0..0', []],
    ['phase:setup_arch..10', [9, 10]],
  ])('takes the range %s', async (range, expected) => {
    const { out, lines } = await kwind(['log', trace, range]);
    expect(out === '' ? [] : positionsOf(lines)).toEqual(expected);
  });

  it('goes backward and stops after so many', async () => {
    expect(positionsOf((await kwind(['log', trace, '--reverse', '-n', '3'])).lines)).toEqual([19, 18, 17]);
    expect(positionsOf((await kwind(['log', trace, '5..10', '-r', '-n', '2'])).lines)).toEqual([10, 9]);
  });

  it('crosses batches in both directions', async () => {
    const forward = positionsOf((await kwind(['log', long, '4000..8300'])).lines);
    expect(forward).toEqual(Array.from({ length: 4300 }, (_, i) => 4001 + i));
    expect(positionsOf((await kwind(['log', long, '4000..8300', '--reverse'])).lines)).toEqual(forward.toReversed());
  });

  it('filters by type, with patterns and several', async () => {
    const { lines } = await kwind(['log', trace, '--type', 'slot.*,cr3.loaded']);
    expect(positionsOf(lines)).toEqual([7, 15]);
    expect(positionsOf((await kwind(['log', trace, '--type', 'slot.*,cr3.loaded', '-r'])).lines)).toEqual([15, 7]);
  });

  it('filters by address: stores to entries on its walk, also before the tables were linked, flushes and accesses', async () => {
    const { lines } = await kwind(['log', trace, '--vaddr', '0xffffffffff200000']);
    expect(positionsOf(lines)).toEqual([5, 6, 9, 12, 13, 19]);
    const other = await kwind(['log', trace, '--vaddr', '0xffffffffff207123', '--type', 'pte.*']);
    expect(positionsOf(other.lines)).toEqual([18]);
  });

  it('shortens the calls to the width of a terminal, and says so', async () => {
    const narrow = await kwind(['log', trace, '10..14'], { columns: 80, env: { NO_COLOR: '1' } });
    expect(narrow.lines.every((line) => line.length <= 80)).toBe(true);
    expect(narrow.lines[1]).toBe('#12  pte.written       bm_pte[0]  0x0 -> 0x80000000000f0163  …__early_set_fixmap');
    expect(narrow.err).toContain('--wide shows them whole');
    const wide = await kwind(['log', trace, '10..14', '--wide'], { columns: 80, env: { NO_COLOR: '1' } });
    expect(wide.lines[1]).toContain('early_ioremap > __early_set_fixmap');
    expect(wide.err).toBe('');
  });

  it('has colours on a terminal only', async () => {
    expect((await kwind(['log', trace], { columns: 100 })).out).toContain('\u001b[');
    for (const options of [{}, { columns: 100, env: { NO_COLOR: '1' } }, { columns: 100, env: { TERM: 'dumb' } }]) {
      expect((await kwind(['log', trace], options)).out).not.toContain('\u001b[');
    }
    expect((await kwind(['log', trace, '--no-color'], { columns: 100 })).out).not.toContain('\u001b[');
    expect((await kwind(['log', trace], { env: { FORCE_COLOR: '1' } })).out).toContain('\u001b[');
  });
});

describe('kwind info', () => {
  it('says what the trace is and counts its events', async () => {
    const { code, out } = await kwind(['info', trace]);
    expect(code).toBe(0);
    expect(out).toContain('source    script sample.kws');
    expect(out).toContain('state     finished');
    expect(out).toMatch(/size +19 events in 1 batch, /);
    expect(out).toMatch(/^ +4 {2}table\.allocated$/m);
  });

  it('has the same for a program', async () => {
    const json = (await kwind(['info', long, '--json'])).json();
    expect(json).toMatchObject({
      events: LONG,
      batches: 5,
      finished: true,
      types: [{ type: 'pte.written', events: LONG }],
    });
    expect(json).toMatchObject({ header: sampleHeader });
  });
});

describe('kwind verify', () => {
  it('passes an intact trace', async () => {
    const { code, out } = await kwind(['verify', long]);
    expect(code).toBe(0);
    expect(out).toContain('is intact: 20,000 events in 5 batches.');
  });

  it('exits 4 for a damaged one and names where', async () => {
    const damaged = join(folder, 'damaged.kwind');
    const bytes = readFileSync(long);
    // In the middle of the file are packed batches.
    for (let at = bytes.length >> 1; at < (bytes.length >> 1) + 64; at++) bytes[at]! ^= 0x5a;
    writeFileSync(damaged, bytes);
    const { code, out, err } = await kwind(['verify', damaged]);
    expect(code).toBe(4);
    expect(out + err).toMatch(/damaged/);
    const json = (await kwind(['verify', damaged, '--json'])).json();
    expect(json).toMatchObject({ ok: false });
  });
});

describe('kwind export', () => {
  it('writes lines of JSON that import reads back to equal events', async () => {
    const lines = join(folder, 'sample.jsonl');
    expect((await kwind(['export', trace, '--to', 'jsonl', '-o', lines])).code).toBe(0);
    const again = join(folder, 'again.kwind');
    const back = await kwind(['import', lines, '-o', again]);
    expect(back.code).toBe(0);
    const digest = async (path: string): Promise<unknown> =>
      ((await kwind(['info', path, '--json'])).json() as { digest: string }).digest;
    expect(await digest(again)).toBe(await digest(trace));
    const both = [await kwind(['export', trace, '--to', 'jsonl']), await kwind(['export', again, '--to', 'ndjson'])];
    expect(both[0]!.out).toBe(both[1]!.out);
  });

  it('does not overwrite a file unasked', async () => {
    const existing = join(folder, 'existing.jsonl');
    writeFileSync(existing, 'precious');
    const { code, err } = await kwind(['export', trace, '--to', 'jsonl', '-o', existing]);
    expect(code).toBe(2);
    expect(err).toContain('exists already');
    expect(readFileSync(existing, 'utf8')).toBe('precious');
    expect((await kwind(['export', trace, '--to', 'jsonl', '-o', existing, '--force'])).code).toBe(0);
  });
});

describe('a trace of a later kwind', () => {
  it.each([['log'], ['info'], ['verify'], ['show', 'slots']])(
    '%s exits 3 and says what to do',
    async (verb, ...rest) => {
      const later = join(folder, 'later.kwind');
      copyFileSync(trace, later);
      const db = new Database(later);
      db.pragma('user_version = 99');
      db.close();
      const { code, err } = await kwind([verb!, later, ...rest]);
      expect(code).toBe(3);
      expect(err).toContain('Update kwind');
    },
  );
});

describe('a file that is no good trace', () => {
  const readers = [['log'], ['info'], ['verify'], ['show', 'slots'], ['debug', '-batch'], ['export', '--to', 'jsonl']];
  const commandLine = ([verb, ...rest]: readonly string[], path: string): string[] => [verb!, path, ...rest];

  it.each(readers)('%s: missing', async (...words) => {
    const { code, err, out } = await kwind(commandLine(words, 'nowhere.kwind'));
    expect(code).toBe(2);
    expect(out).toBe('');
    expect(err).toBe('kwind: nowhere.kwind does not exist.\n  Check the name.\n');
  });

  it.each(readers)('%s: something else', async (...words) => {
    const text = join(folder, 'text.kwind');
    writeFileSync(text, 'this is not a database at all, just some text that is long enough to be looked at');
    const { code, err } = await kwind(commandLine(words, text));
    expect(code).toBe(2);
    expect(err).toContain('not a kwind trace');
  });

  it.each(readers)('%s: a folder', async (...words) => {
    const { code, err } = await kwind(commandLine(words, folder));
    expect(code).toBe(2);
    expect(err).toContain('is a directory');
  });

  it.each(readers)('%s: cut', async (...words) => {
    const cut = join(folder, 'cut.kwind');
    copyFileSync(long, cut);
    truncateSync(cut, statSync(long).size >> 1);
    const { code } = await kwind(commandLine(words, cut));
    expect(code).toBe(4);
  });
});
