/** Bytes `start` to `end − 1`, and what is said of them. */
export interface LabelledRange {
  readonly start: bigint;
  readonly end: bigint;
  readonly label: string;
}

/** A range of which the two sides say different things; '' where one says nothing. */
export interface RangeDifference {
  readonly start: bigint;
  readonly end: bigint;
  readonly file: string;
  readonly trace: string;
}

interface Edge {
  readonly at: bigint;
  readonly side: 'file' | 'trace';
  readonly opens: boolean;
  readonly range: LabelledRange;
}

const edgesOf = (side: Edge['side'], ranges: readonly LabelledRange[]): Edge[] =>
  ranges.flatMap((range) => [
    { at: range.start, side, opens: true, range },
    { at: range.end, side, opens: false, range },
  ]);

/** Outer ranges first, so that nested ones read like a path. */
const labelOf = (open: ReadonlySet<LabelledRange>): string =>
  [...open]
    .toSorted((a, b) => Number(b.end - b.start - (a.end - a.start)))
    .map(({ label }) => label)
    .join(' / ');

/** Where two descriptions of an address space differ, neighbouring bytes of equal trouble in one range. */
export function compareRanges(file: readonly LabelledRange[], trace: readonly LabelledRange[]): RangeDifference[] {
  const edges = [...edgesOf('file', file), ...edgesOf('trace', trace)].toSorted((a, b) =>
    a.at < b.at ? -1 : a.at > b.at ? 1 : 0,
  );
  const open = { file: new Set<LabelledRange>(), trace: new Set<LabelledRange>() };
  const found: RangeDifference[] = [];
  for (const [i, { at, side, opens, range }] of edges.entries()) {
    if (opens) open[side].add(range);
    else open[side].delete(range);
    const next = edges[i + 1]?.at ?? at;
    if (next === at) continue;
    const [here, there] = [labelOf(open.file), labelOf(open.trace)];
    if (here === there) continue;
    const last = found.at(-1);
    if (last?.end === at && last.file === here && last.trace === there)
      found[found.length - 1] = { ...last, end: next };
    else found.push({ start: at, end: next, file: here, trace: there });
  }
  return found;
}
