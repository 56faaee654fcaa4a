import { hex, pte, ToolError, type Level, type Pte } from '@kwind/x86';
import { joinWords } from '@kwind/events';
import { PAGE_WORDS, PageCell, PIECE_SHIFT } from './page-cell.ts';

/** What is known of a page-table page besides its entries. Level is '' while only writes to it were seen. */
export interface TableInfo {
  readonly table: number;
  readonly level: Level | '';
  readonly name: string;
}

/** Reading side of the page-table pages, by frame number; absent pages read as zero. */
export interface PageView {
  readonly size: number;
  has(table: number): boolean;
  entry(table: number, index: number): Pte;
  info(table: number): TableInfo | undefined;
  /** Frames of all pages, in the order in which they were first seen. */
  tables(): readonly number[];
}

/** A page with what is known of it. Whoever is handed one promises to read only. */
export interface Page {
  readonly info: TableInfo;
  /** The hardware's own layout: 512 entries, low word first. */
  readonly image: Uint32Array;
}

/**
 * Pages that nobody has asked for yet, at one position of a history. Made when they are looked at; each answer stays
 * the same, and two answers that share an image are the same page.
 */
export interface PageOrigin {
  tables(): readonly number[];
  has(table: number): boolean;
  info(table: number): TableInfo | undefined;
  page(table: number): Page | undefined;
  /** One entry where that is cheaper than its page; undefined where the page is to be asked for. */
  entry?(table: number, index: number): Pte | undefined;
}

const NO_WORDS = new Uint32Array(PAGE_WORDS);

interface Pages {
  /** Places in the two lists below. */
  readonly ordinals: ReadonlyMap<number, number>;
  readonly cells: readonly PageCell[];
  readonly infos: readonly TableInfo[];
  /** Where the pages that are not in the lists are, if there can be any. */
  readonly origin: PageOrigin | undefined;
}

let pagesOf: (store: PageStore) => Pages;

/**
 * All page-table pages at one position. Immutable: pages are shared between positions and copied on first write,
 * and nobody outside this room holds one. Immer keeps instances by reference (typed arrays are opaque to it).
 */
export class PageStore implements PageView {
  readonly #pages: Pages;

  constructor(pages: Pages = { ordinals: new Map(), cells: [], infos: [], origin: undefined }) {
    this.#pages = pages;
  }

  static {
    pagesOf = (store) => store.#pages;
  }

  /** Pages that are made when they are first looked at. */
  static lazy(origin: PageOrigin): PageStore {
    return new PageStore({ ordinals: new Map(), cells: [], infos: [], origin });
  }

  get size(): number {
    return this.#pages.origin ? this.tables().length : this.#pages.cells.length;
  }
  has(table: number): boolean {
    return hasTable(this.#pages, table);
  }
  entry(table: number, index: number): Pte {
    return readEntry(this.#pages, table, index);
  }
  info(table: number): TableInfo | undefined {
    return infoOf(this.#pages, table);
  }
  tables(): readonly number[] {
    return tablesOf(this.#pages);
  }
  /** A copy of a page's 1,024 words, low word of an entry first; zeroes for an absent page. */
  imageOf(table: number): Uint32Array {
    return (imageAt(this.#pages, table) ?? NO_WORDS).slice();
  }
  /** True when both hold the very same page, so that a comparison can skip it. */
  sharesPage(other: PageStore, table: number): boolean {
    const mine = pageAt(this.#pages, table);
    return mine !== undefined && mine === pageAt(other.#pages, table);
  }
}

function hasTable({ ordinals, origin }: Pages, table: number): boolean {
  return ordinals.has(table) || (origin?.has(table) ?? false);
}

function infoOf({ ordinals, infos, origin }: Pages, table: number): TableInfo | undefined {
  const ordinal = ordinals.get(table);
  return ordinal === undefined ? origin?.info(table) : infos[ordinal];
}

function imageAt(pages: Pages, table: number): Uint32Array | undefined {
  const page = pageAt(pages, table);
  return page instanceof PageCell ? page.image() : page;
}

/** A page of its own, or the image of one that somebody else made. */
function pageAt({ ordinals, cells, origin }: Pages, table: number): PageCell | Uint32Array | undefined {
  const ordinal = ordinals.get(table);
  if (ordinal !== undefined) return cells[ordinal];
  const image = origin?.page(table)?.image;
  // A page that is listed and cannot be made is not an empty one: part of the trace is gone.
  if (image === undefined && origin?.has(table)) throw lostPage(table);
  return image;
}

const lostPage = (table: number): ToolError =>
  new ToolError(
    'event/corrupt',
    `the page of table ${hex(BigInt(table) << 12n)} cannot be found in the trace.`,
    'Run kwind verify on the trace.',
  );

function readEntry(pages: Pages, table: number, index: number): Pte {
  const ordinal = pages.ordinals.get(table);
  if (ordinal !== undefined) return pages.cells[ordinal]!.entry(index) as Pte;
  const alone = pages.origin?.entry?.(table, index);
  if (alone !== undefined) return alone;
  const image = imageAt(pages, table);
  return image === undefined ? pte(0n) : (joinWords(image[2 * index]!, image[2 * index + 1]!) as Pte);
}

/** An entry of a page that is at hand. */
export const entryOf = ({ image }: Page, index: number): Pte =>
  joinWords(image[2 * index]!, image[2 * index + 1]!) as Pte;

function tablesOf({ ordinals, origin }: Pages): readonly number[] {
  if (!origin) return [...ordinals.keys()];
  const earlier = origin.tables();
  const known = new Set(earlier);
  return [...earlier, ...[...ordinals.keys()].filter((table) => !known.has(table))];
}

/** A page's own words, for coding it without a copy; undefined for an absent page. Only for this room. */
export const wordsOf = (pages: PageStore | PageWriter, table: number): Uint32Array | undefined =>
  imageAt(pages instanceof PageWriter ? openPagesOf(pages) : pagesOf(pages), table);

let openPagesOf: (writer: PageWriter) => Pages;
let takeRuns: (writer: PageWriter, tally: RunTally) => void;

/** How often writes turned to each page from another, by the page's place in {@link ownInfosOf}. */
export interface RunTally {
  runs: Uint32Array;
  total: number;
}

/** Add a writer's counts to a tally and let it count anew. Only for this room. */
export const takeRunsOf = (writer: PageWriter, tally: RunTally): void => takeRuns(writer, tally);

/** The pages that these pages hold themselves, each always at the same place. Only for this room. */
export const ownInfosOf = (pages: PageStore | PageWriter): readonly TableInfo[] =>
  (pages instanceof PageWriter ? openPagesOf(pages) : pagesOf(pages)).infos;

/** Whether these pages hold all there are. Only for this room. */
export const isWhole = (pages: PageStore | PageWriter): boolean =>
  (pages instanceof PageWriter ? openPagesOf(pages) : pagesOf(pages)).origin === undefined;

/** Frame, level and name of all pages, in the order in which they were first seen. Only for this room. */
export function infosOf(pages: PageStore | PageWriter): readonly TableInfo[] {
  const open = pages instanceof PageWriter ? openPagesOf(pages) : pagesOf(pages);
  return open.origin ? tablesOf(open).map((table) => infoOf(open, table)!) : open.infos;
}

function grown(words: Uint32Array, length: number): Uint32Array {
  const larger = new Uint32Array(Math.max(2 * words.length, length));
  larger.set(words);
  return larger;
}

// Most machines of a history that is travelled in never write to a page.
const NOTHING_OWNED: Uint8Array = new Uint8Array(0);
const NO_RUNS: Uint32Array = new Uint32Array(0);

/** The one mutable form, alive for one batch or a run of them: takes a page over when it first writes to it. */
export class PageWriter implements PageView {
  #ordinals: Map<number, number>;
  #ownsOrdinals = false;
  #cells: PageCell[];
  #ownsCells = false;
  #infos: TableInfo[];
  /** By ordinal, 1 once the page is this writer's. */
  #owned = NOTHING_OWNED;
  /** By ordinal, how often writes turned to the page from another. */
  #runs = NO_RUNS;
  readonly #base: PageStore;
  readonly #origin: PageOrigin | undefined;
  // The last page written: runs of writes go to one table, so most look-ups stop here.
  #lastTable = -1;
  #last = PageCell.none;
  #lastWords: Uint32Array = this.#last.words!;

  constructor(base: PageStore) {
    const pages = pagesOf(base);
    this.#base = base;
    this.#ordinals = pages.ordinals as Map<number, number>;
    this.#cells = pages.cells as PageCell[];
    this.#infos = pages.infos as TableInfo[];
    this.#origin = pages.origin;
  }

  static {
    openPagesOf = (writer) => writer.#pages();
    takeRuns = (writer, tally) => {
      const runs = writer.#runs;
      const count = Math.min(runs.length, writer.#infos.length);
      if (tally.runs.length < count) tally.runs = grown(tally.runs, count);
      for (let ordinal = 0; ordinal < count; ordinal++) {
        if (runs[ordinal] === 0) continue;
        tally.runs[ordinal]! += runs[ordinal]!;
        tally.total += runs[ordinal]!;
        runs[ordinal] = 0;
      }
    };
  }

  get size(): number {
    return this.#origin ? this.tables().length : this.#cells.length;
  }
  has(table: number): boolean {
    return this.#ordinals.has(table) || (this.#origin?.has(table) ?? false);
  }
  entry(table: number, index: number): Pte {
    return readEntry(this.#pages(), table, index);
  }
  info(table: number): TableInfo | undefined {
    return infoOf(this.#pages(), table);
  }
  tables(): readonly number[] {
    return tablesOf(this.#pages());
  }

  /**
   * Store an entry and say whether it held `before`. A mismatch stores nothing.
   */
  write(table: number, index: number, beforeLo: number, beforeHi: number, afterLo: number, afterHi: number): boolean {
    if (table !== this.#lastTable) this.#select(table);
    const words = this.#lastWords;
    const at = 2 * index;
    if (words[at] !== beforeLo || words[at + 1] !== beforeHi) return false;
    words[at] = afterLo;
    words[at + 1] = afterHi;
    this.#last.stored |= 1 << (at >> PIECE_SHIFT);
    return true;
  }

  /** The page of `table` to write to, for as long as this writer is used. Only for the reducer. */
  open(table: number): PageCell {
    if (table !== this.#lastTable) this.#select(table);
    return this.#last;
  }

  /** Make `table` an all-zero page with a level and a name; keeps the place of a page that is known already only by writes. */
  allocate(info: TableInfo): void {
    this.#select(info.table);
    const ordinal = this.#ordinals.get(info.table)!;
    this.#last.clear();
    this.#infos[ordinal] = Object.freeze(info);
  }

  /** Replace a whole page: for reading states back. */
  load(info: TableInfo, image: Uint32Array): void {
    this.allocate(info);
    this.#last.words!.set(image);
    this.#last.stored = -1;
  }

  /** The pages as they are now, immutable; the writer must not be used again. */
  finish(): PageStore {
    if (!this.#ownsCells) return this.#base;
    return new PageStore(this.#pages());
  }

  #pages(): Pages {
    return { ordinals: this.#ordinals, cells: this.#cells, infos: this.#infos, origin: this.#origin };
  }

  #select(table: number): void {
    const ordinal = this.#ordinals.get(table) ?? this.#add(table);
    if (this.#owned[ordinal] !== 1) {
      this.#ownCells();
      this.#cells[ordinal] = this.#cells[ordinal]!.next();
      this.#owned[ordinal] = 1;
    }
    this.#runs[ordinal]!++;
    this.#lastTable = table;
    this.#last = this.#cells[ordinal]!;
    this.#lastWords = this.#last.words!;
  }

  #add(table: number): number {
    this.#ownCells();
    if (!this.#ownsOrdinals) {
      this.#ordinals = new Map(this.#ordinals);
      this.#ownsOrdinals = true;
    }
    const known = this.#origin?.page(table);
    const ordinal = this.#cells.push(known ? PageCell.copyOf(known.image) : PageCell.empty()) - 1;
    this.#infos.push(known?.info ?? Object.freeze({ table, level: '', name: '' }));
    this.#ordinals.set(table, ordinal);
    if (ordinal >= this.#owned.length) this.#grow();
    this.#owned[ordinal] = 1;
    return ordinal;
  }

  #grow(): void {
    const owned = new Uint8Array(this.#owned.length * 2);
    owned.set(this.#owned);
    this.#owned = owned;
    this.#runs = grown(this.#runs, owned.length);
  }

  #ownCells(): void {
    if (this.#ownsCells) return;
    this.#cells = this.#cells.slice();
    this.#infos = this.#infos.slice();
    this.#owned = new Uint8Array(this.#cells.length + 64);
    this.#runs = new Uint32Array(this.#cells.length + 64);
    this.#ownsCells = true;
  }
}
