import { BATCH_SIZE } from '@kwind/events';
import { PageReplay, type Page } from '@kwind/state';

/** All pages at a position. */
export interface Whole {
  readonly position: number;
  readonly pages: ReadonlyMap<number, Page>;
}

/** A whole, and about how many of its pages no other one has. */
interface Kept extends Whole {
  own: number;
}

/** Wholes kept: always the last, and where one went on from; the others while they hold few pages of their own, 4 KiB each. */
const FEWEST = 2;
const MOST = 12;
const MOST_OWN = 4096;
/** Stops of a fold from power-on, and how many batches are worth stopping for. */
const STOPS = 8;
const LONG = 64;

/**
 * Where a long fold stops to keep what it has. A search by halves looks at its end first and then in the middle, at a
 * quarter: so the stops are eighths of the way from power-on, where the fold comes by the middle.
 */
export function stopsBetween(start: number, position: number): readonly number[] {
  if (start > position / 2 || position - start < LONG * BATCH_SIZE) return [];
  const stops: number[] = [];
  for (let i = 1; i < STOPS; i++) if ((i * position) / STOPS > start) stops.push((i * position) / STOPS);
  return stops;
}

/** Places of which all pages are kept, the one used last first. */
export class Wholes {
  #kept: readonly Kept[] = [];

  /** The last one that is not behind a position. */
  before(position: number): Whole | undefined {
    let last: Whole | undefined;
    for (const one of this.#kept) if (one.position <= position && one.position >= (last?.position ?? 0)) last = one;
    return last;
  }

  replayFrom(whole: Whole): PageReplay {
    this.#kept = [...this.#kept.filter((one) => one === whole), ...this.#kept.filter((one) => one !== whole)];
    const replay = new PageReplay(whole.position);
    for (const page of whole.pages.values()) replay.add(page, whole.position);
    return replay;
  }

  /** Keep what a fold has before event `position`; false when that has come to too much, then it better goes on. */
  stop(replay: PageReplay, position: number): boolean {
    // Copied because the stop before has them as they were: so it has them alone.
    const copies = replay.takeCopies();
    const [last] = this.#kept;
    if (last) last.own += copies;
    if (copies > MOST_OWN / STOPS) return false;
    this.#put({ position, pages: replay.sharedPages(), own: 0 });
    return true;
  }

  /** The pages at the end of a fold. */
  put(replay: PageReplay, position: number): ReadonlyMap<number, Page> {
    const pages = replay.pages();
    this.#put({ position, pages, own: replay.images });
    return pages;
  }

  #put(whole: Kept): void {
    const kept: Kept[] = [];
    let own = 0;
    for (const one of [whole, ...this.#kept.filter(({ position }) => position !== whole.position)]) {
      const isMore = kept.length >= FEWEST;
      if (isMore && (kept.length === MOST || own + one.own > MOST_OWN)) continue;
      if (isMore) own += one.own;
      kept.push(one);
    }
    this.#kept = kept;
  }
}
