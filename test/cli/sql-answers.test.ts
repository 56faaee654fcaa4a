import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { DebugSession, toJson } from '@kwind/debugger';
import { catalog } from '@kwind/events';
import { TraceQuery } from '@kwind/query';
import { walk } from '@kwind/state';
import { Timeline } from '@kwind/timeline';
import { openTrace, type SqliteTraceReader } from '@kwind/trace';
import { profile, vaddr } from '@kwind/x86';
import { kwind, scratch } from './kwind.ts';

const folder = scratch();
const script = fileURLToPath(new URL('../../traces/scripts/use-after-unmap.kws', import.meta.url));
const path = join(folder, 'use.kwind');
let reader: SqliteTraceReader;
let query: TraceQuery;
let timeline: Timeline;
let session: DebugSession;

beforeAll(async () => {
  await kwind(['record', script, '-o', path]);
  reader = openTrace(path);
  query = new TraceQuery(reader);
  timeline = new Timeline(reader, profile(reader.header.profile, reader.header.options));
  session = new DebugSession(timeline, {});
});
afterAll(() => {
  query.close();
  reader.close();
});

const rowsOf = (sql: string): unknown[][] => Array.from(query.run(sql).rows, (row) => [...row]);
const wide = (value: bigint | string): string => `0x${BigInt(value).toString(16).padStart(16, '0')}`;
const position = (): fc.Arbitrary<number> => fc.nat({ max: reader.length });
const at = (to: number): void => void session.dispatch({ do: 'goto', to: String(to) });
const debuggerSays = (topic: string): Record<string, never[]> =>
  toJson(session.dispatch({ do: 'info', topic: topic as never, argument: '' })) as Record<string, never[]>;

describe('the tables agree with the debugger', () => {
  it('about slots, at any position', () => {
    fc.assert(
      fc.property(position(), (to) => {
        at(to);
        const slots = debuggerSays('slots')['slots'] as unknown as {
          slot: number;
          inUse: boolean;
          prevMap: string;
          phys: string;
        }[];
        const expected = slots
          .filter(({ inUse }) => inUse)
          .map(({ slot, prevMap, phys }) => [slot, wide(prevMap), wide(phys)]);
        expect(rowsOf(`SELECT slot, prev_map, phys FROM slots_at(${to}) WHERE in_use ORDER BY slot`)).toEqual(expected);
        const held = `SELECT slot, vaddr, phys FROM slots WHERE claimed < ${to} AND (released IS NULL OR released >= ${to}) ORDER BY slot`;
        expect(rowsOf(held)).toEqual(expected);
      }),
      { numRuns: 60 },
    );
  });

  it('about translations, at any position', () => {
    const pages = fc.constantFrom(0xffff_ffff_ff20_0000n, 0xffff_ffff_ff24_0000n, 0xffff_ffff_8100_0000n, 0x1000n);
    fc.assert(
      fc.property(position(), pages, fc.nat({ max: 4095 }), (to, page, offset) => {
        at(to);
        const address = page + BigInt(offset);
        const { value: answer } = toJson(
          session.dispatch({ do: 'print', expression: `phys_of(${wide(address)})` }),
        ) as {
          value: { kind: string; value?: string };
        };
        const value = answer.value ?? null;
        const [[got]] = rowsOf(`SELECT translate('${wide(address)}', ${to})`) as [[string | null]];
        expect(got).toBe(value === null ? null : wide(value));
        const mapped = rowsOf(
          `SELECT plus(phys, minus('${wide(address)}', vaddr)) FROM mappings_at(${to}) WHERE vaddr <= '${wide(address)}' AND plus(vaddr, size - 1) >= '${wide(address)}'`,
        );
        expect(mapped).toEqual(got === null ? [] : [[got]]);
      }),
      { numRuns: 60 },
    );
  });

  it('about resources, at any position', async () => {
    const ports = join(folder, 'ports.kwind');
    await kwind(['record', fileURLToPath(new URL('../../traces/scripts/pc-ports.kws', import.meta.url)), '-o', ports]);
    const own = openTrace(ports);
    const asked = new TraceQuery(own);
    const digits = (text: string): string => BigInt(text).toString(16).padStart(4, '0');
    let most = 0;
    for (let to = 0; to <= own.length; to += 11) {
      const { out: text } = await kwind(['show', ports, 'ioports', '--at', String(to)]);
      const sql = `SELECT depth, start, "end", name FROM resources_at(${to}) WHERE tree = 'ioport'`;
      const lines = Array.from(asked.run(sql).rows, (row) => {
        const [depth, start, end, name] = row as [number, string, string, string];
        return `${'  '.repeat(depth)}${digits(start)}-${digits(end)} : ${name}\n`;
      });
      expect(lines.join('') || 'no I/O port is claimed\n').toBe(text);
      most = Math.max(most, lines.length);
    }
    expect(most).toBeGreaterThan(5);
    asked.close();
    own.close();
  });
});

describe('conditions that spare reading', () => {
  const types = fc.constantFrom(...catalog.map(({ type }) => type));
  const bounds = fc.tuple(fc.nat({ max: 700 }), fc.nat({ max: 700 }));
  const condition = fc.oneof(
    bounds.map(([a, b]) => `seq BETWEEN ${a} AND ${b}`),
    fc.tuple(fc.constantFrom('<', '<=', '>', '>=', '='), fc.nat({ max: 700 })).map(([op, n]) => `${n} ${op} position`),
    types.map((type) => `type = '${type}'`),
    fc.array(types, { minLength: 1, maxLength: 4 }).map((some) => `type IN ('${some.join("', '")}')`),
    types.map((type) => `type LIKE '${type.slice(0, 4).toUpperCase()}%'`),
    fc.constantFrom('pte.*', '*.written', 's?ot.*', 'x').map((glob) => `type GLOB '${glob}'`),
    fc.nat({ max: 5 }).map((depth) => `depth = ${depth}`),
  );

  it('leave the answer as it is', () => {
    fc.assert(
      fc.property(
        fc.array(condition, { minLength: 1, maxLength: 3 }),
        fc.constantFrom(' AND ', ' OR '),
        (parts, joint) => {
          const where = parts.join(joint);
          // A query inside brackets has no conditions of its own, and so reads all.
          const plain = rowsOf(`SELECT seq, type, call, data FROM (SELECT * FROM events) WHERE ${where}`);
          expect(rowsOf(`SELECT seq, type, call, data FROM events WHERE ${where}`)).toEqual(plain);
          expect(rowsOf(`SELECT count(*) FROM events AS e WHERE ${where}`)).toEqual([[plain.length]]);
        },
      ),
      { numRuns: 150 },
    );
  });

  it('find the same stores by their table', () => {
    for (const [table, index] of rowsOf('SELECT DISTINCT table_addr, idx FROM pte_writes LIMIT 40')) {
      const where = `table_addr = '${String(table)}' AND idx = ${String(index)}`;
      expect(rowsOf(`SELECT * FROM pte_writes WHERE ${where}`)).toEqual(
        rowsOf(`SELECT * FROM (SELECT * FROM pte_writes) WHERE ${where}`),
      );
    }
  });

  it('find the same stores by an address as a look at every position does', () => {
    const address = '0xffffffffff200000';
    const onWalk = new Set<string>();
    for (let to = 0; to <= reader.length; to++) {
      const found = walk(timeline.stateAt(to), vaddr(BigInt(address)));
      if (found.kind === 'non-canonical') continue;
      for (const { table, index } of found.steps) onWalk.add(`${wide(BigInt(table) << 12n)} ${index}`);
    }
    const stores = rowsOf('SELECT seq, table_addr, idx FROM pte_writes')
      .filter(([, table, index]) => onWalk.has(`${String(table)} ${String(index)}`))
      .map(([seq]) => [seq]);
    expect(stores.length).toBeGreaterThan(5);
    expect(rowsOf(`SELECT seq FROM pte_history('${address}')`)).toEqual(stores);
  });
});

describe('tables that a query joins', () => {
  // Without room for copies, each is read as it lies for every row of the other.
  let without: TraceQuery;
  beforeAll(() => {
    without = new TraceQuery(reader, { mostCopied: 0 });
  });
  afterAll(() => without.close());
  const bothSay = (sql: string): unknown[][] => {
    // In any order: a join may go through either table first.
    const sorted = (rows: unknown[][]): string[] => rows.map((row) => JSON.stringify(row)).toSorted();
    const rows = rowsOf(sql);
    expect(sorted(rows), sql).toEqual(sorted(Array.from(without.run(sql).rows, (row) => [...row])));
    return rows;
  };

  it('answer as the same tables do unjoined', () => {
    const table = fc.constantFrom('events', 'pte_writes', 'flushes', 'resources', 'warnings');
    const seq = fc.nat({ max: 700 });
    const where = fc.oneof(
      fc.tuple(seq, seq).map(([a, b]) => `a.seq BETWEEN ${a} AND ${b}`),
      seq.map((at) => `a.seq = ${at}`),
      fc.constant('1'),
    );
    const kind = fc.constantFrom('JOIN', 'LEFT JOIN');
    fc.assert(
      fc.property(table, kind, where, (name, join, condition) => {
        const joined = `FROM ${name} a ${join} calls c ON c.seq = a.call WHERE ${condition}`;
        bothSay(`SELECT a.seq, c.* ${joined}`);
        bothSay(`SELECT a.seq, typeof(c.seq), c.fn || '', c.seq / 2 ${joined}`);
      }),
      { numRuns: 40 },
    );
  });

  it('are found in subqueries, under their own names, and twice in one statement', () => {
    const all = bothSay('SELECT seq, (SELECT fn FROM calls WHERE calls.seq = events.call) AS fn FROM events');
    expect(all).toHaveLength(reader.length);
    expect(all.filter(([, fn]) => fn === '__early_set_fixmap').length).toBeGreaterThan(3);
    expect(bothSay('SELECT i.fn, o.fn FROM calls i, calls o WHERE i.parent = o.seq').length).toBeGreaterThan(3);
    bothSay('SELECT count(*) FROM slots NATURAL JOIN flushes');
    bothSay('SELECT * FROM flushes JOIN slots USING (call)');
    bothSay('WITH calls AS (SELECT 1 AS seq) SELECT count(*) FROM events JOIN calls USING (seq)');
    const up = `WITH RECURSIVE up(seq, n) AS (SELECT seq, 0 FROM calls WHERE parent IS NULL
      UNION ALL SELECT c.seq, n + 1 FROM up JOIN calls c ON c.parent = up.seq)
      SELECT up.seq FROM up JOIN calls c ON c.seq = up.seq WHERE up.n <> c.depth`;
    expect(bothSay(up)).toEqual([]);
  });

  it('stay out of a statement that names its tables in an unusual way', () => {
    expect(bothSay("SELECT count(*) FROM flushes, slots 'one'")[0]![0]).toBeGreaterThan(0);
    bothSay('SELECT count(*) FROM flushes f JOIN calls AS LEFT JOIN calls AS c ON c.seq = f.call');
  });

  it('hold the fields of events as soon as a later query asks for them', () => {
    const from = 'FROM events e JOIN calls c ON c.seq = e.call';
    const [[number]] = bothSay(`SELECT count(*) ${from}`) as [[number]];
    expect(bothSay(`SELECT e.seq ${from} WHERE json_extract(e.data, '$') IS NOT NULL`)).toHaveLength(number);
    expect(bothSay(`SELECT c.args ${from} WHERE c.args IS NOT NULL`)).toHaveLength(number);
  });

  it('cannot be written to either', () => {
    expect(() => rowsOf('DELETE FROM "copy of calls"')).toThrow(/not a query/);
    expect(() => rowsOf('WITH x AS (SELECT 1) DELETE FROM "copy of calls"')).toThrow(/read/);
  });
});
