import { join } from 'node:path';
import { boot, kernelConstants, kernelScope } from '@kwind/kernel';
import { TraceQuery, type QueryOptions } from '@kwind/query';
import { LiveMachine } from '@kwind/recorder';
import { checkExpression, evaluate, expressionHelp, formatValue, parseExpression, printExpression } from '@kwind/state';
import { parsePosition, parseRange, type PositionContext } from '@kwind/timeline';
import { openTrace } from '@kwind/trace';
import { parseNumber, parseVaddr, profile } from '@kwind/x86';
import { Finding, refusal, type Subject, type Target } from '../fuzzer.ts';
import { edgeNumbers, hostile, mutateText } from '../mutate.ts';
import type { Random } from '../random.ts';
import { writeBase } from './trace-base.ts';

const expressions = [
  'slots_in_use == 1 && phys_of(0xffffffffff200000) == 0xf0000',
  'walk(0xffffffff81000000).steps[0].table_phys >> 12 & 0x1ff',
  'not slots[0].in_use or tlb[0xffffffffff200000].stale',
  "pte(bm_pte).flags == 'RW A D' || fix(FIX_APIC_BASE) != NULL",
  '((1 + 2) * 3 - 4 / 5 % 6) << 63 ^ ~0',
  'call.args[0] > 64K and fn == "early_ioremap"',
];
const positions = [
  'start',
  'end-10',
  '.+5',
  '37.5%',
  '@mark',
  'phase:setup_arch',
  '#12',
  '3..9',
  '...end',
  '.-5...+5',
  '1_000',
];
const queries = [
  'SELECT type, count(*) FROM events GROUP BY type ORDER BY 2 DESC',
  'SELECT * FROM events WHERE seq BETWEEN 3 AND 9',
  "SELECT translate('0xffffffffff200000', 100)",
  'WITH x AS (SELECT seq FROM events LIMIT 5) SELECT max(seq) FROM x',
  "VALUES (address('0xffffffffff200000'), 1)",
  'SELECT name FROM sqlite_schema',
  "ATTACH 'x' AS y",
  "SELECT load_extension('x')",
  'PRAGMA journal_mode = DELETE',
  "SELECT printf('%.*c', 1000000000, 'x')",
  'SELECT zeroblob(1 << 40)',
];
/** Statements whose answer does not depend on the order in which rows are met. */
const joins = [
  'SELECT e.seq, c.fn FROM events e JOIN calls c ON c.seq = e.call WHERE e.type = "pte.written"',
  'SELECT p.seq, table_addr, c.* FROM pte_writes p LEFT JOIN calls AS c ON c.seq = p.call WHERE p.seq BETWEEN 300 AND 340 AND idx < 0x100',
  'SELECT flushes.seq, (SELECT fn FROM calls WHERE calls.seq = flushes.call) FROM flushes',
  'SELECT i.fn, o.fn FROM calls i, "calls" o WHERE i.parent = o.seq AND o.depth >= 1',
  'WITH calls AS (SELECT 7 AS seq) SELECT calls.seq FROM slots JOIN calls USING (seq) NATURAL JOIN warnings',
  "SELECT seq FROM events WHERE position > 400 AND seq IN (SELECT seq FROM flushes UNION SELECT claimed FROM slots WHERE vaddr >= '0xffffffffff200000')",
];
const tableNames = /\b(?:events|calls|pte_writes)\b/gi;
const dependsOnOrder = /limit|offset|count|sum|min|max|avg|total|group|over|random|date|time|now/i;
const MOST_ROWS = 200;

type Feed = (text: string, random: Random) => void;

function expressionFeed(): Feed {
  const build = profile('linux-6.1');
  const machine = new LiveMachine(build, () => {});
  boot(machine);
  const scope = kernelScope(build);
  const env = { view: machine.snapshot() };
  return (text) => {
    const parsed = parseExpression(text);
    const printed = printExpression(parsed);
    if (printExpression(parseExpression(printed)) !== printed)
      throw new Finding(`${JSON.stringify(text)} is printed as ${JSON.stringify(printed)}, which reads as another`);
    checkExpression(parsed, scope);
    void formatValue(evaluate(parsed, scope, env), checkExpression(parsed, scope));
  };
}

const context: PositionContext = {
  current: 40,
  length: 100,
  bookmark: (name) => (name === 'mark' ? 7 : undefined),
  bookmarks: ['mark'],
  phase: (name) => (name === 'setup_arch' ? 9 : undefined),
  phases: () => ['setup_arch'],
};

const positionFeed: Feed = (text, random) => {
  if (random.oneIn(5)) return void [parseNumber(text, 'a number'), parseVaddr(text, 4)];
  const places = random.oneIn(2) ? [parsePosition(text, context)] : Object.values(parseRange(text, context));
  const bad = places.find((place) => !(Number.isInteger(place) && place >= 0 && place <= context.length));
  if (bad !== undefined) throw new Finding(`${JSON.stringify(text)} is read as position ${bad}`);
};

/** A result of this size stands three times as large in memory for a moment; the watching process allows that. */
const MOST_SQL_MEMORY = 96 * 1024 ** 2;

/** SQL that counts for ever is what the person asked for; a few letters of damage do not make such. */
const isEndless = (text: string): boolean => /recursive/i.test(text);

/** The planner with copies, and without room for any: the same answer, or the same refusal. */
function joinFeed(reader: ReturnType<typeof openTrace>): Feed {
  const answer = (text: string, options: QueryOptions): readonly string[] => {
    const query = new TraceQuery(reader, { ...options, mostMemory: MOST_SQL_MEMORY });
    try {
      const rows = query.run(text).rows[Symbol.iterator]();
      const found: string[] = [];
      for (let next = rows.next(); next.done !== true && found.length <= MOST_ROWS; next = rows.next())
        found.push(JSON.stringify(next.value));
      rows.return?.();
      return found.toSorted();
    } finally {
      query.close();
    }
  };
  return (text) => {
    // Without copies, three tables that no condition joins any more take minutes.
    if (text.length > 2000 || dependsOnOrder.test(text) || (text.match(tableNames)?.length ?? 0) > 4) return;
    const [own, plain] = [{}, { mostCopied: 0 }].map((options) => {
      let rows: readonly string[] = [];
      const refused = refusal(() => void (rows = answer(text, options)));
      return { refused, rows };
    }) as [{ refused: string; rows: readonly string[] }, { refused: string; rows: readonly string[] }];
    const isLong = own.rows.length > MOST_ROWS && plain.rows.length > MOST_ROWS;
    if (own.refused !== plain.refused || (!isLong && JSON.stringify(own.rows) !== JSON.stringify(plain.rows)))
      throw new Finding(`${JSON.stringify(text)} answers otherwise from copies`);
  };
}

export const languageTarget: Target = {
  name: 'languages',
  about: 'expressions, positions, ranges, addresses and SQL',
  prepare(folder: string): Subject {
    const path = join(folder, 'sql.kwind');
    writeBase(path, true, 1);
    const reader = openTrace(path);
    const sqlFeed: Feed = (text) => {
      const query = new TraceQuery(reader, { mostMemory: MOST_SQL_MEMORY });
      try {
        let left = MOST_ROWS;
        for (const row of query.run(text).rows) {
          void row;
          if (--left === 0) break;
        }
      } finally {
        query.close();
      }
    };
    const examples = [...expressions, ...expressionHelp(kernelScope(profile('linux-6.1'))).map(({ usage }) => usage)];
    const feeds: readonly { name: string; bases: readonly string[]; feed: Feed }[] = [
      { name: 'expression', bases: examples, feed: expressionFeed() },
      { name: 'position', bases: positions, feed: positionFeed },
      { name: 'sql', bases: [...queries, ...joins], feed: sqlFeed },
      { name: 'join', bases: joins, feed: joinFeed(reader) },
    ];
    const words = [
      ...edgeNumbers,
      ...hostile,
      ...Object.keys(kernelConstants).slice(0, 20),
      '(',
      ')',
      '[',
      '..',
      '||',
      '.',
    ];
    return {
      one(random: Random) {
        const { name, bases, feed } = random.pick(feeds);
        let text = mutateText(random.pick(bases), random);
        if (random.oneIn(5)) text = Array.from({ length: random.below(9) }, () => random.pick(words)).join(' ');
        if (random.oneIn(200)) text = text.repeat(2000);
        if (isEndless(text)) return 'left out';
        return `${name}: ${refusal(() => feed(text, random)) || 'answered'}`;
      },
      close: () => reader.close(),
    };
  },
};
