import { describe, expect, it } from 'vitest';
import { codeOfType } from '@kwind/events';
import { planned } from './plan.ts';
import { isComplete } from './tokens.ts';

/** What of `events` a query takes: first seq, last + 1, codes, frame, index, data. */
const taken = (sql: string, table = 'events'): string | undefined =>
  new RegExp(`FROM ${table}\\(([^)]*)\\)|JOIN ${table}\\(([^)]*)\\)`)
    .exec(planned(sql))
    ?.slice(1)
    .find((part) => part !== undefined);
const ALL = "0, -1, '*', -1, -1, 1";

describe('the plan of a query', () => {
  it.each([
    ['SELECT * FROM events WHERE seq BETWEEN 5 AND 9', "5, 10, '*', -1, -1, 1"],
    ['SELECT * FROM events e WHERE e.seq >= 5 AND 9 > e.seq', "5, 9, '*', -1, -1, 1"],
    ['SELECT type FROM events WHERE position = 5', "4, 5, '*', -1, -1, 0"],
    ['SELECT * FROM events WHERE seq IN (7, 3, 5)', "3, 8, '*', -1, -1, 1"],
    ["SELECT count(*) FROM events WHERE type = 'pte.written'", `0, -1, '${codeOfType('pte.written')}', -1, -1, 0`],
    [
      "SELECT count(*) FROM events WHERE type GLOB 'slot.cl*' AND seq < 4",
      `0, 4, '${codeOfType('slot.claimed')}', -1, -1, 0`,
    ],
  ])('takes only what can matter: %s', (sql, wanted) => {
    expect(taken(sql)).toBe(wanted);
  });

  it.each([
    'SELECT * FROM events WHERE seq < 5 OR depth = 1',
    'SELECT * FROM events WHERE NOT seq < 5',
    'SELECT * FROM events WHERE CASE WHEN depth AND seq < 5 THEN 1 ELSE 0 END',
    'SELECT * FROM events WHERE seq + 1 < 5',
    'SELECT * FROM events WHERE seq < depth',
    "SELECT * FROM events WHERE seq < '5'",
    'SELECT * FROM events -- WHERE seq < 5',
    "SELECT * FROM events WHERE 'seq < 5'",
    'SELECT * FROM events, calls WHERE calls.seq < 5',
    'SELECT * FROM events WHERE depth IN (SELECT seq FROM calls WHERE seq < 5)',
  ])('takes everything where a condition does not bind: %s', (sql) => {
    expect(taken(sql)).toBe(ALL);
  });

  it('knows inner queries, joins and names of WITH', () => {
    expect(planned('WITH events AS (SELECT 1 AS seq) SELECT * FROM events WHERE seq = 1')).not.toContain('events(');
    expect(taken('SELECT * FROM calls c JOIN events AS e ON e.call = c.seq WHERE e.seq < 9 AND c.seq < 3')).toContain(
      '0, 9,',
    );
    expect(
      taken('SELECT (SELECT count(*) FROM flushes f WHERE f.seq > 3 AND f.seq < e.seq) FROM events e', 'flushes'),
    ).toContain('4, -1');
  });

  it('writes numbers beside addresses as the columns hold them, and no others', () => {
    expect(planned('SELECT * FROM slots WHERE phys = 0xf0000')).toContain("phys = '0x00000000000f0000'");
    expect(planned("SELECT * FROM slots WHERE '0xF0000' <= slots.phys")).toContain(
      "'0x00000000000f0000' <= slots.phys",
    );
    expect(planned('SELECT * FROM slots WHERE phys BETWEEN 0 AND 4096')).toContain(
      "'0x0000000000000000' AND '0x0000000000001000'",
    );
    expect(planned('SELECT * FROM flushes WHERE vaddr IN (1, 0x2)')).toContain(
      "('0x0000000000000001', '0x0000000000000002')",
    );
    expect(planned('SELECT * FROM slots WHERE slot = 1 AND pages > 0x10')).toContain('slot = 1 AND pages > 0x10');
    expect(planned('SELECT * FROM mappings_at(3) WHERE size = 4096')).toContain('size = 4096');
    // Both tables have an `end`; in one of them it is a seq.
    expect(planned('SELECT * FROM calls, resources WHERE end = 5')).toContain('end = 5');
  });
});

describe('a statement', () => {
  it('takes a name for what SQLite takes for one, so that no part of it is taken for a table', () => {
    for (const name of ['flushes\ud800', 'flushes\u00a0', 'flushes\u{1f600}', 'flusheß']) {
      expect(planned(`SELECT seq FROM ${name} WHERE seq < 5`)).toBe(`SELECT seq FROM ${name} WHERE seq < 5`);
    }
  });

  it('ends with a semicolon that stands in no text and no comment', () => {
    for (const sql of ['SELECT 1;', "SELECT ';' ;", 'SELECT 1; -- done', 'SELECT "a;b";'])
      expect(isComplete(sql)).toBe(true);
    for (const sql of ['SELECT 1', "SELECT ';", 'SELECT 1 -- ;', 'SELECT /* ; */ 1', 'SELECT "a;'])
      expect(isComplete(sql)).toBe(false);
  });
});
