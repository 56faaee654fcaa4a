import type { E820Entry } from '@kwind/x86';

const U64_END = 1n << 64n;

/** One edge of a range. */
interface Edge {
  readonly at: bigint;
  readonly entry: E820Entry;
  readonly opens: boolean;
}

/** Edges by address; where two meet, an opening one goes first. */
function edgesOf(entries: readonly E820Entry[]): Edge[] {
  const edges = entries
    .filter((entry) => entry.size !== 0n)
    .flatMap((entry): Edge[] => [
      { at: entry.start, entry, opens: true },
      { at: entry.start + entry.size, entry, opens: false },
    ]);
  return edges.toSorted((a, b) => (a.at === b.at ? Number(b.opens) - Number(a.opens) : a.at < b.at ? -1 : 1));
}

/**
 * The memory map without overlaps, by rising address: where ranges overlap the largest type number wins, neighbours of one
 * type become one, gaps stay gaps.
 *
 * @param notMerged types whose neighbours stay apart
 * @param maxEntries what does not fit is dropped
 * @returns null, as the kernel gives up, for fewer than two entries or when one reaches the end of the address space
 * @kernel arch/x86/kernel/e820.c e820__update_table() (up to 4.11 sanitize_e820_map())
 */
export function sanitizeEntries(
  entries: readonly E820Entry[],
  notMerged: readonly number[],
  maxEntries: number,
): readonly E820Entry[] | null {
  if (entries.length < 2 || entries.some((entry) => entry.start + entry.size >= U64_END)) return null;
  const made: E820Entry[] = [];
  const covering = new Set<E820Entry>();
  let open: { readonly start: bigint; readonly type: number } | undefined;
  for (const { at, entry, opens } of edgesOf(entries)) {
    if (opens) covering.add(entry);
    else covering.delete(entry);
    const type = Math.max(0, ...[...covering].map((one) => one.type));
    if (type === (open?.type ?? 0) && !notMerged.includes(type)) continue;
    if (open && at > open.start) {
      made.push({ start: open.start, size: at - open.start, type: open.type });
      if (made.length >= maxEntries) return made;
    }
    open = type === 0 ? undefined : { start: at, type };
  }
  return made;
}
