import { ToolError } from '@kwind/x86';

/** A resource as /proc shows it. Flags are not printed, so whether it is busy cannot be known. */
export interface ProcResource {
  readonly start: bigint;
  /** Last byte, inclusive. */
  readonly end: bigint;
  /** '' where the kernel printed `<BAD>`: it has no name. */
  readonly name: string;
  /** Line of the text, from 1. */
  readonly line: number;
  readonly children: readonly ProcResource[];
}

export interface ProcResources {
  /** Children of the root, which is not printed itself. */
  readonly resources: readonly ProcResource[];
  /** Every range is zero: an unprivileged reader saw it. The nesting is known, beyond five levels not even that. */
  readonly hidden: boolean;
}

/** What a line says; children are found later. */
interface Row {
  readonly depth: number;
  readonly start: bigint;
  readonly end: bigint;
  readonly name: string;
  readonly line: number;
}

type Building = Row & { readonly children: Building[] };

const MAX_DEPTH = 5;
const pattern = /^((?: {2})*)([0-9a-f]{4,16})-([0-9a-f]{4,16}) : (.*)$/;

const wrong = (line: number, what: string, hint: string): ToolError =>
  new ToolError('import/format', `line ${line} ${what}.`, hint);

function rowOf(text: string, line: number): Row {
  const match = pattern.exec(text);
  if (!match)
    throw wrong(
      line,
      `is no resource: "${text}"`,
      'A line of /proc/iomem or /proc/ioports reads 00100000-1ffdffff : System RAM, with two spaces before it for each level.',
    );
  const [start, end] = [BigInt(`0x${match[2]!}`), BigInt(`0x${match[3]!}`)];
  if (end < start) throw wrong(line, 'ends before it starts', 'The kernel never prints that; the text was changed.');
  return { depth: match[1]!.length / 2, start, end, name: match[4] === '<BAD>' ? '' : match[4]!, line };
}

const contains = (outer: Row, inner: Row): boolean => outer.start <= inner.start && inner.end <= outer.end;

/**
 * The open resource that a row hangs under. Five levels down the kernel stops indenting, and only the ranges tell
 * which resource lies in which.
 */
function parentOf(open: Building[], row: Row, hidden: boolean): Building | undefined {
  while (open.length > row.depth && !(row.depth === MAX_DEPTH && !hidden && contains(open.at(-1)!, row))) open.pop();
  return open.at(-1);
}

/**
 * Read the text of /proc/iomem or /proc/ioports back into a tree; blank lines are skipped.
 * @throws ToolError import/format with the line
 */
export function parseProcResources(text: string): ProcResources {
  const rows = text
    .split('\n')
    .flatMap((line, i) => (line.trim() === '' ? [] : [rowOf(line.replace(/\r$/, ''), i + 1)]));
  const hidden = rows.length > 1 && rows.every((row) => row.start === 0n && row.end === 0n);
  const resources: Building[] = [];
  const open: Building[] = [];
  for (const row of rows) {
    if (row.depth > Math.min(open.length, MAX_DEPTH))
      throw wrong(
        row.line,
        'is indented deeper than the line before it allows',
        'Two spaces a level; the leading spaces of the first lines may have been lost.',
      );
    const node: Building = { ...row, children: [] };
    const parent = parentOf(open, row, hidden);
    if (parent && !hidden && !contains(parent, row))
      throw wrong(
        row.line,
        `sticks out of "${parent.name}", under which it stands`,
        'A resource lies inside its parent; the text was changed.',
      );
    (parent?.children ?? resources).push(node);
    open.push(node);
  }
  return Object.freeze({ resources: resources.map(finished), hidden });
}

function finished({ start, end, name, line, children }: Building): ProcResource {
  return Object.freeze({ start, end, name, line, children: Object.freeze(children.map(finished)) });
}
