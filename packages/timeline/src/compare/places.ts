import { hex, PMD_SIZE, symbolAt, vaddr, vmallocEnd, vmemmapStart, type KernelProfile } from '@kwind/x86';
import { imageOf, type Apart, type Image } from './apart.ts';
import { hashText, mix, mixNumber } from './hash.ts';
import { frameOf, isDrawn, type Table, type Tables } from './tables.ts';

/**
 * How an address is to be read. A `pointer` may point into tables, resources and code; a `page` is mapped and has a place in
 * its section, whatever the build; a `range` is reported as it lies in the image.
 */
export type Mode = 'pointer' | 'page' | 'range';

/** From where the place of a page in the image is counted: what moved with its section stays where it was in it. */
export type PageBy = 'image' | 'section' | 'next';

/** An entry of a page table. */
export interface Entry {
  readonly table: Table;
  readonly index: number;
}

const TWO_20 = 0x10_0000;
const HALF = 2 ** 51;

/** A place that is what the address says: nothing about it moves. */
export const RAW = 0;
const IMAGE = 1;
const SECTION = 2;
const VMALLOC = 16;
const RESOURCE = 17;
const TABLE = 18;
const SYMBOL = 19;
const TEXT = 20;
const PAGE_OF_RAM = 21;
const VMEMMAP = 22;
/** A TiB of struct pages. */
const VMEMMAP_PAGES = 2 ** 28;
const VIRTUAL = 32;
const DIRECT = 64;

const pagesOf = (bytes: bigint): number => Number(bytes >> 12n);

/** Says where an address lies, relative to what may lie elsewhere in the other boot. */
export class Places {
  /** The answer of {@link place}: a region, a page in it, and the low bits. */
  region = RAW;
  page = 0;
  low = 0;

  readonly image: Image;
  readonly #profile: KernelProfile;
  readonly #apart: boolean;
  readonly #rebuilt: boolean;
  readonly #allocates: boolean;
  readonly #kernelMap: number;
  readonly #kernelMapEnd: number;
  readonly #pageOffset: number;
  readonly #vmalloc: number;
  readonly #vmemmap: number;
  /** Where what may slide begins. */
  readonly #starts: readonly (readonly [region: number, page: number])[];
  readonly #vmallocEnd: number;
  readonly #symbols = new Map<number, string>();
  readonly #names = new Map<number, string>();
  tables: Tables | undefined;
  /** In another build, a mapped page may be placed by the section it lies in, or by the one that follows. */
  by: PageBy = 'image';
  /** What the last place of region TABLE stands for. */
  #table: Table | undefined;
  #index = 0;
  /** The table that the last pointer pointed into, and the two words of that pointer's page. */
  #lastTable: Table | undefined;
  #lastLo = 0;
  #lastHi = 0;

  constructor(profile: KernelProfile, apart: Apart) {
    this.#profile = profile;
    this.#apart = apart.slid || apart.rebuilt;
    this.#rebuilt = apart.rebuilt;
    this.#allocates = apart.allocates;
    this.image = imageOf(profile);
    this.#kernelMap = pagesOf(profile.startKernelMap);
    this.#kernelMapEnd = this.#kernelMap + pagesOf(profile.kernelImageSize);
    this.#pageOffset = pagesOf(profile.pageOffset);
    this.#vmalloc = pagesOf(profile.vmallocStart);
    this.#vmemmap = pagesOf(vmemmapStart(profile));
    this.#starts = [
      [DIRECT, this.#pageOffset],
      [VMALLOC, this.#vmalloc],
      [VMEMMAP, this.#vmemmap],
      [IMAGE | VIRTUAL, this.image.virtual],
      [IMAGE, this.image.physical],
    ];
    this.#vmallocEnd = pagesOf(vmallocEnd(profile));
  }

  /**
   * Whether the pages under an entry are given out by the page allocator, in a range of the kernel where that tells nothing:
   * another build, or one with its regions elsewhere, asks for others.
   */
  isAllocated(table: Table, index: number, frame: number): boolean {
    if (this.#isAlias(table, index)) return true;
    if (!this.#allocates || (table.base < 0 && table.drawn !== 'all')) return false;
    return this.isGiven(table.drawn === 'all' ? HALF + this.#vmalloc : this.tables!.pageUnder(table, index), frame);
  }
  /** A single page of RAM in the direct map, which changes its rights when it is given to somebody who needs others. */
  #isAlias(table: Table, index: number): boolean {
    if (!this.#rebuilt || table.depth !== 0 || table.base < this.#pageOffset || table.base >= this.#vmalloc)
      return false;
    const frame = table.base + index - this.#pageOffset;
    return !this.#isImage(frame) && this.tables!.isRam(frame);
  }
  /** The same of a page and the frame that it maps. */
  isGiven(page: number, frame: number): boolean {
    return this.#allocates && page >= this.#vmalloc && !this.#isImage(frame) && this.tables!.isRam(frame);
  }
  /** The place of what an entry maps, in its two words; `table` and `index` say which entry, where that is known. */
  placeValue(lo: number, hi: number, mode: Mode, table: Table | undefined, index: number): void {
    if (table && this.isAllocated(table, index, frameOf(lo, hi))) this.placeAllocated();
    else this.place(mode, lo & ~0xfff, hi & 0xf_ffff);
  }
  /** Take that for the place. */
  placeAllocated(): void {
    this.#set(PAGE_OF_RAM, 0, 0);
  }
  #isImage(frame: number): boolean {
    return frame >= this.image.physical && frame < this.image.physical + this.image.pages;
  }

  /** Find the place of an address, in its two words. */
  place(mode: Mode, lo: number, hi: number): void {
    // Neighbouring calls mostly point into one table.
    if (mode === 'pointer' && hi === this.#lastHi && lo >>> 12 === this.#lastLo && this.#lastTable)
      return this.#inTable(this.#lastTable, lo & 0xfff);
    const page = (hi >>> 0) * TWO_20 + (lo >>> 12);
    if (page >= HALF) this.#virtual(mode, page, lo & 0xfff, lo, hi);
    else this.#physical(mode, page, lo & 0xfff);
  }

  /** The same for a whole page. */
  placePage(page: number, mode: Mode = 'page'): void {
    if (page >= HALF) this.#virtual(mode, page, 0, 0, 0);
    else this.#physical(mode, page, 0);
  }

  /** What a table is for, by the pages it maps. */
  nameOf = (first: number, last: number): string => {
    this.#placeRange(first, last);
    return this.text();
  };

  /**
   * The place of a range as long as a table or an entry reaches. Regions slide by less than the large ones, so it is counted from
   * the range that the region starts in.
   */
  #placeRange(first: number, last: number): void {
    const size = last - first + 1;
    for (const [region, start] of this.#starts) {
      if (start <= first || start > last) continue;
      return this.#set(region, 0, 0);
    }
    this.placePage(first);
    const start = this.#starts.find(([region]) => region === (this.region & DIRECT ? DIRECT : this.region))?.[1];
    if (start !== undefined && this.region !== IMAGE && size > 1) this.page += start % size;
  }

  /** A place of an entry within its table: an index, or the page that it maps where that may have slid. */
  placeEntry(table: Table, index: number): void {
    if (isDrawn(table, index)) {
      if (table.first < 0) table.first = index;
      this.#set(RAW, index - table.first, 0);
    } else if (this.#isAlias(table, index)) this.#set(DIRECT | PAGE_OF_RAM, 0, 0);
    else if (this.#apart && table.base >= 0) {
      const first = this.tables!.pageUnder(table, index);
      this.#placeRange(first, first + this.tables!.coverage(table.depth) - 1);
    } else this.#set(RAW, index, 0);
  }

  /** Whether an entry maps part of the kernel map outside the image; see `Canon.isNoise`. */
  isBesideImage(table: Table, index: number): boolean {
    const page = this.tables!.pageUnder(table, index);
    const { virtual, pages } = this.image;
    return page + pagesOf(PMD_SIZE) <= virtual || page > virtual + pages - 1;
  }

  /** The table and the entry that the last pointer points to. */
  get pointedTable(): Table | undefined {
    return this.region === TABLE ? this.#table : undefined;
  }
  get pointedIndex(): number {
    return this.#index;
  }
  get pointedTo(): Entry | undefined {
    const table = this.pointedTable;
    return table && { table, index: this.#index };
  }

  /**
   * Whether an entry of a top-level table maps nothing but the end of the vmalloc area, where the start of the area is not
   * at an entry's start: in a boot that drew an even start there is no such entry, and the area is as long.
   */
  isTail(table: Table, index: number): boolean {
    if (table.base < 0 || table.depth < 3) return false;
    const size = this.tables!.coverage(table.depth);
    const first = this.tables!.pageUnder(table, index);
    if (first >= this.#vmallocEnd) return false;
    const entries = Math.ceil((this.#vmallocEnd - this.#vmalloc) / size);
    return Math.floor(first / size) - Math.floor(this.#vmalloc / size) >= entries;
  }

  #set(region: number, page: number, low: number): void {
    this.region = region;
    this.page = page;
    this.low = low;
  }

  #physical(mode: Mode, page: number, low: number): void {
    const offset = page - this.image.physical;
    if (!this.#apart || offset < 0 || offset >= this.image.pages) this.#set(RAW, page, low);
    else this.#inImage(mode, offset, low);
  }

  #inImage(mode: Mode, offset: number, low: number): void {
    if (!this.#rebuilt || mode === 'range' || (mode === 'page' && this.by === 'image'))
      return this.#set(IMAGE, offset, low);
    const { sections } = this.image;
    let i = sections.length - 1;
    while (i > 0 && sections[i]!.start > offset) i--;
    if (mode === 'pointer') this.#set(SECTION + i, 0, 0);
    else if (this.by === 'next') this.#set(SECTION + i, (sections[i + 1]?.start ?? this.image.pages) - offset, low);
    else this.#set(SECTION + i, offset - (sections[i]?.start ?? 0), low);
  }

  #virtual(mode: Mode, page: number, low: number, lo: number, hi: number): void {
    if (mode === 'pointer') {
      const name = this.tables?.resource(lo, hi);
      if (name !== undefined) return this.#set(RESOURCE, this.#numberOf(name), 0);
    }
    if (page >= this.#kernelMap && page < this.#kernelMapEnd) return this.#kernel(mode, page, low);
    if (page >= this.#vmalloc && page < this.#vmallocEnd && this.#apart)
      return this.#set(VMALLOC, page - this.#vmalloc, low);
    if (page >= this.#vmemmap && page < this.#vmemmap + VMEMMAP_PAGES && this.#apart)
      return this.#set(VMEMMAP, page - this.#vmemmap, low);
    if (page < this.#pageOffset || page >= this.#vmalloc) return this.#set(RAW, page, low);
    const frame = page - this.#pageOffset;
    const table = mode === 'pointer' ? this.tables?.at(frame) : undefined;
    if (table) {
      if (!this.tables!.mayHoldResource(lo)) [this.#lastTable, this.#lastLo, this.#lastHi] = [table, lo >>> 12, hi];
      return this.#inTable(table, low);
    }
    if (!this.#apart) return this.#set(RAW, page, low);
    // What was allocated lies elsewhere in another build.
    if (this.#allocates && mode === 'pointer' && !this.#isImage(frame) && this.tables?.isRam(frame))
      this.placeAllocated();
    else this.#physical(mode, frame, low);
    this.region |= DIRECT;
  }

  /** A pointer to an entry. */
  #inTable(table: Table, low: number): void {
    this.placeEntry(table, low >>> 3);
    const number = mixNumber(mix(table.id, this.region), this.page) >>> 0;
    this.#table = table;
    this.#index = low >>> 3;
    this.#set(TABLE, number, 0);
  }

  #kernel(mode: Mode, page: number, low: number): void {
    if (!this.#apart) return this.#set(RAW, page, low);
    const offset = page - this.image.virtual;
    if (mode === 'pointer') {
      const symbol = this.#symbolAt(page, low);
      if (symbol !== '') return this.#set(SYMBOL, this.#numberOf(symbol), 0);
    }
    if (offset >= 0 && offset < this.image.pages) {
      this.#inImage(mode, offset, low);
      this.region |= VIRTUAL;
    } else this.#set(TEXT, offset, low);
  }

  /** A named place of the image; '' for code and for markers, which say nothing of their own. */
  #symbolAt(page: number, low: number): string {
    const key = (page - this.#kernelMap) * 4096 + low;
    let symbol = this.#symbols.get(key);
    if (symbol === undefined) {
      const name = symbolAt(this.#profile, vaddr((BigInt(page) << 12n) | BigInt(low))) ?? '';
      symbol = name.startsWith('_') ? '' : name;
      this.#symbols.set(key, symbol);
    }
    return symbol;
  }

  #numberOf(text: string): number {
    const number = hashText(text);
    this.#names.set(number, text);
    return number;
  }

  /** Where an entry is, in words. */
  entryText(table: Table, index: number): string {
    this.placeEntry(table, index);
    if (isDrawn(table, index)) return `[first${this.page === 0 ? '' : `+${this.page}`}]`;
    return this.#apart && table.base >= 0 ? `[${this.text()}]` : `[${this.page}]`;
  }

  /** The answer of {@link place} in words. */
  text(): string {
    const { region, page, low } = this;
    const offset = hex((BigInt(page) << 12n) | BigInt(low));
    if (region & DIRECT) {
      this.region = region & ~DIRECT;
      return `direct+${this.text()}`;
    }
    switch (region) {
      case RAW:
        return offset;
      case VMALLOC:
        return `vmalloc+${offset}`;
      case VMEMMAP:
        return `vmemmap+${offset}`;
      case RESOURCE:
      case SYMBOL:
        return `<${this.#names.get(page) ?? page}>`;
      case TABLE:
        return `<${this.#table!.title}>${this.entryText(this.#table!, this.#index)}`;
      case PAGE_OF_RAM:
        return '<RAM>';
      case TEXT:
        return page < 0 ? `text-${hex(-((BigInt(page) << 12n) | BigInt(low)))}` : `text+${offset}`;
      default:
        return this.#imageText(region, offset);
    }
  }

  #imageText(region: number, offset: string): string {
    const name = region & VIRTUAL ? 'text' : 'image';
    const inner = region & ~VIRTUAL;
    if (inner === IMAGE) return `${name}+${offset}`;
    const section = this.image.sections[inner - SECTION]?.name ?? 'image';
    return this.page === 0 && this.low === 0 ? `<kernel ${section}>` : `${section}+${offset}`;
  }
}
