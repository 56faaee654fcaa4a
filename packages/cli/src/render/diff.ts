import type { Difference, DifferenceGroup, DiffItem, StateDiff, StateLine, StateSection } from '@kwind/timeline';
import { hex } from '@kwind/x86';
import type { DiffReport } from '../comparing/diff.ts';
import { safe } from '../terminal.ts';
import { shortened, type Style } from './style.ts';
import { count, table } from './table.ts';

const SHOWN = 40;
const SHOWN_LINES = 24;
const SHOWN_INSIDE = 6;

/** `#12`, `#40 to #61`. */
const placeText = ({ seq, end }: DiffItem): string => (seq === end ? `#${seq + 1}` : `#${seq + 1} to #${end + 1}`);

/** What an item is called: a call by what it was called with, an event by its type and fields. */
export const nameOf = ({ type, text }: DiffItem): string =>
  type === 'call.entered' ? text : text.length > 160 ? `${text.slice(0, 160)}…` : text;

/** One difference in a sentence. */
export function sentenceOf({ kind, what, a, b, fields }: Difference): string {
  switch (kind) {
    case 'only-a':
      return `only in A: ${what} ${placeText(a!)}  ${safe(nameOf(a!))}`;
    case 'only-b':
      return `only in B: ${what} ${placeText(b!)}  ${safe(nameOf(b!))}`;
    case 'moved':
      return `moved: ${what} ${placeText(a!)} of A is ${placeText(b!)} of B  ${safe(nameOf(a!))}`;
    case 'changed':
      return `changed: ${what} ${placeText(a!)} of A, ${placeText(b!)} of B  ${safe(what === 'call' ? nameOf(a!) : aboutOf(a!, fields))}`;
  }
}

/** The type of an event that changed, and what both sides say that it is about: the entry, the slot, or the name it goes by. */
function aboutOf({ type, text }: DiffItem, changed: Difference['fields']): string {
  const said = (field: string): string | undefined =>
    changed.some(({ name }) => name === field) ? undefined : new RegExp(` ${field}=(.+?)(?= \\w+=|$)`).exec(text)?.[1];
  const [table, index] = [said('table'), said('index')];
  if (table !== undefined) return `${type} <${table}>${index ?? ''}`;
  const slot = said('slot');
  const fn = said('fn');
  const about = slot === undefined ? (fn === undefined ? said('name') : `${fn}()`) : `slot ${slot}`;
  return about === undefined ? type : `${type} ${about}`;
}

const fieldLines = ({ fields }: Difference): string[] =>
  fields.map(({ name, a, b }) => `${name}: ${safe(a)} -> ${safe(b)}`);

function insideLines({ inside }: Difference, style: Style): string[] {
  return shortened(
    inside.flatMap((one) => [
      `within it, ${sentenceOf(one)}`,
      ...fieldLines(one).map((line) => `    ${line}`),
      ...insideLines(one, style).map((line) => `    ${line}`),
    ]),
    SHOWN_INSIDE,
    'lines',
    style,
  );
}

const kindNames = { changed: 'changed', 'only-a': 'only in A', 'only-b': 'only in B', moved: 'moved' } as const;

/** `41 only in A, 3 moved`. */
export function tally(all: readonly Difference[]): string {
  const counts = Object.entries(kindNames).map(
    ([kind, name]) => [all.filter((one) => one.kind === kind).length, name] as const,
  );
  return counts.flatMap(([n, name]) => (n === 0 ? [] : [`${n.toLocaleString('en-US')} ${name}`])).join(', ');
}

/** What else a group holds, and where the last of it is. */
function othersLine({ all, lead }: DifferenceGroup): string[] {
  const rest = all.slice(1);
  const last = rest.at(-1);
  if (!last) return [];
  const until = last.a ? `#${last.a.seq + 1} of A` : `#${last.b!.seq + 1} of B`;
  const alike =
    lead.fields.length > 0 && rest.every(({ kind, fields }) => kind === 'changed' && sameFields(fields, lead.fields));
  if (alike) return [`and so in ${rest.map((one) => `#${one.a!.seq + 1}`).join(', ')} of A`];
  return [`and ${count(rest.length, 'more like it', 'more like it')}, up to ${until}: ${tally(rest)}`];
}

const sameFields = (a: Difference['fields'], b: Difference['fields']): boolean =>
  JSON.stringify(a) === JSON.stringify(b);

function linesOf(group: DifferenceGroup, style: Style): string[] {
  const { lead } = group;
  const lines = [
    ...fieldLines(lead),
    ...insideLines(lead, style),
    ...othersLine(group),
    ...(lead.path.length === 0 ? [] : [`in ${lead.path.map(safe).join(' > ')}`]),
    ...(lead.rejoin && group.all.length === 1
      ? [`the same again from #${lead.rejoin.a + 1} of A and #${lead.rejoin.b + 1} of B on`]
      : []),
  ];
  return [sentenceOf(lead), ...lines.map((line) => `    ${line}`)];
}

export const stateTitles: Readonly<Record<StateSection['what'], string>> = {
  boot: 'boot',
  slots: 'early_ioremap slots',
  mappings: 'mappings',
  areas: 'vmalloc areas',
  tlb: 'TLB',
  iomem: '/proc/iomem',
  ioport: '/proc/ioports',
};

const stateText = ({ side, text }: StateLine): string => `${{ both: ' ', a: '-', b: '+' }[side]} ${safe(text)}`;

function stateLines(title: string, states: StateDiff | undefined, style: Style): string[] {
  if (!states) return [];
  const where = `${title} (#${states.at.a} of A, #${states.at.b} of B)`;
  if (states.sections.length === 0) return ['', `${where} both machines are the same in what they map and hold.`];
  return [
    '',
    `${where}:`,
    ...states.sections.flatMap(({ what, lines }) => [
      `  ${stateTitles[what]}`,
      ...shortened(lines.map(stateText), SHOWN_LINES, 'lines', style).map((line) => `    ${line}`),
    ]),
  ];
}

export function noteLines({ diff }: DiffReport): string[] {
  return [
    ...diff.slides.map(({ what, a, b }) => `(${what}: ${hex(a)} in A, ${hex(b)} in B; taken out of the comparison)`),
    ...(diff.rebuilt
      ? ['(another build of the kernel: places within its code, callers and the pages it was given are not compared)']
      : []),
    ...(diff.patches && diff.patches.a + diff.patches.b > 0
      ? [
          `(${count(diff.patches.a, 'store')} for patching text in A, ${diff.patches.b.toLocaleString('en-US')} in B; not compared)`,
        ]
      : []),
    ...(diff.tolerated === 0 ? [] : [`(${count(diff.tolerated, 'call')} in another order, tolerated)`]),
  ];
}

const headOf = ({ a, b, diff }: DiffReport): string =>
  `A ${safe(a)}, ${count(diff.events.a, 'event')}; B ${safe(b)}, ${count(diff.events.b, 'event')}`;

export function renderDiff(report: DiffReport, style: Style): string[] {
  const { diff, groups } = report;
  const head = [headOf(report), ...noteLines(report)];
  if (diff.same) return [...head, 'The same.'];
  const [first] = diff.differences;
  const where = [first?.a && `#${first.a.seq + 1} of A`, first?.b && `#${first.b.seq + 1} of B`]
    .filter(Boolean)
    .join(' and ');
  const sorts = groups.length < diff.differences.length ? ` of ${count(groups.length, 'sort')}` : '';
  return [
    ...head,
    `${count(diff.differences.length, 'difference')}${sorts}, the first at ${where}`,
    '',
    ...shortened(
      groups.map((group) => linesOf(group, style).join('\n')),
      SHOWN,
      'sorts of differences',
      style,
    ),
    ...stateLines('After the first difference', report.first, style),
    ...stateLines('At the end', report.end, style),
  ];
}

/** Of a call. */
const functionOf = ({ text }: DiffItem): string => `${text.split('(', 1)[0]}()`;

/** One line for each kind of difference and type of event or function. */
export function renderStat(report: DiffReport): string[] {
  const counts = new Map<string, number>();
  for (const { kind, what, a, b } of report.diff.differences) {
    const item = (a ?? b)!;
    const sort = what === 'call' ? functionOf(item) : what === 'stretch' ? 'stretches' : item.type;
    const key = `${kind}\t${sort}`;
    counts.set(key, (counts.get(key) ?? 0) + 1);
  }
  const rows = [...counts].toSorted((x, y) => y[1] - x[1]).map(([key, n]) => [String(n), ...key.split('\t').map(safe)]);
  return [
    ...table([{ head: '', align: 'right' }, { head: '' }, { head: '' }], rows),
    report.diff.same ? 'The same.' : count(report.diff.differences.length, 'difference'),
  ];
}

/** One side of a field that changed. What a call was called with stands in its title. */
function unifiedText(
  what: Difference['what'],
  item: DiffItem,
  changed: Difference['fields'],
  name: string,
  value: string,
): string {
  if (what !== 'call') return `${aboutOf(item, changed)} ${name}=${value}`;
  return name === 'args' ? item.text : `${functionOf(item)} ${name}=${value}`;
}

/** As diff -u writes it: the path of calls as the line with the two places. */
export function renderUnified(report: DiffReport, style: Style): string[] {
  const { diff } = report;
  const sign = (tint: 'red' | 'green', mark: string, text: string): string => style.paint(tint, `${mark}${safe(text)}`);
  const hunk = ({ kind, what, a, b, at, path, fields, inside }: Difference): string[] => [
    style.paint(
      'cyan',
      `@@ -${at.a + 1} +${at.b + 1} @@ ${path.map(safe).join(' > ')}${kind === 'moved' ? ' (moved)' : ''}`,
    ),
    ...(kind === 'changed' && fields.length > 0 && a && b
      ? fields.flatMap((field) => [
          sign('red', '-', unifiedText(what, a, fields, field.name, field.a)),
          sign('green', '+', unifiedText(what, b, fields, field.name, field.b)),
        ])
      : [...(a ? [sign('red', '-', a.text)] : []), ...(b ? [sign('green', '+', b.text)] : [])]),
    ...inside.flatMap(hunk),
  ];
  const machines = (title: string, states: StateDiff | undefined): string[] =>
    (states?.sections ?? []).flatMap(({ what, lines }) => [
      style.paint('cyan', `@@ -${states!.at.a} +${states!.at.b} @@ ${title}: ${stateTitles[what]}`),
      ...lines.map(({ side, text }) =>
        side === 'both' ? ` ${safe(text)}` : side === 'a' ? sign('red', '-', text) : sign('green', '+', text),
      ),
    ]);
  if (diff.same) return [];
  return [
    `--- ${safe(report.a)}`,
    `+++ ${safe(report.b)}`,
    ...diff.differences.flatMap(hunk),
    ...machines('after the first difference', report.first),
    ...machines('at the end', report.end),
  ];
}
