import type { Given, GivenReason } from './report.ts';

/** Collects what is taken as given, record by record. */
export class GivenList {
  readonly #found = new Map<
    string,
    { readonly reason: GivenReason; readonly what: string; readonly records: number[] }
  >();

  add(reason: GivenReason, what: string, n: number): void {
    const key = `${reason} ${what}`;
    const known = this.#found.get(key);
    if (known) known.records.push(n);
    else this.#found.set(key, { reason, what, records: [n] });
  }

  list(): readonly Given[] {
    return [...this.#found.values()].map(({ reason, what, records }) => ({
      reason,
      what,
      records: runsOf(records),
      count: records.length,
    }));
  }
}

/** Runs of consecutive numbers: `[4, 5, 6, 9]` is `[[4, 6], [9, 9]]`. */
function runsOf(records: readonly number[]): readonly (readonly [number, number])[] {
  const runs: [number, number][] = [];
  for (const n of records.toSorted((a, b) => a - b)) {
    const last = runs.at(-1);
    if (last && n <= last[1] + 1) last[1] = n;
    else runs.push([n, n]);
  }
  return runs;
}
