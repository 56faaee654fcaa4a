import { execFileSync, spawnSync } from 'node:child_process';
import { gunzipSync } from 'node:zlib';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { kwind, scratch } from './kwind.ts';

const folder = scratch();
const traces = fileURLToPath(new URL('../../traces/', import.meta.url));
const at = (name: string): string => join(folder, name);

/** A trace of each kind of source. */
const sources: Readonly<Record<string, readonly string[]>> = {
  log: ['import', join(traces, 'logs/q35-kaslr.log.gz')],
  script: ['record', join(traces, 'scripts/use-after-unmap.kws')],
  capture: ['import', at('events.jsonl'), '--profile', 'linux-6.1'],
};

/** The begin of a capture: its records are lines. */
async function made(kind: string): Promise<string> {
  if (kind === 'capture') {
    const text = gunzipSync(readFileSync(join(traces, 'captures/q35-6.1.0-56/events.jsonl.gz'))).toString('utf8');
    writeFileSync(at('events.jsonl'), text.split('\n').slice(0, 4000).join('\n'));
  }
  const path = at(`${kind}.kwind`);
  const ran = await kwind([...sources[kind]!, '-o', path, '-f']);
  expect([0, 1], ran.err).toContain(ran.code);
  return path;
}

const infoOf = async (path: string): Promise<Record<string, unknown>> =>
  (await kwind(['info', path, '--json'])).json() as Record<string, unknown>;

describe('kwind export --to jsonl', () => {
  it.each(Object.keys(sources))('of a %s gives, through a pipe into kwind import, the same trace', async (kind) => {
    const path = await made(kind);
    const { out } = await kwind(['export', path, '--to', 'jsonl']);
    const back = await kwind(['import', '-', '-o', at('back.kwind'), '-f'], { stdin: out });
    expect(back.code, back.err).toBe(0);
    const [before, after] = [await infoOf(path), await infoOf(at('back.kwind'))];
    expect(before['digest']).toMatch(/^[0-9a-f]{64}$/);
    expect(after['digest']).toBe(before['digest']);
    expect((await kwind(['export', at('back.kwind'), '--to', 'jsonl'])).out).toBe(out);
  });
});

const hasSqlite = spawnSync('sqlite3', ['--version']).status === 0;

describe('kwind export --to sqlite', () => {
  it.skipIf(!hasSqlite)('is read by the stock sqlite3 program (skipped where that is not installed)', async () => {
    const path = await made('script');
    expect((await kwind(['export', path, '--to', 'sqlite', '-o', at('plain.db'), '-f'])).code).toBe(0);
    const stock = (sql: string): string => execFileSync('sqlite3', [at('plain.db'), sql], { encoding: 'utf8' });
    expect(stock('PRAGMA integrity_check')).toBe('ok\n');
    // Numbers are whole numbers there, and every answer is that of kwind sql.
    for (const sql of [
      'SELECT count(*), min(seq), max(position) FROM events',
      'SELECT seq, typeof(seq), fn, args, result FROM calls ORDER BY seq',
      'SELECT p.seq, level, table_addr, c.fn FROM pte_writes p JOIN calls c ON c.seq = p.call ORDER BY p.seq LIMIT 50',
      'SELECT * FROM slots ORDER BY claimed',
    ]) {
      const { out } = await kwind(['sql', path, sql, '--csv']);
      const csv = execFileSync('sqlite3', ['-csv', at('plain.db'), sql], { encoding: 'utf8' });
      expect(csv.replaceAll('\r\n', '\n')).toBe(out.slice(out.indexOf('\n') + 1));
    }
  });
});
