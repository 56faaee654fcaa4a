import type {
  BookmarksView,
  BranchAnswer,
  BreakpointRow,
  BreakpointsView,
  CommandHelp,
  DiffAnswer,
  DisplaysView,
  DoneAnswer,
  EachAnswer,
  HelpAnswer,
  HistoryAnswer,
  MemoryAnswer,
  SearchAnswer,
} from '@kwind/debugger';
import { hex16 } from '@kwind/x86';
import { cutAtWord, safe, wrapped } from '../terminal.ts';
import { entryText, happeningText } from './happening.ts';
import { changeText } from './stopped.ts';
import { shortened, type Style } from './style.ts';
import { count, table } from './table.ts';
import { targetText, valueText } from './value.ts';
import { callRowText } from './walk.ts';

/** A line of a list: one row on the screen each, the rest of it with --all. */
const fitted =
  ({ width }: Style) =>
  (line: string): string =>
    cutAtWord(line, width);

const SPANS = 40;

export function renderHistory({ target, spans, leftOut, interrupted }: HistoryAnswer, style: Style): string[] {
  const rows = spans.map(({ from, to, value, event }) => [
    `${from}..${to ?? ''}`,
    targetText(value),
    event === null ? 'power-on' : happeningText(event),
  ]);
  return [
    safe(target),
    ...shortened(
      table([{ head: 'positions' }, { head: 'value' }, { head: 'made by' }], rows).map(fitted(style)),
      SPANS + 1,
      'values',
      style,
    ),
    ...(leftOut === 0 ? [] : [`(${count(leftOut, 'more value')} left out)`]),
    ...(interrupted ? ['Interrupted; there may be more.'] : []),
  ];
}

const CHANGES = 60;

export function renderDiff({ from, to, changes, leftOut }: DiffAnswer, style: Style): string[] {
  const lines = changes.map(changeText);
  const head = `from #${from.position} to #${to.position}:`;
  if (lines.length === 0) return [`${head} nothing differs`];
  return [
    head,
    ...shortened(lines.map((line) => `  ${line}`).map(fitted(style)), CHANGES, 'differences', style),
    ...(leftOut === 0 ? [] : [`(${count(leftOut, 'more difference')} left out)`]),
  ];
}

export function renderMemory({ words }: MemoryAnswer): string[] {
  return table(
    [{ head: '' }, { head: '' }],
    words.map(({ vaddr, value, entry, name }) => [
      `${hex16(vaddr)}${name === '' ? '' : ` <${safe(name)}>`}:`,
      entry !== null ? entryText(entry) : value === null ? 'not known' : hex16(value),
    ]),
  );
}

export function renderSearch({ text, found, interrupted }: SearchAnswer, style: Style): string[] {
  const lines = found
    .map((one) => `#${one.event.seq + 1}  ${one.event.type}  ${happeningText(one)}`)
    .map(fitted(style));
  const none = lines.length === 0 && !interrupted ? [`no event holds "${safe(text)}"`] : [];
  return [...lines, ...none, ...(interrupted ? ['Interrupted; there may be more.'] : [])];
}

const ROWS = 60;

export function renderEach({ what, expressions, rows, ended }: EachAnswer, style: Style): string[] {
  const lines = table(
    [{ head: 'position', align: 'right' }, ...expressions.map((text) => ({ head: safe(text) })), { head: 'event' }],
    rows.map((row) => [
      `#${row.event.seq + 1}`,
      ...row.values.map(valueText),
      `${row.event.type}  ${happeningText(row)}`,
    ]),
  ).map(fitted(style));
  const rest = {
    end: rows.length === 0 ? [`no event of this history fits ${safe(what)}`] : [],
    full: ['(there are more; a narrower SPEC or an if leaves some out)'],
    interrupted: ['Interrupted; there may be more.'],
  };
  return [...(rows.length === 0 ? [] : shortened(lines, ROWS + 1, 'events', style)), ...rest[ended]];
}

export function renderBranch({ forkedAt, calls, happenings, changes, leftOut }: BranchAnswer, style: Style): string[] {
  if (forkedAt === null) return ['there is no branch; call FUNCTION(ARGUMENTS) starts one'];
  const outermost = Math.min(...happenings.map((one) => one.event.depth));
  return [
    `branch from #${forkedAt}: the recording is untouched`,
    ...calls.filter(({ depth }) => depth === 0).map(callRowText),
    ...happenings
      .map(
        (one) =>
          `    #${one.event.seq + 1}  ${'  '.repeat(Math.min(8, one.event.depth - outermost))}${one.event.type}  ${happeningText(one)}`,
      )
      .map(fitted(style)),
    ...(leftOut === 0 ? [] : [`(${count(leftOut, 'more event')} left out)`]),
    ...(changes.length === 0 ? [] : ['changed:', ...changes.map((change) => `    ${changeText(change)}`)]),
  ];
}

export function renderBreakpoints({ breakpoints }: BreakpointsView): string[] {
  if (breakpoints.length === 0) return ['no breakpoints'];
  return table(
    [
      { head: 'num', align: 'right' },
      { head: 'kind' },
      { head: 'on' },
      { head: 'hits', align: 'right' },
      { head: 'what' },
    ],
    breakpoints.map((row) => [
      String(row.number),
      row.temporary ? `t${row.kind}` : row.kind,
      row.enabled ? 'y' : 'n',
      String(row.hits),
      breakpointText(row),
    ]),
  );
}

export function breakpointText({ what, condition, ignore, commands }: BreakpointRow): string {
  const parts = [
    what,
    condition === '' ? '' : `if ${condition}`,
    ignore > 0 ? `ignore ${ignore}` : '',
    commands.length > 0 ? `do ${commands.join('; ')}` : '',
  ];
  return safe(parts.filter((part) => part !== '').join('  '));
}

export function renderDone({ done, breakpoints, bookmark, total }: DoneAnswer): string[] {
  const rows = breakpoints.map(
    (row) =>
      `${row.temporary ? 't' : ''}${row.kind} ${row.number} ${done === 'set' ? 'on' : done}: ${breakpointText(row)}`,
  );
  const marked =
    bookmark === null
      ? []
      : [`bookmark @${safe(bookmark.name)} ${done === 'deleted' ? 'deleted' : `at #${bookmark.position}`}`];
  if (rows.length + marked.length > 0) return [...rows, ...marked];
  // What a display shows follows by itself.
  if (done === 'set') return [];
  return [done === 'refreshed' ? `the trace has ${count(total, 'event')} now` : done];
}

export function renderBookmarks({ bookmarks }: BookmarksView): string[] {
  if (bookmarks.length === 0) return ['no bookmarks; bookmark NAME sets one'];
  return table(
    [{ head: 'bookmark' }, { head: 'position' }, { head: 'note' }],
    bookmarks.map(({ name, position, note }) => [`@${safe(name)}`, `#${position}`, safe(note)]),
  );
}

export function renderDisplays({ displays }: DisplaysView): string[] {
  if (displays.length === 0) return ['no displays'];
  return displays.map(({ number, expression, value }) => `${number}: ${safe(expression)} = ${valueText(value)}`);
}

const groups: Readonly<Record<CommandHelp['group'], string>> = {
  moving: 'Moving',
  stops: 'Stops',
  questions: 'Questions',
  session: 'Session',
};

export function renderHelp({ commands }: HelpAnswer, { width }: Style): string[] {
  if (commands.length === 1) return helpOf(commands[0]!).flatMap((line) => wrapped(line, width, '  '));
  const lines = (Object.keys(groups) as CommandHelp['group'][]).flatMap((group) => {
    const own = commands.filter((command) => command.group === group);
    if (own.length === 0) return [];
    return [
      '',
      groups[group],
      ...table(
        [{ head: '' }, { head: '' }],
        own.map(({ usage, aliases }) => [`  ${usage}`, aliases.join(' ')]),
      ),
    ];
  });
  return [
    ...lines.slice(1),
    '',
    'help COMMAND tells more about one. An unambiguous beginning of a name is enough.',
    'An empty line repeats the last command. source FILE runs the commands in a file.',
    '--all behind a command leaves nothing out of its answer.',
  ];
}

function helpOf({ usage, aliases, summary, examples }: CommandHelp): string[] {
  return [
    usage,
    ...(aliases.length === 0 ? [] : [`aliases: ${aliases.join(' ')}`]),
    summary,
    'examples:',
    ...examples.map((example) => `  ${example}`),
  ];
}
