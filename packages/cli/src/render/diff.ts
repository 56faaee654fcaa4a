import type { Difference, DiffItem, StateLine } from '@kwind/timeline';
import { hex } from '@kwind/x86';
import type { DiffReport } from '../comparing/diff.ts';
import { safe } from '../terminal.ts';
import { shortened, type Style } from './style.ts';
import { count, table } from './table.ts';

const SHOWN = 40;
const AROUND = 2;

/** `event #12`, `#40 to #61`. */
const placeText = ({ seq, end }: DiffItem): string => (seq === end ? `#${seq + 1}` : `#${seq + 1} to #${end + 1}`);

/** One difference in a sentence. */
export function sentenceOf({ kind, what, a, b }: Difference): string {
  switch (kind) {
    case 'only-a':
      return `only in A: ${what} ${placeText(a!)}  ${safe(a!.text)}`;
    case 'only-b':
      return `only in B: ${what} ${placeText(b!)}  ${safe(b!.text)}`;
    case 'moved':
      return `moved: ${what} ${placeText(a!)} of A is ${placeText(b!)} of B  ${safe(a!.text)}`;
    case 'changed':
      return `changed: ${what} ${placeText(a!)} of A, ${placeText(b!)} of B  ${safe(what === 'call' ? a!.text : a!.type)}`;
  }
}

function linesOf(difference: Difference): string[] {
  const { path, fields, rejoin } = difference;
  return [
    sentenceOf(difference),
    ...fields.map(({ name, a, b }) => `    ${name}: ${safe(a)} -> ${safe(b)}`),
    ...(path.length === 0 ? [] : [`    in ${path.map(safe).join(' > ')}`]),
    ...(rejoin ? [`    the same again from #${rejoin.a + 1} of A and #${rejoin.b + 1} of B on`] : []),
  ];
}

const stateText = ({ side, text }: StateLine): string => `${{ both: ' ', a: '-', b: '+' }[side]} ${safe(text)}`;

/** Lines of a diff that differ, with a few around them. */
function hunks(lines: readonly StateLine[]): string[] {
  const near = lines.map((_, i) =>
    lines.slice(Math.max(0, i - AROUND), i + AROUND + 1).some(({ side }) => side !== 'both'),
  );
  return lines.flatMap((line, i) => (near[i] ? [`  ${stateText(line)}`] : near[i - 1] ? ['    …'] : []));
}

const slideLines = ({ diff }: DiffReport): string[] =>
  diff.slides.map(({ what, a, b }) => `(${what}: ${hex(a)} in A, ${hex(b)} in B; taken out of the comparison)`);

const headOf = ({ a, b, diff }: DiffReport): string =>
  `A ${safe(a)}, ${count(diff.events.a, 'event')}; B ${safe(b)}, ${count(diff.events.b, 'event')}`;

const tolerated = ({ diff }: DiffReport): string[] =>
  diff.tolerated === 0 ? [] : [`(${count(diff.tolerated, 'call')} in another order, tolerated)`];

export function renderDiff(report: DiffReport, style: Style): string[] {
  const { diff, states } = report;
  const head = [headOf(report), ...slideLines(report), ...tolerated(report)];
  if (diff.same) return [...head, 'The same.'];
  const [first] = diff.differences;
  const where = [first?.a && `#${first.a.seq + 1} of A`, first?.b && `#${first.b.seq + 1} of B`]
    .filter(Boolean)
    .join(' and ');
  return [
    ...head,
    `${count(diff.differences.length, 'difference')}, the first at ${where}`,
    '',
    ...shortened(
      diff.differences.map((one) => linesOf(one).join('\n')),
      SHOWN,
      'differences',
      style,
    ),
    ...(states.length === 0
      ? ['', 'At the end both machines are the same in what they map and hold.']
      : ['', 'At the end:', ...hunks(states)]),
  ];
}

/** One line for each kind of difference and type of event or function. */
export function renderStat(report: DiffReport): string[] {
  const counts = new Map<string, number>();
  for (const { kind, what, a, b } of report.diff.differences) {
    const item = (a ?? b)!;
    const key = `${kind}\t${what === 'call' ? `${item.text.split('(', 1)[0]}()` : item.type}`;
    counts.set(key, (counts.get(key) ?? 0) + 1);
  }
  const rows = [...counts].toSorted((x, y) => y[1] - x[1]).map(([key, n]) => [String(n), ...key.split('\t').map(safe)]);
  return [
    ...table([{ head: '', align: 'right' }, { head: '' }, { head: '' }], rows),
    report.diff.same ? 'The same.' : count(report.diff.differences.length, 'difference'),
  ];
}

/** As diff -u writes it: the path of calls as the line with the two places. */
export function renderUnified(report: DiffReport, style: Style): string[] {
  const { diff, states } = report;
  const sign = (tint: 'red' | 'green', mark: string, text: string): string => style.paint(tint, `${mark}${safe(text)}`);
  const hunk = ({ kind, a, b, path, fields }: Difference): string[] => [
    style.paint(
      'cyan',
      `@@ ${a ? `-${a.seq + 1}` : '-'} ${b ? `+${b.seq + 1}` : '+'} @@ ${path.map(safe).join(' > ')}${kind === 'moved' ? ' (moved)' : ''}`,
    ),
    ...(kind === 'changed' && fields.length > 0 && a && b
      ? fields.flatMap((field) => [
          sign('red', '-', `${a.type} ${field.name}=${field.a}`),
          sign('green', '+', `${b.type} ${field.name}=${field.b}`),
        ])
      : [...(a ? [sign('red', '-', a.text)] : []), ...(b ? [sign('green', '+', b.text)] : [])]),
  ];
  if (diff.same) return [];
  return [
    `--- ${safe(report.a)}`,
    `+++ ${safe(report.b)}`,
    ...diff.differences.flatMap(hunk),
    ...(states.length === 0 ? [] : ['@@ the machines at the end @@', ...hunks(states).map((line) => line.slice(2))]),
  ];
}
