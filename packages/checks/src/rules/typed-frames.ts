import type { CacheMode } from '@kwind/x86';
import type { EntryRow } from '../pass/entry-row.ts';
import type { OpenFinding } from '../types.ts';

/** Pages of the largest entry that is looked at: a 1 GiB page is more than anyone maps early of a device. */
export const MOST_PAGES = 512;

/** Frames `first` to `first + pages − 1`; `page` is where the entry maps the first of them. */
export interface TypedFrames {
  readonly first: number;
  readonly pages: number;
  readonly page: number;
  readonly type: CacheMode;
  readonly seq: number;
}

/** UC- is UC until an MTRR says otherwise. */
export const sameType = (a: CacheMode, b: CacheMode): boolean => a === b || (a.startsWith('UC') && b.startsWith('UC'));

/** The frames of one large page share a chunk, and those of any entry lie in one. */
const chunkOf = (frame: number): number => Math.floor(frame / MOST_PAGES);

/** One number for an entry: tables are below 2^40, and there are 512 entries in each. */
const keyOf = ({ table, index }: EntryRow): number => table * 512 + index;

/** Frames that are mapped as anything but write-back, by which entry, and what was found of them. */
export class UncommonFrames {
  readonly #byEntry = new Map<number, TypedFrames>();
  readonly #small = new Map<number, TypedFrames[]>();
  readonly #large = new Map<number, TypedFrames[]>();
  /** Single pages in each chunk. */
  readonly #smallIn = new Map<number, number>();
  readonly #findings = new Map<number, OpenFinding>();

  get isEmpty(): boolean {
    return this.#byEntry.size === 0;
  }

  add(row: EntryRow, frames: TypedFrames): void {
    this.#byEntry.set(keyOf(row), frames);
    const [map, place] = this.#placeOf(frames);
    map.set(place, [...(map.get(place) ?? []), frames]);
    if (map === this.#small) this.#count(place, 1);
  }

  /** The entry no longer holds what it did. */
  drop(row: EntryRow, seq: number): void {
    if (this.#byEntry.size === 0 && this.#findings.size === 0) return;
    const key = keyOf(row);
    this.#findings.get(key)?.end(seq);
    this.#findings.delete(key);
    const frames = this.#byEntry.get(key);
    if (!frames) return;
    this.#byEntry.delete(key);
    const [map, place] = this.#placeOf(frames);
    const rest = map.get(place)!.filter((one) => one !== frames);
    if (rest.length === 0) map.delete(place);
    else map.set(place, rest);
    if (map === this.#small) this.#count(place, -1);
  }

  /** Whether any of these frames, which are one page or one large page, may be known. */
  mayHold(first: number, pages: number): boolean {
    if (this.isEmpty) return false;
    if (this.#large.has(chunkOf(first))) return true;
    return pages === 1 ? this.#small.has(first) : this.#smallIn.has(chunkOf(first));
  }

  /** What has mapped this frame for longest with another type. */
  other(frame: number, type: CacheMode): TypedFrames | undefined {
    const differs = (one: TypedFrames): boolean => !sameType(one.type, type);
    const small = this.#small.get(frame)?.find(differs);
    const large = this.#large.get(chunkOf(frame))?.find(differs);
    return small && large ? (small.seq < large.seq ? small : large) : (small ?? large);
  }

  report(row: EntryRow, finding: OpenFinding): void {
    this.#findings.set(keyOf(row), finding);
  }

  #placeOf({ first, pages }: TypedFrames): [Map<number, TypedFrames[]>, number] {
    return pages === 1 ? [this.#small, first] : [this.#large, chunkOf(first)];
  }

  #count(frame: number, by: number): void {
    const chunk = chunkOf(frame);
    const count = (this.#smallIn.get(chunk) ?? 0) + by;
    if (count === 0) this.#smallIn.delete(chunk);
    else this.#smallIn.set(chunk, count);
  }
}
