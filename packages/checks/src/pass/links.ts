import { vaddr, type KernelProfile, type Vaddr } from '@kwind/x86';
import type { EntryRow } from './entry-row.ts';

interface Parent {
  readonly table: number;
  readonly index: number;
  readonly depth: number;
}

const DEEPEST = 4;
/** A table that is linked from more places than this is a window onto something; the first ones do. */
const MOST_PLACES = 16;

/**
 * Which table hangs below which entry, followed store by store, so that an entry's virtual pages are known without a walk.
 * Pages are numbered within the canonical range: `vaddr >> 12` without the sign.
 */
export class Links {
  readonly #nrLevels: 4 | 5;
  readonly #parents = new Map<number, readonly Parent[]>();
  readonly #roots = new Set<number>();
  #bases = new Map<number, readonly number[]>();

  constructor(profile: KernelProfile) {
    this.#nrLevels = profile.levels;
  }

  /** Pages that one entry of this depth covers. */
  pagesAt(depth: number): number {
    return 2 ** this.#shift(depth);
  }

  /** Take note of a store. */
  follow(row: EntryRow): void {
    const { depth } = row;
    if (depth === 0) return;
    if (depth === DEEPEST && !this.#roots.has(row.table)) {
      this.#roots.add(row.table);
      this.#bases = new Map();
    }
    if (row.wasLink) this.#unlink(row.frameBefore, row);
    if (row.isLink) this.#link(row.frameAfter, { table: row.table, index: row.index, depth });
  }

  /** First pages of what an entry maps; none while its table is linked nowhere. */
  pagesOf(row: EntryRow): readonly number[] {
    const bases = this.#bases.get(row.table) ?? this.#basesOf(row.table, 0);
    if (bases.length === 0) return bases;
    const own = row.index * this.pagesAt(row.depth);
    return bases.map((base) => base + own);
  }

  /** The number of a page, as {@link pagesOf} counts. */
  pageOf(address: bigint): number {
    return Number((address >> 12n) & (this.#nrLevels === 5 ? 0x1fff_ffff_ffffn : 0xf_ffff_ffffn));
  }

  addressOf(page: number): Vaddr {
    return vaddr(BigInt.asIntN(this.#nrLevels === 5 ? 57 : 48, BigInt(page) << 12n));
  }

  #shift(depth: number): number {
    return depth === DEEPEST && this.#nrLevels === 4 ? 27 : 9 * depth;
  }

  #link(child: number, parent: Parent): void {
    this.#parents.set(child, [...(this.#parents.get(child) ?? []), parent]);
    this.#bases = new Map();
  }

  #unlink(child: number, { table, index }: EntryRow): void {
    const rest = (this.#parents.get(child) ?? []).filter((one) => one.table !== table || one.index !== index);
    this.#parents.set(child, rest);
    this.#bases = new Map();
  }

  #basesOf(table: number, depth: number): readonly number[] {
    const known = this.#bases.get(table);
    if (known) return known;
    if (this.#roots.has(table)) return [0];
    if (depth > DEEPEST) return [];
    const found = new Set<number>();
    for (const parent of this.#parents.get(table) ?? []) {
      const own = parent.index * this.pagesAt(parent.depth);
      for (const base of this.#basesOf(parent.table, depth + 1)) found.add(base + own);
    }
    const bases = [...found].slice(0, MOST_PLACES);
    if (depth === 0) this.#bases.set(table, bases);
    return bases;
  }
}
