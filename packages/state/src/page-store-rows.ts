import type { Level } from '@kwind/x86';
import { joinWords, type EventBatch } from '@kwind/events';
import { rawOf, STORE_WORDS, type MadeTable, type RawBatch, type TableStores, type Texts } from '@kwind/events/raw';
import { newPage, PAGE_WORDS } from './page-cell.ts';
import type { Page, TableInfo } from './page-store.ts';
import { mismatchError, TABLE_ALLOCATED } from './reduce.ts';

const TWO_32 = 0x1_0000_0000;
const NO_ROWS = new Uint16Array(0);

/** The events of one batch that change pages, by table: what is needed to bring one page forward without the others. */
export class PageRows {
  readonly batch: EventBatch;
  /** Rows of all tables, those of one table next to each other and in order. */
  readonly #rows: Uint16Array;
  readonly #ends = new Map<number, { readonly from: number; to: number }>();

  /** @param first events before this one are left out */
  constructor(batch: EventBatch, first = 0) {
    this.batch = batch;
    const { codes, offsets, words } = rawOf(batch);
    const counts = new Map<number, { from: number; to: number }>();
    const owner: ({ from: number; to: number } | undefined)[] = [];
    let last: { from: number; to: number } | undefined;
    let lastLo = -1;
    let lastHi = -1;
    for (let i = 0; i < codes.length; i++) {
      if (i < first || !PageRows.isPageCode(codes[i]!)) {
        owner.push(undefined);
        continue;
      }
      const [lo, hi] = [words[offsets[i]!]!, words[offsets[i]! + 1]!];
      if (lo !== lastLo || hi !== lastHi || last === undefined) {
        const table = lo + hi * TWO_32;
        last = counts.get(table);
        if (!last) counts.set(table, (last = { from: 0, to: 0 }));
        lastLo = lo;
        lastHi = hi;
      }
      last.to++;
      owner.push(last);
    }
    let at = 0;
    for (const span of counts.values()) {
      const length = span.to;
      span.from = at;
      span.to = at;
      at += length;
    }
    this.#rows = new Uint16Array(at);
    for (const [i, span] of owner.entries()) if (span) this.#rows[span.to++] = i;
    this.#ends = counts;
  }

  /** Whether events of a type change pages, and nothing else. */
  static isPageCode(code: number): boolean {
    return (code & 0xf0) === 0x10 || code === TABLE_ALLOCATED;
  }

  /** Tables in the order of their first events here. */
  tables(): IterableIterator<number> {
    return this.#ends.keys();
  }

  /** Indices of the events that change a table's page, in order. */
  of(table: number): Uint16Array {
    const span = this.#ends.get(table);
    return span ? this.#rows.subarray(span.from, span.to) : NO_ROWS;
  }
}

/** How many of the ascending `rows` lie before `offset`. */
export function rowsBefore(rows: Uint16Array, offset: number): number {
  let [low, high] = [0, rows.length];
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (rows[middle]! < offset) low = middle + 1;
    else high = middle;
  }
  return low;
}

/**
 * A page after some events of a batch that change it, in order; `page` stays as it is.
 * @throws ToolError state/mismatch as the reducer does
 */
export function pageAfter(page: Page | undefined, table: number, batch: EventBatch, rows: Iterable<number>): Page {
  const { codes, offsets, words } = rawOf(batch);
  const image = page ? page.image.slice() : new Uint32Array(PAGE_WORDS);
  let info: TableInfo = page?.info ?? Object.freeze({ table, level: '', name: '' });
  for (const i of rows) {
    const at = offsets[i]!;
    if (codes[i] === TABLE_ALLOCATED) {
      info = infoAt(batch, i, table);
      image.fill(0);
      continue;
    }
    store(image, words, at + 2, table, batch.firstSeq + i);
  }
  return { info, image };
}

/** As {@link pageAfter}, from stores that were read without their batch: those of events `from` to `to − 1`. */
export function pageAfterStores(
  page: Page | undefined,
  table: number,
  { firstSeq, words, made }: TableStores,
  from: number,
  to: number,
): Page | undefined {
  let image: Uint32Array | undefined;
  let nrMade = 0;
  let info = page?.info;
  for (let at = 0; at <= words.length; at += STORE_WORDS) {
    const end = at < words.length ? words[at]! : Infinity;
    for (; nrMade < made.length && made[nrMade]!.index < end; nrMade++) {
      if (!isWithin(firstSeq + made[nrMade]!.index, from, to)) continue;
      info = madeInfo(table, made[nrMade]!);
      image = new Uint32Array(PAGE_WORDS);
    }
    if (at === words.length || !isWithin(firstSeq + end, from, to)) continue;
    image ??= page ? page.image.slice() : new Uint32Array(PAGE_WORDS);
    store(image, words, at + 1, table, firstSeq + end);
  }
  return image ? { info: info ?? Object.freeze({ table, level: '', name: '' }), image } : page;
}

const isWithin = (seq: number, from: number, to: number): boolean => seq >= from && seq < to;

const madeInfo = (table: number, { level, name }: MadeTable): TableInfo =>
  Object.freeze({ table, level: level as Level | '', name });

/** What events `from` to `to − 1` say of the table itself; `info` where they say nothing. */
export function infoAfterStores(info: TableInfo, { firstSeq, made }: TableStores, from: number, to: number): TableInfo {
  const last = made.findLast(({ index }) => isWithin(firstSeq + index, from, to));
  return last ? madeInfo(info.table, last) : info;
}

/**
 * One entry after the stores of events `from` to `to − 1` to it; the other stores are passed over.
 * @throws ToolError state/mismatch as {@link pageAfterStores}, of this entry alone
 */
export function entryAfterStores(
  held: bigint,
  { table, index }: { readonly table: number; readonly index: number },
  { firstSeq, words, made }: TableStores,
  from: number,
  to: number,
): bigint {
  let value = held;
  let nrMade = 0;
  // What makes a table of the page empties the entry.
  const make = (end: number): void => {
    for (; nrMade < made.length && made[nrMade]!.index < end; nrMade++)
      if (isWithin(firstSeq + made[nrMade]!.index, from, to)) value = 0n;
  };
  for (let at = 0; at < words.length; at += STORE_WORDS) {
    const seq = firstSeq + words[at]!;
    if (words[at + 1] !== index || !isWithin(seq, from, to)) continue;
    if (made.length > 0) make(words[at]!);
    const before = joinWords(words[at + 2]!, words[at + 3]!);
    if (before !== value) throw mismatchError(seq, { table, index, before }, value);
    value = joinWords(words[at + 4]!, words[at + 5]!);
  }
  if (made.length > 0) make(Infinity);
  return value;
}

/** Words from `at` on: entry index, before, after. */
function store(image: Uint32Array, words: Uint32Array, at: number, table: number, seq: number): void {
  const index = words[at]!;
  const to = 2 * index;
  if (image[to] !== words[at + 1] || image[to + 1] !== words[at + 2]) {
    const before = joinWords(words[at + 1]!, words[at + 2]!);
    throw mismatchError(seq, { table, index, before }, joinWords(image[to] ?? 0, image[to + 1] ?? 0));
  }
  image[to] = words[at + 3]!;
  image[to + 1] = words[at + 4]!;
}

/** A page while it is brought forward with all others: what events before `from` did to it is in it already. */
interface Moving {
  readonly from: number;
  info: TableInfo;
  image: Uint32Array;
  /** Whether the image is a copy that may be written to. */
  isOwn: boolean;
}

function copyOf(image: Uint32Array): Uint32Array {
  const copy = newPage();
  copy.set(image);
  return copy;
}

/** Brings all pages forward at once, each from where it was known. */
export class PageReplay {
  readonly #pages = new Map<number, Moving>();
  readonly start: number;
  #copies = 0;
  #images = 0;
  #levelFrom: number;

  /** @param start position of the first event that counts */
  constructor(start: number) {
    this.start = start;
    this.#levelFrom = start;
  }

  /** Position from which on all pages are those of one place; before it some are ahead. */
  get levelFrom(): number {
    return this.#levelFrom;
  }

  /**
   * @param from position at which the page was so
   * @param isOwn whether nobody else has its image, so that it can be changed
   */
  add({ info, image }: Page, from: number, isOwn = false): void {
    this.#pages.set(info.table, { info, image, from, isOwn });
    if (isOwn) this.#images++;
    if (from > this.#levelFrom) this.#levelFrom = from;
  }

  /** How many images it has that were nobody else's at first: those given to it, made and copied. */
  get images(): number {
    return this.#images;
  }

  /** How many pages were copied since it was asked last, because somebody else has them as they were. */
  takeCopies(): number {
    const copies = this.#copies;
    this.#copies = 0;
    return copies;
  }

  /**
   * Events of a batch before position `end`.
   * @throws ToolError state/mismatch
   */
  apply({ codes, offsets, words, strings }: RawBatch, firstSeq: number, end: number): void {
    const to = Math.min(codes.length, end - firstSeq);
    let page: Moving | undefined;
    let lo = 0;
    let hi = 0;
    let table = 0;
    for (let i = 0; i < to; i++) {
      const code = codes[i]!;
      if (!PageRows.isPageCode(code)) continue;
      const at = offsets[i]!;
      // By halves: making one number of them for each row took as long as the store.
      if (page === undefined || words[at] !== lo || words[at + 1] !== hi) {
        lo = words[at]!;
        hi = words[at + 1]!;
        table = lo + hi * TWO_32;
        page = this.#page(table);
      }
      if (firstSeq + i < page.from) continue;
      if (!page.isOwn) {
        page.image = copyOf(page.image);
        page.isOwn = true;
        this.#copies++;
        this.#images++;
      }
      if (code === TABLE_ALLOCATED) {
        page.info = infoOf(words, strings, at, table);
        page.image.fill(0);
      } else store(page.image, words, at + 2, table, firstSeq + i);
    }
  }

  /** The pages as they are now, for who brings them no further. */
  pages(): ReadonlyMap<number, Page> {
    return this.#pages;
  }

  /** The pages as they are now; those that go on are copied when they change. */
  sharedPages(): ReadonlyMap<number, Page> {
    const shared = new Map<number, Page>();
    for (const [table, page] of this.#pages) {
      page.isOwn = false;
      shared.set(table, { info: page.info, image: page.image });
    }
    return shared;
  }

  #page(table: number): Moving {
    let page = this.#pages.get(table);
    if (!page) {
      page = {
        from: this.start,
        info: Object.freeze({ table, level: '', name: '' }),
        image: newPage(),
        isOwn: true,
      };
      this.#images++;
      this.#pages.set(table, page);
    }
    return page;
  }
}

/** What the batch says of its tables by events before `offset`: the last info of each that it names, or undefined where it only stores. */
export function infosAfter(rows: PageRows, offset: number): Map<number, TableInfo | undefined> {
  const { codes } = rawOf(rows.batch);
  const found = new Map<number, TableInfo | undefined>();
  for (const table of rows.tables()) {
    const own = rows.of(table);
    const count = rowsBefore(own, offset);
    if (count === 0) continue;
    const named = own.subarray(0, count).findLast((i) => codes[i] === TABLE_ALLOCATED);
    found.set(table, named === undefined ? undefined : infoAt(rows.batch, named, table));
  }
  return found;
}

function infoAt(batch: EventBatch, i: number, table: number): TableInfo {
  const { words, offsets, strings } = rawOf(batch);
  return infoOf(words, strings, offsets[i]!, table);
}

const infoOf = (words: Uint32Array, strings: Texts, at: number, table: number): TableInfo =>
  Object.freeze({ table, level: strings.at(words[at + 2]!)! as Level | '', name: strings.at(words[at + 3]!)! });

/** Indices from `from` to `to − 1` of the events that change a table's page, in order: for one look at a batch. */
export function rowsOfTable({ batch, table, from, to }: RowsWanted): readonly number[] {
  const { codes, offsets, words } = rawOf(batch);
  const lo = table % TWO_32;
  const hi = Math.floor(table / TWO_32);
  const rows: number[] = [];
  for (let i = from; i < to; i++) {
    const at = offsets[i]!;
    if (words[at] !== lo || words[at + 1] !== hi) continue;
    if (PageRows.isPageCode(codes[i]!)) rows.push(i);
  }
  return rows;
}

/** What event `i` of a batch, one of {@link rowsOfTable}, stores; undefined when it makes a table of the page. */
export function storeAt(
  batch: EventBatch,
  i: number,
): { readonly index: number; readonly leavesSomething: boolean } | undefined {
  const { codes, offsets, words } = rawOf(batch);
  if (codes[i] === TABLE_ALLOCATED) return undefined;
  const at = offsets[i]!;
  return { index: words[at + 2]!, leavesSomething: (words[at + 5]! | words[at + 6]!) !== 0 };
}

export interface RowsWanted {
  readonly batch: EventBatch;
  readonly table: number;
  readonly from: number;
  readonly to: number;
}
