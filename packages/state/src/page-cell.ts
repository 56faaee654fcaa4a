import { joinWords } from '@kwind/events';

/** The hardware's own layout: 512 entries of two words, low word first. */
export const PAGE_WORDS = 1024;

/*
 * One page at one position, in one of two forms. The newest position of a history has its words as they are. When a later
 * position goes on from there, it takes them over, and what it leaves behind is pieces of 16 entries: those stored
 * to since the position before, copied out, and the rest as older positions kept them. So a page that is stored to all
 * the time costs each position that is kept a few hundred bytes, not 4 KiB, and nothing at all while nobody keeps one.
 */
const PIECE_WORDS = 32;
const PIECES = PAGE_WORDS / PIECE_WORDS;
/** By an entry's first word in the page: its piece, whose bit stands in a mask. */
export const PIECE_SHIFT = 5;

/** Pieces that were copied out of a page together: those whose bits are set, in order, from `at` on. */
interface Kept {
  readonly words: Uint32Array;
  readonly at: number;
  readonly mask: number;
}

const nothing: Kept = { words: new Uint32Array(PIECE_WORDS), at: 0, mask: 0 };
const emptyPage: readonly Kept[] = Array.from({ length: PIECES }, () => nothing);

/** Words are cut from slabs: allocating small buffers one by one costs more than copying them. A slab is freed when all are that use it. */
class Slab {
  readonly #length: number;
  words = new Uint32Array(0);
  #used = 0;

  constructor(length: number) {
    this.#length = length;
  }

  /** Where `count` zeroed words begin in {@link words}. */
  reserve(count: number): number {
    if (this.#used + count > this.words.length) {
      this.words = new Uint32Array(this.#length);
      this.#used = 0;
    }
    this.#used += count;
    return this.#used - count;
  }
}

const wholes = new Slab(64 * PAGE_WORDS);
const pieces = new Slab(16 * PAGE_WORDS);

export function newPage(): Uint32Array {
  const at = wholes.reserve(PAGE_WORDS);
  return wholes.words.subarray(at, at + PAGE_WORDS);
}

/** A page of a store or of a writer. Only for this room; a store's is never changed but in form. */
export class PageCell {
  /** The words, for whoever may write to them; undefined once a later position has them. Note each store in {@link stored}. */
  words: Uint32Array | undefined;
  /** Pieces stored to since the position that this one went on from, as bits. */
  stored: number;
  /** The page before these stores while the words are here, else the page itself. */
  #kept: readonly Kept[];

  private constructor(words: Uint32Array, stored: number, kept: readonly Kept[]) {
    this.words = words;
    this.stored = stored;
    this.#kept = kept;
  }

  /** Before any page was written to. */
  static readonly none: PageCell = new PageCell(new Uint32Array(0), 0, emptyPage);

  static empty(): PageCell {
    return new PageCell(newPage(), 0, emptyPage);
  }

  static copyOf(image: Uint32Array): PageCell {
    const words = newPage();
    words.set(image);
    return new PageCell(words, -1, emptyPage);
  }

  /** The same page for a later position, to be written to. */
  next(): PageCell {
    const words = this.words ?? this.image();
    if (this.words !== undefined) {
      if (this.stored !== 0) this.#kept = keep(words, this.stored, this.#kept);
      this.words = undefined;
    }
    return new PageCell(words, 0, this.#kept);
  }

  entry(index: number): bigint {
    const at = 2 * index;
    if (this.words !== undefined) return joinWords(this.words[at]!, this.words[at + 1]!);
    const piece = at >> PIECE_SHIFT;
    const kept = this.#kept[piece]!;
    const from = placeOf(kept, piece) + (at % PIECE_WORDS);
    return joinWords(kept.words[from]!, kept.words[from + 1]!);
  }

  /** The words to read at once: a later position may take them over. */
  image(): Uint32Array {
    if (this.words !== undefined) return this.words;
    const image = newPage();
    for (let piece = 0; piece < PIECES; piece++) {
      const kept = this.#kept[piece]!;
      if (kept !== nothing) copyPiece(kept.words, placeOf(kept, piece), image, piece * PIECE_WORDS);
    }
    return image;
  }

  /** Forget what the page held. */
  clear(): void {
    this.words!.fill(0);
    this.stored = 0;
    this.#kept = emptyPage;
  }
}

/** The page `before` with the pieces of `mask` as they are in `page`. */
function keep(page: Uint32Array, mask: number, before: readonly Kept[]): readonly Kept[] {
  const after = before.slice();
  const first = pieces.reserve(PIECE_WORDS * bitsIn(mask));
  const { words } = pieces;
  const kept: Kept = { words, at: first, mask };
  let at = first;
  for (let rest = mask; rest !== 0; rest &= rest - 1) {
    const piece = 31 - Math.clz32(rest & -rest);
    copyPiece(page, piece * PIECE_WORDS, words, at);
    after[piece] = kept;
    at += PIECE_WORDS;
  }
  return after;
}

/** A loop, for a call of `set` takes longer than these few words. */
function copyPiece(from: Uint32Array, at: number, to: Uint32Array, into: number): void {
  for (let i = 0; i < PIECE_WORDS; i++) to[into + i] = from[at + i]!;
}

const placeOf = ({ at, mask }: Kept, piece: number): number => at + PIECE_WORDS * bitsIn(mask & ((1 << piece) - 1));

function bitsIn(mask: number): number {
  let bits = mask - ((mask >>> 1) & 0x5555_5555);
  bits = (bits & 0x3333_3333) + ((bits >>> 2) & 0x3333_3333);
  return Math.imul((bits + (bits >>> 4)) & 0x0f0f_0f0f, 0x0101_0101) >>> 24;
}
