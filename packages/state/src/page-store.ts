import { pte, type Level, type Pte } from '@kwind/x86';
import { joinWords } from '@kwind/events';

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

/** A page is the hardware's own layout: 512 entries, low word first. */
const PAGE_WORDS = 1024;

/**
 * Pages are cut from slabs: allocating 4 KiB buffers one by one costs more than copying them.
 * A slab is freed when the last state that shares one of its pages is.
 */
const SLAB_PAGES = 64;
let slab = new Uint32Array(0);
let slabUsed = 0;

function newPage(): Uint32Array {
  if (slabUsed === slab.length) {
    slab = new Uint32Array(SLAB_PAGES * PAGE_WORDS);
    slabUsed = 0;
  }
  slabUsed += PAGE_WORDS;
  return slab.subarray(slabUsed - PAGE_WORDS, slabUsed);
}

function copyOf(page: Uint32Array): Uint32Array {
  const copy = newPage();
  copy.set(page);
  return copy;
}

/** Makes a page that nobody has asked for yet; gives the same content each time. */
export type PageLoader = (table: number, ordinal: number) => Uint32Array;

interface Pages {
  readonly ordinals: ReadonlyMap<number, number>;
  /** A hole is a page that `load` makes when it is first needed; then it stands here. */
  readonly images: (Uint32Array | undefined)[];
  readonly infos: readonly TableInfo[];
  readonly load: PageLoader | undefined;
}

const imageAt = (pages: Pages, ordinal: number): Uint32Array =>
  (pages.images[ordinal] ??= pages.load!(pages.infos[ordinal]!.table, ordinal));

let pagesOf: (store: PageStore) => Pages;

/**
 * All page-table pages at one position. Immutable: pages are shared between positions and copied on first write,
 * and nobody outside this file holds one. Immer keeps instances by reference (typed arrays are opaque to it).
 */
export class PageStore implements PageView {
  readonly #pages: Pages;

  constructor(pages: Pages = { ordinals: new Map(), images: [], infos: [], load: undefined }) {
    this.#pages = pages;
  }

  static {
    pagesOf = (store) => store.#pages;
  }

  /** Pages of which so far only level and name are known, in order; `load` makes each when it is first looked at. */
  static lazy(infos: readonly TableInfo[], load: PageLoader): PageStore {
    const ordinals = new Map(infos.map((info, ordinal) => [info.table, ordinal]));
    return new PageStore({ ordinals, images: Array.from(infos, () => undefined), infos, load });
  }

  get size(): number {
    return this.#pages.images.length;
  }
  has(table: number): boolean {
    return this.#pages.ordinals.has(table);
  }
  entry(table: number, index: number): Pte {
    return readEntry(this.#pages, table, index);
  }
  info(table: number): TableInfo | undefined {
    const ordinal = this.#pages.ordinals.get(table);
    return ordinal === undefined ? undefined : this.#pages.infos[ordinal];
  }
  tables(): readonly number[] {
    return [...this.#pages.ordinals.keys()];
  }
  /** A copy of a page's 1,024 words, low word of an entry first; zeroes for an absent page. */
  imageOf(table: number): Uint32Array {
    const ordinal = this.#pages.ordinals.get(table);
    return ordinal === undefined ? new Uint32Array(PAGE_WORDS) : imageAt(this.#pages, ordinal).slice();
  }
  /** Level and name of all pages, in the order in which they were first seen. */
  infos(): readonly TableInfo[] {
    return this.#pages.infos;
  }
  /** Whether the page with this ordinal is the very same as in `earlier`, a state that this one came from. */
  isUnchanged(earlier: PageStore, ordinal: number): boolean {
    return (
      earlier.#pages.images[ordinal] !== undefined && this.#pages.images[ordinal] === earlier.#pages.images[ordinal]
    );
  }
  /** True when both hold the very same page, so that a comparison can skip it. */
  sharesPage(other: PageStore, table: number): boolean {
    const mine = this.#pages.ordinals.get(table);
    const theirs = other.#pages.ordinals.get(table);
    return mine !== undefined && theirs !== undefined && imageAt(this.#pages, mine) === imageAt(other.#pages, theirs);
  }
}

/** A page's own words, for coding it without a copy. Only for this room: whoever asks promises to read only. */
export const wordsOf = (store: PageStore, ordinal: number): Uint32Array => imageAt(pagesOf(store), ordinal);

function readEntry(pages: Pages, table: number, index: number): Pte {
  const ordinal = pages.ordinals.get(table);
  if (ordinal === undefined) return pte(0n);
  const image = imageAt(pages, ordinal);
  return joinWords(image[2 * index]!, image[2 * index + 1]!) as Pte;
}

/** The one mutable form, alive for one batch: copies a page when it first writes to it. */
export class PageWriter implements PageView {
  #ordinals: Map<number, number>;
  #ownsOrdinals = false;
  #images: (Uint32Array | undefined)[];
  #ownsImages = false;
  #infos: TableInfo[];
  /** owned[ordinal] = 1 once the page is this writer's copy. */
  #owned: Uint8Array;
  readonly #base: PageStore;
  readonly #load: PageLoader | undefined;
  // The last page written: runs of writes go to one table, so most look-ups stop here.
  #lastTable = -1;
  #lastImage: Uint32Array = new Uint32Array(0);

  constructor(base: PageStore) {
    const pages = pagesOf(base);
    this.#base = base;
    this.#ordinals = pages.ordinals as Map<number, number>;
    this.#images = pages.images;
    this.#load = pages.load;
    this.#infos = pages.infos as TableInfo[];
    this.#owned = new Uint8Array(pages.images.length + 64);
  }

  get size(): number {
    return this.#images.length;
  }
  has(table: number): boolean {
    return this.#ordinals.has(table);
  }
  entry(table: number, index: number): Pte {
    return readEntry(this.#pages(), table, index);
  }
  info(table: number): TableInfo | undefined {
    const ordinal = this.#ordinals.get(table);
    return ordinal === undefined ? undefined : this.#infos[ordinal];
  }
  tables(): readonly number[] {
    return [...this.#ordinals.keys()];
  }

  /**
   * Store an entry and say whether it held `before`. A mismatch stores nothing.
   */
  write(table: number, index: number, beforeLo: number, beforeHi: number, afterLo: number, afterHi: number): boolean {
    if (table !== this.#lastTable) this.#select(table);
    const image = this.#lastImage;
    const at = 2 * index;
    if (image[at] !== beforeLo || image[at + 1] !== beforeHi) return false;
    image[at] = afterLo;
    image[at + 1] = afterHi;
    return true;
  }

  /** Make `table` an all-zero page with a level and a name; keeps the content of a page that is known already only by writes. */
  allocate(info: TableInfo): void {
    this.#select(info.table);
    const ordinal = this.#ordinals.get(info.table)!;
    this.#lastImage.fill(0);
    this.#ownImages();
    this.#infos[ordinal] = Object.freeze(info);
  }

  /** Replace a whole page: for reading checkpoints back. */
  load(info: TableInfo, image: Uint32Array): void {
    this.allocate(info);
    this.#lastImage.set(image);
  }

  /** The pages as they are now, immutable; the writer must not be used again. */
  finish(): PageStore {
    if (!this.#ownsImages) return this.#base;
    return new PageStore(this.#pages());
  }

  #pages(): Pages {
    return { ordinals: this.#ordinals, images: this.#images, infos: this.#infos, load: this.#load };
  }

  #select(table: number): void {
    const known = this.#ordinals.get(table);
    const ordinal = known ?? this.#add(table);
    if (this.#owned[ordinal] !== 1) {
      this.#ownImages();
      this.#images[ordinal] = copyOf(imageAt(this.#pages(), ordinal));
      this.#owned[ordinal] = 1;
    }
    this.#lastTable = table;
    this.#lastImage = this.#images[ordinal]!;
  }

  #add(table: number): number {
    this.#ownImages();
    if (!this.#ownsOrdinals) {
      this.#ordinals = new Map(this.#ordinals);
      this.#ownsOrdinals = true;
    }
    const ordinal = this.#images.push(newPage()) - 1;
    this.#infos.push(Object.freeze({ table, level: '', name: '' }));
    this.#ordinals.set(table, ordinal);
    if (ordinal >= this.#owned.length) {
      const grown = new Uint8Array(this.#owned.length * 2);
      grown.set(this.#owned);
      this.#owned = grown;
    }
    this.#owned[ordinal] = 1;
    return ordinal;
  }

  #ownImages(): void {
    if (this.#ownsImages) return;
    this.#images = this.#images.slice();
    this.#infos = this.#infos.slice();
    this.#ownsImages = true;
  }
}
