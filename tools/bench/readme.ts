// node tools/bench/readme.ts FIGURES.json: puts what `npm run bench -- --json FIGURES.json` wrote into the README, a line a
// figure, the workloads side by side.
import { readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { argv } from 'node:process';

interface Line {
  readonly what: string;
  readonly unit: string;
  readonly better: 'more' | 'less';
  readonly goal?: number | null;
  /** Missing where no goal is set. */
  readonly reached?: boolean | null;
  readonly shape: string;
  readonly n: number;
  readonly measured: number;
  readonly ours: string;
  readonly reference: string;
}

const [START, END] = ['<!-- figures: tools/bench/readme.ts writes this table -->', '<!-- /figures -->'];
const readme = fileURLToPath(new URL('../../README.md', import.meta.url));

const digits = (value: number): string =>
  value >= 100
    ? value.toFixed(0)
    : value >= 10
      ? value.toFixed(1)
      : value >= 0.01
        ? value.toFixed(2)
        : value.toFixed(4);

/** What it is measured against, without the rate that it had in this run. */
const against = ({ reference }: Line): string =>
  /[A-Za-z]/.test(reference) ? reference.replace(/ [\d.,]+ ?\S*$/, '') : '';

const valueOf = (line: Line): string => {
  const text = line.unit === 'equal' ? (line.measured === 1 ? 'yes' : 'no ✗') : `${digits(line.measured)} ${line.unit}`;
  return goalOf(line) !== '' && line.reached === false ? `${text} ✗` : text;
};

const goalOf = ({ goal, better, unit }: Line): string =>
  goal === undefined || goal === null || unit === 'equal'
    ? ''
    : `${better === 'more' ? '≥' : '≤'} ${Number(goal.toFixed(2))}`;

function table(lines: readonly Line[]): string {
  const rows = new Map<string, Line[]>();
  for (const line of lines) {
    const key = `${line.what}${against(line) === '' ? '' : `, against ${against(line)}`}`;
    rows.set(key, [...(rows.get(key) ?? []), line]);
  }
  const cells = [...rows].map(([what, found]) => {
    const [stress, real] = ['stress', 'real shape'].map((shape) => found.find((line) => line.shape === shape));
    const any = found.find((line) => line.shape !== 'stress' && line.shape !== 'real shape');
    const goals = [...new Set(found.map(goalOf))].join('; ');
    return [what, goals, any ? valueOf(any) : stress ? valueOf(stress) : '', real ? valueOf(real) : ''];
  });
  const head = ['figure', 'goal', 'stress, or as named', 'real shape'];
  return [head, head.map(() => '---'), ...cells].map((row) => `| ${row.join(' | ')} |`).join('\n');
}

const lines = JSON.parse(readFileSync(argv[2] ?? 'figures.json', 'utf8')) as readonly Line[];
const old = readFileSync(readme, 'utf8');
const [from, to] = [old.indexOf(START), old.indexOf(END)];
if (from < 0 || to < from) throw new Error('the README has no place for the table');
writeFileSync(readme, `${old.slice(0, from)}${START}\n${table(lines)}\n${old.slice(to)}`);
