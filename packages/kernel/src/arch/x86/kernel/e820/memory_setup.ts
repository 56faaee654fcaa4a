import { E820, type E820Entry } from '@kwind/x86';
import { call, type KernelContext } from '../../../../context.ts';
import { printk } from '../../../../warn.ts';
import { sanitizeEntries } from './sanitize.ts';
import { e820PrintTable, e820RangeAdd, e820UpdateTable, replaceTable } from './table.ts';

/** What the boot loader hands over about memory. */
export interface FirmwareMemory {
  /** The firmware's list, in its order. */
  readonly entries: readonly E820Entry[];
  /** KiB above 1 MiB by the older BIOS calls, E801 and 88; used when the list is no good. */
  readonly altMemK?: bigint;
  readonly extMemK?: bigint;
}

const LOWMEMSIZE = 0x9_f000n;
const HIGH_MEMORY = 0x10_0000n;
const U64_END = 1n << 64n;

/** Copy the firmware's list; false when it has fewer than two entries, or one that wraps around. @kernel append_e820_table() */
function appendList(ctx: KernelContext, entries: readonly E820Entry[]): boolean {
  if (entries.length < 2) return false;
  for (const { start, size, type } of entries) {
    if (start + size > U64_END) return false;
    e820RangeAdd(ctx, start, size, type);
  }
  return true;
}

/** Low memory, and one block above 1 MiB: the best guess without a list. Returns what the log calls it. */
function fakeMap(ctx: KernelContext, { altMemK = 0n, extMemK = 0n }: FirmwareMemory): string {
  const [kib, who] = altMemK < extMemK ? [extMemK, 'BIOS-88'] : [altMemK, 'BIOS-e801'];
  replaceTable(ctx, []);
  e820RangeAdd(ctx, 0n, LOWMEMSIZE, E820.RAM);
  e820RangeAdd(ctx, HIGH_MEMORY, kib << 10n, E820.RAM);
  return who;
}

/**
 * Fill the kernel's memory map from the firmware's list and print it.
 *
 * @emits e820.added for each entry and e820.replaced when sanitising; the map as messages
 * @kernel arch/x86/kernel/e820.c e820__memory_setup(), e820__memory_setup_default() (up to 4.11 setup_memory_map(), which
 *         sanitises the firmware's list before it copies)
 */
export function e820MemorySetup(ctx: KernelContext, memory: FirmwareMemory): void {
  const { names, mapPrefix, sanitised, notMerged, maxEntries } = ctx.profile.e820;
  call(ctx, names.memorySetup, [], () => {
    const before = sanitised === 'before-copy' ? sanitizeEntries(memory.entries, notMerged, maxEntries) : null;
    const who = appendList(ctx, before ?? memory.entries) ? 'BIOS-e820' : fakeMap(ctx, memory);
    if (sanitised === 'after-copy') e820UpdateTable(ctx);
    printk(ctx, 'INFO', `${mapPrefix}BIOS-provided physical RAM map:`);
    e820PrintTable(ctx, who);
  });
}
