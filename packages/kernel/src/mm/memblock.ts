import { E820, PAGE_SIZE, paOf, physAddr, vaddr } from '@kwind/x86';
import { call, type KernelContext } from '../context.ts';

/** Physical bytes; `end` is the first one after them. */
export interface ByteRange {
  readonly start: bigint;
  readonly end: bigint;
}

/** What is assumed where nobody gave a memory map: 512 MiB of a small PC. */
const SMALL_PC: readonly ByteRange[] = [
  { start: 0x1000n, end: 0x9_fc00n },
  { start: 0x10_0000n, end: 0x1ffe_0000n },
];

/**
 * RAM by the kernel's memory map, as it stands there: to the byte, and not merged.
 * @kernel arch/x86/kernel/e820.c e820__memblock_setup()
 */
export function ramOf(ctx: KernelContext): readonly ByteRange[] {
  const { e820 } = ctx.view.control;
  if (e820.length === 0) return SMALL_PC;
  return e820
    .filter(({ type, size }) => size > 0n && (type === E820.RAM || type === E820.RESERVED_KERN))
    .map(({ start, size }) => ({ start, end: start + size }))
    .toSorted((a, b) => (a.start < b.start ? -1 : 1));
}

/** Whether any byte of a range is RAM. @kernel arch/x86/kernel/e820.c e820__mapped_any() */
export const anyRam = (ram: readonly ByteRange[], start: bigint, end: bigint): boolean =>
  ram.some((range) => range.start < end && range.end > start);

/** RAM in whole pages: memblock.memory. Neighbours are joined before each run is trimmed, so that a page over the seam of two entries stays. */
export function memoryRuns(ram: readonly ByteRange[]): readonly ByteRange[] {
  const joined: ByteRange[] = [];
  for (const range of ram) {
    const last = joined.at(-1);
    if (last && last.end >= range.start)
      joined[joined.length - 1] = { start: last.start, end: range.end > last.end ? range.end : last.end };
    else joined.push(range);
  }
  return joined
    .map(({ start, end }) => ({ start: (start + PAGE_SIZE - 1n) & ~(PAGE_SIZE - 1n), end: end & ~(PAGE_SIZE - 1n) }))
    .filter(({ start, end }) => start < end);
}

/** Whether all of a range is RAM. @kernel mm/memblock.c memblock_is_region_memory() */
export const allRam = (runs: readonly ByteRange[], start: bigint, end: bigint): boolean =>
  runs.some((run) => run.start <= start && end <= run.end);

/** The kernel image in memory, from its text to the end of its brk area. */
export function imageRange(ctx: KernelContext): ByteRange | undefined {
  const { symbols } = ctx.profile;
  const [text, end] = [symbols['_text'], symbols['_end']];
  if (text === undefined || end === undefined) return undefined;
  const [first, last] = [paOf(ctx.profile, text), paOf(ctx.profile, vaddr(end - 1n))];
  return first === undefined || last === undefined ? undefined : { start: first, end: last + 1n };
}

/** Everything set aside: the kernel image, and what memblock was told. */
export function reservedRanges(ctx: KernelContext): readonly ByteRange[] {
  const image = imageRange(ctx);
  return image ? [image, ...ctx.view.control.reserved] : ctx.view.control.reserved;
}

/** Set a physical range aside. @emits memory.reserved @kernel mm/memblock.c memblock_reserve() */
export function memblockReserve(ctx: KernelContext, base: bigint, size: bigint, name = ''): void {
  call(ctx, 'memblock_reserve', [base, size], () => {
    if (size > 0n) ctx.emit({ type: 'memory.reserved', start: physAddr(base), end: physAddr(base + size), name });
  });
}

/**
 * The highest free range of RAM, which is where memblock looks first.
 *
 * @param low lowest byte it may have
 * @param high first byte it must not reach
 * @kernel mm/memblock.c memblock_find_in_range()
 */
export function findFreeRam(
  ctx: KernelContext,
  runs: readonly ByteRange[],
  size: bigint,
  align: bigint,
  low: bigint,
  high: bigint,
): bigint | undefined {
  const taken = reservedRanges(ctx);
  for (const run of runs.toReversed()) {
    const end = run.end < high ? run.end : high;
    const start = run.start > low ? run.start : low;
    for (let at = (end - size) & ~(align - 1n); at >= start;) {
      const blocking = taken.find((range) => range.start < at + size && range.end > at);
      if (!blocking) return at;
      at = (blocking.start - size) & ~(align - 1n);
    }
  }
  return undefined;
}
