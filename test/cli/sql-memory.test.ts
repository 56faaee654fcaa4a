import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeAll, describe, expect, it } from 'vitest';
import { Engine } from '../../packages/cli/src/querying/engine.ts';
import { scratch } from './kwind.ts';
import { restless, sampleEvents, writeTrace } from './sample-trace.ts';

const folder = scratch();
const trace = join(folder, 'sample.kwind');
beforeAll(() => writeTrace(trace, [...sampleEvents.slice(0, 19), ...restless(3000)]));

const MIB = 1024 ** 2;
/** Four times what the process takes for a small query. */
const LIMIT = 400 * MIB;
/** What may be taken between two looks, on a machine that does other things as well. */
const BETWEEN_LOOKS = 300 * MIB;

const engines: Engine[] = [];
afterEach(() => engines.splice(0).forEach((engine) => engine.close()));

function engine(): Engine {
  const made = new Engine(trace, { mostMemory: LIMIT });
  engines.push(made);
  return made;
}

async function rowsOf(asked: Engine, sql: string): Promise<readonly (readonly unknown[])[]> {
  const rows: (readonly unknown[])[] = [];
  for await (const lot of (await asked.run(sql, 0)).lots) rows.push(...lot);
  return rows;
}

/** Bytes that a process had at most, as far as the system tells while it lives. */
function peakOf(pid: number | undefined): number {
  try {
    return Number(/VmHWM:\s+(\d+) kB/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1] ?? 0) * 1024;
  } catch {
    return 0;
  }
}

const runaways = [
  ['a sort of all with all', 'SELECT e.seq, f.data FROM events e, events f, events g ORDER BY f.data || g.data'],
  [
    'a count to infinity that remembers',
    "WITH RECURSIVE c(x) AS (SELECT 'a' UNION SELECT printf('%02000d', length(x)) || x FROM c WHERE length(x) < 1e8) SELECT count(*) FROM c",
  ],
  [
    'groups of everything',
    'SELECT group_concat(e.data || f.data) FROM events e, events f, events g GROUP BY g.seq % 7',
  ],
  [
    'one long text in many columns',
    `WITH a AS MATERIALIZED (SELECT printf('%.*c', 60000000, 'x') AS x LIMIT 1) SELECT ${Array(20).fill('x').join(', ')} FROM a`,
  ],
] as const;

describe('a query that takes more and more memory', () => {
  it.each(runaways)('is ended: %s', { timeout: 60_000 }, async (_what, sql) => {
    const asked = engine();
    await asked.start();
    const { pid } = asked;
    let peak = 0;
    const looking = setInterval(() => (peak = Math.max(peak, peakOf(pid))), 5);
    const refused = await rowsOf(asked, sql).catch((error: unknown) => error);
    clearInterval(looking);
    expect(refused).toMatchObject({ code: 'command/usage', message: expect.stringContaining('more memory') });
    expect(peak).toBeLessThan(LIMIT + BETWEEN_LOOKS);
    expect(await rowsOf(asked, 'SELECT 40 + 2')).toEqual([[42]]);
  });

  it('may make long rows, but not ones that no screen shows', { timeout: 60_000 }, async () => {
    const asked = engine();
    const long = "SELECT length(printf('%.*c', 9000000, 'x')), printf('%.*c', 3000000, 'y') FROM events LIMIT 5";
    expect((await rowsOf(asked, long)).map(([length, text]) => [length, (text as string).length])).toEqual(
      Array(5).fill([9_000_000, 3_000_000]),
    );
    const refused = await rowsOf(asked, "SELECT printf('%.*c', 80000000, 'x')").catch((error: unknown) => error);
    expect(refused).toMatchObject({ code: 'command/usage', message: 'a row has 76 MiB of text; one may have 64.' });
    expect(await rowsOf(asked, 'SELECT 40 + 2')).toEqual([[42]]);
  });

  it('says so when there is no trace to ask', async () => {
    const asked = new Engine(join(folder, 'absent.kwind'), {});
    await expect(asked.start()).rejects.toMatchObject({ code: 'trace/not-found' });
  });
});
