import { join } from 'node:path';
import { boot, kernelConstants, kernelScope } from '@kwind/kernel';
import { LiveMachine } from '@kwind/recorder';
import { checkExpression, evaluate, expressionHelp, formatValue, parseExpression, printExpression } from '@kwind/state';
import { parsePosition, parseRange, type PositionContext } from '@kwind/timeline';
import { parseNumber, parseVaddr, profile } from '@kwind/x86';
import { Engine } from '../../../packages/cli/src/querying/engine.ts';
import { codeOf, Finding, type Subject, type Target } from '../fuzzer.ts';
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
/** In the place of a value. Where a condition is damaged so that it holds for many rows, SQLite takes any of them. */
const ONE_ROW = '(SELECT fn FROM calls WHERE calls.seq = flushes.call)';
const takesAnyRow = (text: string): boolean => /,\s*\(\s*select\b/i.test(text) && !text.includes(ONE_ROW);
/** Statements whose answer does not depend on the order in which rows are met. */
const joins = [
  'SELECT e.seq, c.fn FROM events e JOIN calls c ON c.seq = e.call WHERE e.type = "pte.written"',
  'SELECT p.seq, table_addr, c.* FROM pte_writes p LEFT JOIN calls AS c ON c.seq = p.call WHERE p.seq BETWEEN 300 AND 340 AND idx < 0x100',
  `SELECT flushes.seq, ${ONE_ROW} FROM flushes`,
  'SELECT i.fn, o.fn FROM calls i, "calls" o WHERE i.parent = o.seq AND o.depth >= 1',
  'WITH calls AS (SELECT 7 AS seq) SELECT calls.seq FROM slots JOIN calls USING (seq) NATURAL JOIN warnings',
  "SELECT seq FROM events WHERE position > 400 AND seq IN (SELECT seq FROM flushes UNION SELECT claimed FROM slots WHERE vaddr >= '0xffffffffff200000')",
];
const tableNames = /\b(?:events|calls|pte_writes)\b/gi;
const dependsOnOrder = /limit|offset|count|sum|min|max|avg|total|group|over|random|date|time|now/i;
const MOST_ROWS = 200;

/** Returns '' for what was answered, or why not; a ToolError is a refusal too. */
type Feed = (text: string, random: Random) => string | Promise<string>;

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
    return '';
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
  if (random.oneIn(5)) {
    void [parseNumber(text, 'a number'), parseVaddr(text, 4)];
    return '';
  }
  const places = random.oneIn(2) ? [parsePosition(text, context)] : Object.values(parseRange(text, context));
  const bad = places.find((place) => !(Number.isInteger(place) && place >= 0 && place <= context.length));
  if (bad !== undefined) throw new Finding(`${JSON.stringify(text)} is read as position ${bad}`);
  return '';
};

/** Bytes that the process of a query may have, and the seconds until it is given up: some count for ever. */
const MOST_MEMORY = 512 * 1024 ** 2;
const PATIENCE = 2;

/** A value as far as it can tell two answers apart; it may have millions of letters. */
const shortened = (value: unknown): unknown =>
  typeof value === 'string'
    ? `${value.length} ${value.slice(0, 1000)}`
    : value instanceof Uint8Array
      ? value.length
      : value;

/** Rows of a query, or the refusal; undefined when it needs more time or memory than it gets here. */
async function answerOf(engine: Engine, text: string): Promise<readonly string[] | string | undefined> {
  const found: string[] = [];
  try {
    for await (const lot of (await engine.run(text, PATIENCE)).lots) {
      found.push(...lot.map((row) => JSON.stringify(row.map(shortened))));
      if (found.length > MOST_ROWS) break;
    }
    return found.toSorted();
  } catch (error) {
    const code = codeOf(error);
    return /^the query (?:was stopped after|took more memory)/.test((error as Error).message) ? undefined : code;
  }
}

/** The planner with copies, and without room for any: the same answer, or the same refusal. */
function joinFeed(copying: Engine, plain: Engine): Feed {
  return async (text) => {
    // Without copies, three tables that no condition joins any more take minutes.
    if (text.length > 2000 || (text.match(tableNames)?.length ?? 0) > 4) return '';
    if (dependsOnOrder.test(text) || takesAnyRow(text)) return '';
    const [own, other] = [await answerOf(copying, text), await answerOf(plain, text)];
    if (own === undefined || other === undefined) return 'too much';
    const isLong = Array.isArray(own) && Array.isArray(other) && Math.min(own.length, other.length) > MOST_ROWS;
    if (!isLong && JSON.stringify(own) !== JSON.stringify(other))
      throw new Finding(`${JSON.stringify(text)} answers otherwise from copies`);
    return typeof own === 'string' ? own : '';
  };
}

export const languageTarget: Target = {
  name: 'languages',
  about: 'expressions, positions, ranges, addresses and SQL',
  prepare(folder: string): Subject {
    const path = join(folder, 'sql.kwind');
    writeBase(path, true, 1);
    const engines = [{}, { mostCopied: 0 }].map(
      (options) => new Engine(path, { mostMemory: MOST_MEMORY, ...options }),
    ) as [Engine, Engine];
    const sqlFeed: Feed = async (text) => {
      const answer = await answerOf(engines[0], text);
      return answer === undefined ? 'too much' : typeof answer === 'string' ? answer : '';
    };
    const examples = [...expressions, ...expressionHelp(kernelScope(profile('linux-6.1'))).map(({ usage }) => usage)];
    const feeds: readonly { name: string; bases: readonly string[]; feed: Feed }[] = [
      { name: 'expression', bases: examples, feed: expressionFeed() },
      { name: 'position', bases: positions, feed: positionFeed },
      { name: 'sql', bases: [...queries, ...joins], feed: sqlFeed },
      { name: 'join', bases: joins, feed: joinFeed(...engines) },
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
      async one(random: Random) {
        const { name, bases, feed } = random.pick(feeds);
        let text = mutateText(random.pick(bases), random);
        if (random.oneIn(5)) text = Array.from({ length: random.below(9) }, () => random.pick(words)).join(' ');
        if (random.oneIn(200)) text = text.repeat(2000);
        try {
          return `${name}: ${(await feed(text, random)) || 'answered'}`;
        } catch (error) {
          return `${name}: ${codeOf(error)}`;
        }
      },
      helpers: () => engines.flatMap(({ pid }) => pid ?? []),
      close: () => engines.forEach((engine) => engine.close()),
    };
  },
};
