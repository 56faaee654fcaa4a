import type { Queries, SummaryRow } from './queries.ts';

export type Direction = 'forward' | 'backward';

/** A search mostly ends after a few batches, a listing goes on to the end: pages grow from one to the other. */
const FIRST_PAGE = 4;
const LARGEST_PAGE = 256;

/**
 * Summaries of the batches from the one that holds event `from` on, with `floor` <= first seq < `ceiling`.
 * @throws ToolError trace/damaged when the rows do not come in order
 */
export function* scanBatches(
  queries: Queries,
  from: number,
  floor: number,
  ceiling: number,
  direction: Direction,
): IterableIterator<SummaryRow> {
  const forward = direction === 'forward';
  let at = forward ? Math.max(queries.summaryAt(from)?.first_seq ?? 0, floor) : Math.min(from, ceiling - 1);
  for (let limit = FIRST_PAGE; ; limit = Math.min(2 * limit, LARGEST_PAGE)) {
    const rows = forward ? queries.summariesFrom(at, limit) : queries.summariesBackFrom(at, limit);
    for (const row of rows) {
      if (forward ? row.first_seq < at : row.first_seq > at) {
        throw queries.damaged(`the batches around seq ${at} are out of order`);
      }
      if (row.first_seq < floor || row.first_seq >= ceiling) return;
      at = forward ? row.first_seq + 1 : row.first_seq - 1;
      if (!forward || row.first_seq + row.length > from) yield row;
    }
    if (rows.length < limit) return;
  }
}

/** Sorted lists as one, each batch once. */
export function* mergeBatches(
  lists: readonly Iterator<SummaryRow>[],
  direction: Direction,
): IterableIterator<SummaryRow> {
  const nextOf = (list: Iterator<SummaryRow>): SummaryRow | undefined => {
    const { done, value } = list.next();
    return done ? undefined : value;
  };
  const heads = lists.map(nextOf);
  for (;;) {
    const waiting = heads.filter((head) => head !== undefined);
    if (waiting.length === 0) return;
    const first = waiting.reduce((a, b) => (a.first_seq < b.first_seq === (direction === 'forward') ? a : b));
    yield first;
    for (const [i, list] of lists.entries()) {
      if (heads[i]?.first_seq === first.first_seq) heads[i] = nextOf(list);
    }
  }
}
