import { existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import Database from 'better-sqlite3';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { historyTables, TraceQuery, writePlainTables } from '@kwind/query';
import { openTrace } from '@kwind/trace';
import { Engine } from '../../packages/cli/src/querying/engine.ts';
import { kwind, scratch } from './kwind.ts';

const folder = scratch();
const trace = join(folder, 'leaked.kwind');
const script = fileURLToPath(new URL('../../traces/scripts/leaked-slot.kws', import.meta.url));

beforeAll(async () => {
  await kwind(['record', script, '-o', trace]);
});

// One process for all, as the prompt has it: each takes a while to start.
const engine = new Engine(trace);
afterAll(() => engine.close());

const sql = (...words: readonly string[]): ReturnType<typeof kwind> => kwind(['sql', trace, ...words]);

describe('kwind sql', () => {
  it('answers from every table', async () => {
    for (const { name, columns } of historyTables) {
      const ran = await sql(`SELECT * FROM ${name} LIMIT 3`, '--csv');
      expect([ran.code, ran.lines[0]]).toEqual([0, columns.join(',')]);
    }
  });

  it('may be left before its last row, as | head does', () => {
    const reader = openTrace(trace);
    const query = new TraceQuery(reader);
    const [first] = query.run('SELECT seq FROM events').rows;
    expect(first).toEqual([0]);
    query.close();
    reader.close();
  });

  it('finds what was never unmapped, and by whom', async () => {
    const ran = await sql(
      'SELECT slot, s.phys, c.caller FROM slots s JOIN calls i ON i.seq = s.call JOIN calls c ON c.seq = i.parent WHERE released IS NULL',
    );
    expect(ran.lines).toEqual([
      'slot  phys                caller',
      '   1  0x00000000febf0000  xdbc_map_pci_mmio+0x8e/0xd0',
      '(1 row)',
    ]);
  });

  it('reads a query from a file or from standard input', async () => {
    const file = join(folder, 'q.sql');
    writeFileSync(file, '-- how many\nSELECT count(*) AS n FROM events;\n');
    expect((await sql('-f', file, '--json')).json()).toEqual({ n: 872 });
    expect((await kwind(['sql', trace, '--csv'], { stdin: 'SELECT 1 AS "a,b"' })).out).toBe('"a,b"\n1\n');
  });

  it.each([
    "ATTACH 'x.db' AS other",
    "VACUUM INTO 'x.db'",
    'PRAGMA database_list',
    'CREATE TABLE t (a)',
    'DELETE FROM events',
    "SELECT load_extension('x')",
    "SELECT readfile('/etc/hostname')",
    "SELECT writefile('x.db', 'a')",
    'SELECT 1; SELECT 2',
    'WITH x AS (SELECT 1) INSERT INTO events SELECT * FROM x',
    'nonsense',
    '',
    'SELECT nothing FROM events',
    "SELECT * FROM mappings_at('end')",
    "SELECT translate('zz', 1)",
    'SELECT plus(1)',
    "PRAGMA journal_mode = 'WAL'",
    'PRAGMA query_only = OFF',
    'PRAGMA writable_schema = ON',
    'VACUUM',
    "VACUUM main INTO 'x.db'",
    "/* SELECT */ ATTACH 'x.db' AS other",
    "EXPLAIN ATTACH 'x.db' AS other",
    "EXPLAIN VACUUM INTO 'x.db'",
    'EXPLAIN QUERY PLAN DELETE FROM events',
    "SELECT * FROM fsdir('/')",
    "SELECT edit('x', 'sh')",
    "SELECT fts3_tokenizer('simple', zeroblob(8))",
    "CREATE VIRTUAL TABLE x USING csv(filename='/etc/hostname')",
    'CREATE TEMP TABLE t (a)',
    'INSERT INTO events VALUES (1)',
    'DROP TABLE events',
    'REINDEX',
    'ANALYZE',
    'BEGIN',
    'SELECT zeroblob(2000000000)',
    'SELECT :name',
    'SELECT * FROM events WHERE seq = ?',
  ])('refuses %s', async (query) => {
    const file = join(folder, 'x.db');
    const answer = engine.run(query.replace('x.db', file), 0).then(async ({ lots }) => Array.fromAsync(lots));
    await expect(answer).rejects.toMatchObject({ code: expect.stringMatching(/^(?:command|number|position)\//) });
    expect(existsSync(file)).toBe(false);
  });

  it('says in two lines what it refuses', async () => {
    const ran = await kwind(['sql', trace, "ATTACH 'x.db' AS other"], { cwd: folder });
    expect([ran.code, ran.out]).toEqual([2, '']);
    expect(ran.err).toMatch(/^kwind: .+\n {2}.+\n$/);
  });

  it.each([
    ['SELECT * FROM event', 'Did you mean events?'],
    ['SELECT e.sq FROM events e', 'Did you mean seq?'],
    ['SELECT nonsense(1)', '--tables lists'],
    [' ', 'there is no query'],
  ])('says to %j: %s', async (query, hint) => {
    const { code, err } = await kwind(['sql', trace, query]);
    expect(code).toBe(2);
    expect(err).toContain(hint);
  });

  it('compares a type with a pattern of many wildcards as fast as with few', { timeout: 5000 }, () => {
    const reader = openTrace(trace);
    const query = new TraceQuery(reader);
    const counted = (condition: string): unknown =>
      [...query.run(`SELECT count(*) FROM events WHERE ${condition}`).rows][0]![0];
    const all = counted("type || '' LIKE 'PTE%'");
    expect(counted(`type LIKE '${'%'.repeat(30)}x%%_'`)).toBe(0);
    expect(counted(`type GLOB '${'*'.repeat(30)}x**?'`)).toBe(0);
    expect([counted("type LIKE '%p%t%e%.%w%_%'"), counted("type LIKE 'pte.w_itten'")]).toEqual([
      counted("type || '' LIKE '%p%t%e%.%w%_%'"),
      counted("type || '' LIKE 'pte.w_itten'"),
    ]);
    expect(counted("type LIKE 'PTE%'")).toBe(all);
    expect(counted("type GLOB 'PTE*'")).toBe(0);
    query.close();
    reader.close();
  });

  it('refuses a query with a NUL, behind which SQLite would not look', async () => {
    const ran = await kwind(['sql', trace], { stdin: 'SELECT seq FROM events\0 WHERE seq < 5' });
    expect([ran.code, ran.out, ran.err]).toEqual([2, '', expect.stringContaining('there is a NUL in it')]);
  });

  it('refuses a query that is too long before it looks into it', async () => {
    const ran = await kwind(['sql', trace], { stdin: `SELECT ${'[ '.repeat(60_000)}` });
    expect([ran.code, ran.err]).toEqual([2, expect.stringContaining('at most 100000 letters, this one 120007')]);
  });

  it('exports them by kwind export, and replaces nothing unasked', async () => {
    const to = join(folder, 'exported.db');
    const argv = ['export', trace, '--to', 'sqlite'];
    expect((await kwind([...argv, '-o', to])).code).toBe(0);
    expect((await kwind([...argv, '-o', to])).err).toContain('exists already');
    expect((await kwind([...argv, '-o', to, '--force'])).code).toBe(0);
    expect((await kwind(argv)).err).toContain('cannot be written to standard output');
    expect((await kwind([...argv, '-o', trace, '--force'])).err).toContain('is the trace itself');
    expect((await kwind([...argv, '-o', join(folder, 'no', 'x.db')])).code).toBe(2);
  });

  it('writes plain tables that stock SQLite reads', () => {
    const path = join(folder, 'plain.db');
    const reader = openTrace(trace);
    writePlainTables(reader, path);
    reader.close();
    const db = new Database(path, { readonly: true });
    expect(db.prepare('SELECT count(*) AS n FROM events').get()).toEqual({ n: 872 });
    expect(db.prepare("SELECT value FROM trace WHERE key = 'profile'").get()).toEqual({ value: 'linux-6.12' });
    db.close();
  });
});
