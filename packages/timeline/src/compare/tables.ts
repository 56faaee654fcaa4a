import { codeOfType, type TraceReader } from '@kwind/events';
import { rawOf, type RawBatch } from '@kwind/events/raw';
import { IOMEM_RESOURCE, IOPORT_RESOURCE, levels, type KernelProfile } from '@kwind/x86';
import { FrameMap, highOf, joined, lowOf } from './frame-map.ts';
import { hashText } from './hash.ts';

const ALLOCATED = codeOfType('table.allocated');
const CREATED = codeOfType('resource.created');
const POPULATED = ['pmd.populated', 'pud.populated', 'p4d.populated', 'pgd.populated'].map(codeOfType);
/** Events that say what a table or a resource is; the same by code. */
const telling = [ALLOCATED, CREATED, ...POPULATED];
const tells = Uint8Array.from({ length: 256 }, (_, code) => Number(telling.includes(code)));

/** High half of the pointers that stand for resources whose address nobody knows. */
const MODEL_POINTERS = Number(IOMEM_RESOURCE >> 32n);
const half = (value: bigint): [number, number] => [Number(value & 0xffff_ffffn), Number(value >> 32n)];
const TWO_32 = 0x1_0000_0000;
const TWO_20 = 0x10_0000;
const VPAGES = 2 ** 52;
const ENTRIES = 512;
/** No page table is so deep. */
const MOST_LEVELS = 8;
const PAGE_BITS = 0xfff;

/** The frame that an entry's two words name. */
export const frameOf = (lo: number, hi: number): number => (hi & 0xf_ffff) * TWO_20 + (lo >>> 12);

/** A page-table page, and what it is for. */
export interface Table {
  readonly frame: number;
  /** Symbol, if it is part of the kernel image. */
  name: string;
  /** 0 for pte up to 4 for pgd; −1 while nothing tells. */
  depth: number;
  parent: Table | undefined;
  /** Entry of the parent that was first made to point here. */
  index: number;
  /** First virtual page that it maps; −1 where nothing tells. */
  base: number;
  /**
   * Under the user half of a root that has no name (`all`), or that root itself (`lower`): there text is patched, at an
   * address that each boot draws by lot.
   */
  drawn: 'all' | 'lower' | 'no';
  /** Of a drawn one, the entry seen first; −1 before. */
  first: number;
  /** What it is for, in words: equal on both sides for tables that stand for each other. */
  title: string;
  /** The title as a number, with its sign; 0 until it is known. */
  id: number;
}

/** A struct resource's pointer as a key. */
const pointerKey = (lo: number, hi: number): string => `${hi >>> 0}:${lo >>> 0}`;

/** Says where a virtual page lies, relative to its region: the same words for two boots that slid. */
export type PageNamer = (page: number, last: number) => string;

/** The rows of the batch at `firstSeq`, of all but calls: most of a traced boot, and no part of this. */
function rowsOf(reader: TraceReader, firstSeq: number): RawBatch {
  for (const { raw } of reader.rowsFrom?.(firstSeq, { calls: true }) ?? []) return raw;
  return rawOf(reader.batchContaining(firstSeq));
}

/** The page tables of a trace, found by frame, and the names of its resources. */
export class Tables {
  readonly #nrLevels: 4 | 5;
  readonly #earlyRoot: string;
  /** Number plus one of the table in each frame. */
  readonly #numbers = new FrameMap();
  readonly #all: Table[] = [];
  readonly #resources = new Map<string, string>();
  /** By twelve bits of a page's number, whether a resource lies in such a page: next to no pointer is looked up by all its bits. */
  readonly #resourcePages = new Uint8Array(PAGE_BITS + 1);
  readonly #ram: (readonly [number, number])[] = [];
  readonly #nameOf: PageNamer;
  /** Roots that nothing names, in the order in which they were first met. */
  readonly strangers: Table[] = [];
  readonly #aliases: ReadonlyMap<number, string>;

  /** @param aliases names for roots that have none, by frame */
  constructor(
    reader: TraceReader,
    { levels: nrLevels, earlyRoot }: KernelProfile,
    nameOf: PageNamer,
    aliases: ReadonlyMap<number, string>,
  ) {
    this.#nrLevels = nrLevels;
    this.#earlyRoot = earlyRoot;
    this.#nameOf = nameOf;
    this.#aliases = aliases;
    for (const { firstSeq } of reader.batchesWith(telling, 0, 'forward')) this.#read(rowsOf(reader, firstSeq));
    for (const table of this.#all) this.#resolve(table);
    this.#name(...half(IOMEM_RESOURCE), 'iomem_resource');
    this.#name(...half(IOPORT_RESOURCE), 'ioport_resource');
  }

  /** The table in a frame, if it is known to be one. */
  at(frame: number): Table | undefined {
    return this.atWords(lowOf(frame), highOf(frame));
  }
  /** The same by the two words of its number, with their signs. */
  atWords(lo: number, hi: number): Table | undefined {
    const number = this.#numbers.get(lo, hi);
    return number === 0 ? undefined : this.#all[number - 1];
  }

  /** The table that a link names, in its two words. */
  linked(lo: number, hi: number): Table | undefined {
    return this.atWords((hi << 20) | (lo >>> 12), (hi & 0xf_ffff) >>> 12);
  }

  /** The table in a frame that an entry is stored to: it is one now, if it was not known before. */
  touched(frame: number): Table {
    return this.touchedWords(lowOf(frame), highOf(frame));
  }
  touchedWords(lo: number, hi: number): Table {
    const known = this.atWords(lo, hi);
    if (known) return known;
    const table = this.#add(joined(lo, hi));
    this.#resolve(table);
    return table;
  }

  resource(lo: number, hi: number): string | undefined {
    // The model's own pointers, for what has no address, are everywhere the same.
    if (hi >>> 0 === MODEL_POINTERS) return this.#resources.get(pointerKey(lo, hi)) ?? `resource 0x${lo.toString(16)}`;
    return this.mayHoldResource(lo) ? this.#resources.get(pointerKey(lo, hi)) : undefined;
  }
  /** False where the page of an address, told by its low word, surely holds none. */
  mayHoldResource(lo: number): boolean {
    return this.#resourcePages[(lo >>> 12) & PAGE_BITS] !== 0;
  }

  #name(lo: number, hi: number, name: string): void {
    this.#resources.set(pointerKey(lo, hi), name);
    this.#resourcePages[(lo >>> 12) & PAGE_BITS] = 1;
  }

  /** Whether the page allocator may have a frame to give. */
  isRam(frame: number): boolean {
    return this.#ram.some(([first, last]) => frame >= first && frame <= last);
  }

  /** Pages that an entry of a table of this depth covers. */
  coverage(depth: number): number {
    return ENTRIES ** Math.min(depth, this.#nrLevels - 1);
  }

  #add(frame: number): Table {
    const table: Table = {
      frame,
      name: '',
      depth: -1,
      parent: undefined,
      index: 0,
      base: -1,
      drawn: 'no',
      first: -1,
      title: '',
      id: 0,
    };
    this.#all.push(table);
    this.#numbers.set(lowOf(frame), highOf(frame), this.#all.length);
    return table;
  }

  #read({ codes, offsets, words, strings }: RawBatch): void {
    for (let i = 0; i < codes.length; i++) {
      const code = codes[i]!;
      if (tells[code] === 0) continue;
      const at = offsets[i]!;
      if (code === ALLOCATED) {
        const table = this.#known(words[at + 1]! * TWO_32 + words[at]!);
        table.name = strings.at(words[at + 3]!)!;
        if (table.depth < 0) table.depth = (levels as readonly string[]).indexOf(strings.at(words[at + 2]!)!);
      } else if (code === CREATED) {
        const name = strings.at(words[at + 6]!)!;
        this.#name(words[at]!, words[at + 1]!, name === '' ? '(null)' : name);
        if (name === 'System RAM')
          this.#ram.push([frameOf(words[at + 2]!, words[at + 3]!), frameOf(words[at + 4]!, words[at + 5]!)]);
      } else this.#link(code & 7, words, at);
    }
  }

  #link(depth: number, words: Uint32Array, at: number): void {
    const table = this.#known(words[at + 1]! * TWO_32 + words[at]!);
    table.depth = depth;
    const child = this.#known(frameOf(words[at + 5]!, words[at + 6]!));
    child.depth = depth === 4 && this.#nrLevels === 4 ? 2 : depth - 1;
    if (child.parent || child === table) return;
    child.parent = table;
    child.index = words[at + 2]!;
  }

  #known(frame: number): Table {
    return this.at(frame) ?? this.#add(frame);
  }

  /** Fill in what follows from the links. A table that maps itself must not go round for ever, nor links without end. */
  #resolve(table: Table, below: readonly Table[] = []): void {
    if (table.id !== 0) return;
    const parent = below.length > MOST_LEVELS || below.includes(table) ? undefined : table.parent;
    if (parent) this.#resolve(parent, [...below, table]);
    const root = rootOf(table);
    if (!parent) {
      table.base = isRoot(table, this.#nrLevels) ? 0 : -1;
      if (table.name === '') {
        this.strangers.push(table);
        if (table.base === 0) table.drawn = 'lower';
      }
    } else {
      if (parent.base >= 0) table.base = this.#pageOf(parent, table.index);
      if (isDrawn(parent, table.index)) table.drawn = 'all';
    }
    table.title = this.#titleOf(table, root);
    table.id = hashText(table.title) | 0;
  }

  /** First virtual page under an entry. */
  #pageOf(table: Table, index: number): number {
    const page = table.base + index * this.coverage(table.depth);
    const half = ENTRIES ** this.#nrLevels / 2;
    return table.parent === undefined && page >= half ? page + VPAGES - 2 * half : page;
  }
  pageUnder(table: Table, index: number): number {
    return table.base < 0 ? -1 : this.#pageOf(table, index);
  }

  /** The address that the drawn tables lead to; undefined without any. */
  drawnAddress(): bigint | undefined {
    const table = this.#all.find(({ drawn, depth, first }) => drawn === 'all' && depth === 0 && first >= 0);
    return table && BigInt(this.pageUnder(table, table.first)) << 12n;
  }

  #titleOf(table: Table, root: Table): string {
    if (table.name !== '') return table.name;
    const level = levels[table.depth] ?? 'table';
    if (!table.parent) return this.#aliases.get(table.frame) ?? `${level} at frame 0x${table.frame.toString(16)}`;
    if (table.drawn === 'all') return `${level} for ${root.title}`;
    if (table.base < 0) return `${table.parent.title}[${table.index}]`;
    const last = table.base + ENTRIES * this.coverage(table.depth) - 1;
    const place = this.#nameOf(table.base, last);
    if (root.name === '') return `${level} of ${place} in ${root.title}`;
    return `${level} of ${place}${namedAbove(table)?.name === this.#earlyRoot ? ` in ${this.#earlyRoot}` : ''}`;
  }
}

/** Whether an entry is at an index that was drawn by lot. */
export const isDrawn = ({ drawn }: Table, index: number): boolean =>
  drawn === 'all' || (drawn === 'lower' && index < ENTRIES / 2);

function namedAbove(table: Table): Table | undefined {
  let above = table.parent;
  for (let i = 0; above && above.name === '' && i < 5; i++) above = above.parent;
  return above;
}

const isRoot = (table: Table, nrLevels: number): boolean => table.depth === 4 || (nrLevels === 4 && table.depth === 3);

function rootOf(table: Table): Table {
  let at = table;
  for (let i = 0; at.parent && i < MOST_LEVELS; i++) at = at.parent;
  return at;
}
