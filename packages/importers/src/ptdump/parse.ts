import { bare16, PTE, ToolError, u64, type Level } from '@kwind/x86';

/** Addresses that are mapped alike. */
export interface PtdumpRow {
  readonly kind: 'row';
  readonly start: bigint;
  /** First byte after the row; 0 at the end of the address space. */
  readonly end: bigint;
  /** Level of the entries: of a row that is not present, where the walk ended. */
  readonly level: Level;
  /** PTE bits that the row shows, PRESENT among them; 0 when nothing is present. Accessed and dirty are never shown. */
  readonly flags: bigint;
  /** Line of the text, from 1. */
  readonly line: number;
}

export interface PtdumpMarker {
  readonly kind: 'marker';
  readonly name: string;
  readonly line: number;
}

/** Rows that the kernel counted and did not print. */
export interface PtdumpSkip {
  readonly kind: 'skip';
  readonly rows: number;
  readonly line: number;
}

export type PtdumpItem = PtdumpRow | PtdumpMarker | PtdumpSkip;

export interface Ptdump {
  readonly items: readonly PtdumpItem[];
  readonly rows: readonly PtdumpRow[];
}

const markerPattern = /^---\[ (.+) \]---$/;
const skipPattern = /^\.\.\. (\d+) entr(?:y|ies) skipped \.\.\. ?$/;
const rowPattern = /^0x([0-9a-f]{16})-0x([0-9a-f]{16}) {3} *(\d+)([BKMGTPE]) (.{26}|.{30})(pgd|p4d|pud|pmd|pte)$/;
const UNITS = 'BKMGTPE';

const wrong = (line: number, what: string, hint: string): ToolError =>
  new ToolError('import/format', `line ${line} ${what}.`, hint);

/** Column by column: the text where the bit is set, the text where it is not, and the bit. */
type Column = readonly [set: string, clear: string, bit: (level: Level) => bigint];

const blank = '    ';
const pse: Column = ['PSE ', blank, () => PTE.PSE];
const pat: Column = ['PAT ', blank, (level) => (level === 'pte' ? PTE.PAT : PTE.PAT_LARGE)];
const columns: readonly Column[] = [
  ['USR ', blank, () => PTE.USER],
  ['RW ', 'ro ', () => PTE.RW],
  ['PWT ', blank, () => PTE.PWT],
  ['PCD ', blank, () => PTE.PCD],
  pse,
  pat,
  ['GLB ', blank, () => PTE.GLOBAL],
  ['NX ', 'x  ', () => PTE.NX],
];

function flagsOf(text: string, level: Level, line: number): bigint {
  if (text.trim() === '') return 0n;
  let flags = PTE.PRESENT;
  let at = 0;
  for (const [set, clear, bit] of columns) {
    const shown = text.slice(at, at + set.length);
    if (shown === set) flags |= bit(level);
    else if (shown !== clear)
      throw wrong(
        line,
        `has "${shown}" where "${set}" or blanks belong`,
        'Columns have fixed places; spaces may have been lost.',
      );
    at += set.length;
  }
  return flags;
}

function rowOf(match: RegExpExecArray, line: number): PtdumpRow {
  const [start, end] = [BigInt(`0x${match[1]!}`), BigInt(`0x${match[2]!}`)];
  const level = match[6]! as Level;
  const size = BigInt(match[3]!) << BigInt(10 * UNITS.indexOf(match[4]!));
  if (u64(end - start) !== size)
    throw wrong(
      line,
      `gives a size that is not the distance of its ends`,
      'The kernel never prints that; the text was changed.',
    );
  return Object.freeze({ kind: 'row', start, end, level, flags: flagsOf(match[5]!, level, line), line });
}

function itemOf(text: string, line: number): PtdumpItem {
  const marker = markerPattern.exec(text);
  if (marker) return Object.freeze({ kind: 'marker', name: marker[1]!, line });
  const skip = skipPattern.exec(text);
  if (skip) return Object.freeze({ kind: 'skip', rows: Number(skip[1]), line });
  const row = rowPattern.exec(text);
  if (row) return rowOf(row, line);
  throw wrong(
    line,
    `is no row of a page-table dump: "${text}"`,
    'A row reads 0xffff888000000000-0xffff888000099000         612K     RW                 GLB NX pte.',
  );
}

/**
 * Read a dump of page tables, of any kernel since 4.0; blank lines are skipped.
 * @throws ToolError import/format with the line, also for rows that do not join
 */
export function parsePtdump(text: string): Ptdump {
  const items = text
    .split('\n')
    .flatMap((line, i) => (line.trim() === '' ? [] : [itemOf(line.replace(/\r$/, ''), i + 1)]));
  const rows = items.filter((item) => item.kind === 'row');
  for (const [i, row] of rows.entries()) checkJoin(items, rows[i - 1], row);
  return Object.freeze({ items: Object.freeze(items), rows: Object.freeze(rows) });
}

/** A row starts where the one before ended, unless rows between them were only counted. */
function checkJoin(items: readonly PtdumpItem[], previous: PtdumpRow | undefined, row: PtdumpRow): void {
  const expected = previous?.end ?? 0n;
  if (row.start === expected) return;
  const isSkipped = items.some(
    (item) => item.kind === 'skip' && item.line > (previous?.line ?? 0) && item.line < row.line,
  );
  if (isSkipped) return;
  throw wrong(
    row.line,
    `starts at 0x${bare16(row.start)}, the row before ended at 0x${bare16(expected)}`,
    'Rows were lost or the text was put together from several dumps.',
  );
}
