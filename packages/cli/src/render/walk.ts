import type {
  BacktraceAnswer,
  CallRow,
  CallsView,
  ListAnswer,
  MappedRun,
  PageTableView,
  WalkView,
} from '@kwind/debugger';
import { assertNever, hex, hex16 } from '@kwind/x86';
import { columnsOf, cutAtWord, safe } from '../terminal.ts';
import { tintType } from './event.ts';
import { callLine, entryText, happeningText } from './happening.ts';
import { shortened, type Style } from './style.ts';
import { count, table } from './table.ts';

export function renderWalk(view: WalkView): string[] {
  const rows = view.levels.map(({ level, table: address, name, index, entry, writtenBy }) => [
    level,
    `${name === '' ? hex(address) : safe(name)}[${index}]`,
    entryText(entry),
    writtenBy === null ? 'never stored' : `#${writtenBy + 1}`,
  ]);
  return [
    `${hex16(view.vaddr)}${view.name === '' ? '' : `  ${safe(view.name)}`}   cr3 ${hex(view.root)}`,
    ...table([{ head: 'level' }, { head: 'entry' }, { head: 'value' }, { head: 'by' }], rows),
    outcomeText(view.outcome),
    ...tlbLines(view),
  ];
}

function outcomeText(outcome: WalkView['outcome']): string {
  switch (outcome.kind) {
    case 'mapped': {
      const flags = [
        outcome.writable ? 'RW' : 'RO',
        outcome.user ? 'user' : '',
        outcome.noExec ? 'NX' : 'X',
        outcome.global ? 'global' : '',
        outcome.memoryType,
      ];
      return `mapped to phys ${hex(outcome.phys)}, a ${sizeText(outcome.pageSize)} page, ${flags.filter((flag) => flag !== '').join(' ')}`;
    }
    case 'not-present':
      return `not mapped: the ${outcome.level} entry is not present`;
    case 'reserved-bit':
      return `faults: the ${outcome.level} entry has reserved bits ${hex(outcome.bits)} set`;
    case 'non-canonical':
      return 'not canonical: the CPU refuses the address before any walk';
    default:
      return assertNever(outcome, 'outcome of a walk');
  }
}

function tlbLines({ tlb }: WalkView): string[] {
  if (tlb === null) return [];
  const what = tlb.stale ? 'the TLB is STALE and still answers' : 'the TLB answers';
  return [`${what} phys ${hex(tlb.answers)}  ${tlb.flags}, cached at #${tlb.filledBy + 1}`];
}

export function sizeText(size: bigint): string {
  if (size >= 1n << 30n) return `${size >> 30n} GiB`;
  return size >= 1n << 20n ? `${size >> 20n} MiB` : `${size >> 10n} KiB`;
}

const RUNS = 60;

export function renderPageTable(view: PageTableView, style: Style): string[] {
  const lines = table(
    [
      { head: 'from' },
      { head: 'last byte' },
      { head: 'phys' },
      { head: 'size', align: 'right' },
      { head: 'pages' },
      { head: 'flags' },
      { head: '' },
    ],
    view.runs.map(runCells),
  );
  const left = view.more ? ['(there is more; name a range to see it)'] : [];
  if (view.runs.length === 0) return [`cr3 ${hex(view.root)}: nothing is mapped`, ...left];
  return [`cr3 ${hex(view.root)}`, ...shortened(lines, RUNS + 1, 'runs', style), ...left];
}

const runCells = ({ vaddr, end, phys, pageSize, pages, flags, name }: MappedRun): string[] => [
  hex16(vaddr),
  hex16(end - 1n),
  hex(phys),
  sizeText(pageSize * BigInt(pages)),
  `${pages.toLocaleString('en-US')} x ${sizeText(pageSize)}`,
  flags,
  safe(name),
];

const CALLS = 60;

/** The latest calls are those that led here: of many, the earlier ones are left out. */
export function renderCalls(view: CallsView, style: Style): string[] {
  const open =
    view.open.length === 0
      ? ['no call is open']
      : ['open calls, innermost first:', ...view.open.map((call) => `  #${call.seq + 1}  ${callLine(call)}`)];
  const shown = style.all ? view.calls : view.calls.slice(-CALLS);
  const hidden = view.calls.length - shown.length;
  const earlier =
    hidden === 0 ? [] : [`(${hidden.toLocaleString('en-US')} earlier calls, ${style.allHint} shows them)`];
  const left = view.leftOut === 0 ? [] : [`(${count(view.leftOut, 'later call')} left out)`];
  return [
    ...open,
    ...(view.calls.length === 0 ? [] : ['calls so far:']),
    ...earlier,
    ...shown.map((row) => fittingRow(row, style.width)),
    ...left,
  ];
}

/** What a call came to says more than where it came from, and stays on a narrow screen. */
function fittingRow(row: CallRow, width: number): string {
  const whole = callRowText(row);
  if (columnsOf(whole) <= width) return whole;
  return cutAtWord(callRowText({ ...row, caller: '', origin: '' }), width);
}

export function callRowText(row: CallRow): string {
  const result = row.returned === null ? 'open' : `= ${row.result === null ? 'nothing' : hex(row.result)}`;
  return `${'  '.repeat(row.depth + 1)}#${row.seq + 1}  ${callLine(row)}  ${result}  (${count(row.events, 'event')})`;
}

export function renderList({ rows }: ListAnswer, { paint, width }: Style): string[] {
  return table(
    [{ head: '' }, { head: '', align: 'right' }, { head: '' }, { head: '' }],
    rows.map((row) => [
      row.here ? '>' : '',
      `#${row.event.seq + 1}`,
      tintType(row.event.type, paint),
      `${'  '.repeat(Math.min(8, row.event.depth))}${happeningText(row)}`,
    ]),
    width,
  );
}

/** The simulated calls, then the real kernel's return addresses that a log told of. */
export function renderBacktrace({ calls }: BacktraceAnswer): string[] {
  if (calls.length === 0) return ['no call is open here'];
  const frames = calls.map((call, i) => `${i}  ${callLine(call)}  ${safe(call.file)}`.trimEnd());
  const stack = calls.at(-1)!.stack;
  return stack === ''
    ? frames
    : [
        ...frames,
        ...safe(stack)
          .split(/\s+(?:<\s+)?/)
          .map((frame) => `   ${frame}`),
      ];
}
