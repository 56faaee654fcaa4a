import { join } from 'node:path';
import { boot, kernelConstants, kernelScope } from '@kwind/kernel';
import { TraceQuery } from '@kwind/query';
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

/** SQL that counts for ever is what the person asked for; a few letters of damage do not make such. */
const isEndless = (text: string): boolean => /recursive/i.test(text);

export const languageTarget: Target = {
  name: 'languages',
  about: 'expressions, positions, ranges, addresses and SQL',
  prepare(folder: string): Subject {
    const path = join(folder, 'sql.kwind');
    writeBase(path, true, 1);
    const reader = openTrace(path);
    const sqlFeed: Feed = (text) => {
      const query = new TraceQuery(reader);
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
      { name: 'sql', bases: queries, feed: sqlFeed },
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
