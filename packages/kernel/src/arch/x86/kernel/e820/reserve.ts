import {
  E820,
  e820ResourceName,
  IOMEM_RESOURCE,
  IORESOURCE,
  memRange,
  resourcePointer,
  u64,
  type E820Entry,
} from '@kwind/x86';
import { call, type KernelContext } from '../../../../context.ts';
import { insertResource, insertResourceExpandToFit } from '../../../../kernel/resource/insert.ts';
import { createNode, nodeAt } from '../../../../kernel/resource/node.ts';
import { reserveRegionWithSplit } from '../../../../kernel/resource/split.ts';
import { setVariable, variable } from '../../../../variables.ts';
import { printk } from '../../../../warn.ts';
import { entriesOf } from './table.ts';

const MIB = 1n << 20n;
const U64_MAX = 0xffff_ffff_ffff_ffffn;

/** Reserved at once: everything below 1 MiB, and every type that no driver is going to claim. @kernel do_mark_busy() */
const isBusy = (ctx: KernelContext, { start, type }: E820Entry): boolean =>
  start < MIB || !ctx.profile.e820.notBusy.includes(type);

function flagsOf(ctx: KernelContext, type: number): bigint {
  const isRam = type === E820.RAM || type === E820.RESERVED_KERN;
  return isRam && ctx.profile.resource.sysram ? IORESOURCE.SYSTEM_RAM : IORESOURCE.MEM;
}

/** Pointer of the resource of the `index`-th entry: they are one array. */
const resourceOf = (ctx: KernelContext, index: number): bigint =>
  variable(ctx, 'e820_res') + resourcePointer(index) - resourcePointer(0);

/**
 * Make a resource of each entry of the memory map, and insert those that must not be claimed by anybody else. The others
 * wait for {@link e820ReserveResourcesLate}, so that device ranges can be claimed before them.
 *
 * @emits variable.set for e820_res, resource.created for each entry, and what insert_resource() does
 * @kernel arch/x86/kernel/e820.c e820__reserve_resources() (up to 4.11 e820_reserve_resources())
 */
export function e820ReserveResources(ctx: KernelContext): void {
  const facts = ctx.profile.e820;
  call(ctx, facts.names.reserveResources, [], () => {
    setVariable(ctx, 'e820_res', resourcePointer(ctx.view.control.resources.created));
    for (const entry of entriesOf(ctx)) {
      const busy = isBusy(ctx, entry);
      const flags = flagsOf(ctx, entry.type) | (busy ? IORESOURCE.BUSY : 0n);
      const desc = facts.descs[entry.type] ?? 0;
      const id = createNode(ctx, {
        start: entry.start,
        end: u64(entry.start + entry.size - 1n),
        name: e820ResourceName(facts, entry.type),
        flags,
        desc,
      });
      if (busy) insertResource(ctx, IOMEM_RESOURCE, id);
    }
  });
}

/** How far behind the end of RAM nothing else should be put. @kernel ram_alignment() */
function ramAlignment(address: bigint): bigint {
  if (address < MIB) return 64n * 1024n;
  return address < 16n * MIB ? MIB : 64n * MIB;
}

/** Keep the rest of the block behind each piece of RAM free of devices. */
function reserveRamBuffers(ctx: KernelContext): void {
  for (const { start: ramStart, size, type } of entriesOf(ctx)) {
    if (type !== E820.RAM) continue;
    const start = u64(ramStart + size);
    const align = ramAlignment(start);
    const rounded = u64(((start + align - 1n) & ~(align - 1n)) - 1n);
    const end = rounded > U64_MAX ? U64_MAX : rounded;
    if (start >= end) continue;
    printk(ctx, 'DEBUG', `e820: reserve RAM buffer ${memRange(start, end)}`);
    reserveRegionWithSplit(ctx, IOMEM_RESOURCE, start, end, 'RAM buffer');
  }
}

/**
 * Insert the entries that were held back, growing them over what they half overlap, and reserve buffers behind RAM.
 * Runs once PCI has claimed what its devices use.
 *
 * @emits what insert_resource_expand_to_fit() and reserve_region_with_split() do, and a message for each buffer
 * @kernel arch/x86/kernel/e820.c e820__reserve_resources_late() (up to 4.11 e820_reserve_resources_late())
 */
export function e820ReserveResourcesLate(ctx: KernelContext): void {
  call(ctx, ctx.profile.e820.names.reserveResourcesLate, [], () => {
    for (let index = 0; index < ctx.view.control.e820.length; index++) {
      const node = nodeAt(ctx, resourceOf(ctx, index));
      if (node && node.parent === 0n && node.end !== 0n) insertResourceExpandToFit(ctx, IOMEM_RESOURCE, node.id);
    }
    reserveRamBuffers(ctx);
  });
}

const GAP_END = 1n << 32n;
const SMALLEST_GAP = 0x40_0000n;

/** The widest gap below 4 GiB, the lowest of equals. @kernel e820_search_gap() */
function searchGap(entries: readonly E820Entry[]): { readonly start: bigint; readonly size: bigint } | undefined {
  let [last, size, found]: [bigint, bigint, bigint | undefined] = [GAP_END, SMALLEST_GAP, undefined];
  for (const entry of entries.toReversed()) {
    const end = entry.start + entry.size;
    if (last > end && last - end >= size) [size, found] = [last - end, end];
    if (entry.start < last) last = entry.start;
  }
  return found === undefined ? undefined : { start: found, size };
}

/**
 * Choose where PCI may put devices that the firmware left without an address: pci_mem_start.
 *
 * @param maxPfn first page frame behind all RAM; where devices go when there is no gap
 * @emits messages, variable.set
 * @kernel arch/x86/kernel/e820.c e820__setup_pci_gap() (up to 4.11 e820_setup_gap())
 */
export function e820SetupPciGap(ctx: KernelContext, maxPfn: bigint): void {
  const { names, mapPrefix, noGap } = ctx.profile.e820;
  call(ctx, names.setupGap, [], () => {
    const gap = searchGap(entriesOf(ctx));
    if (!gap) for (const text of noGap) printk(ctx, 'ERR', text);
    const start = gap?.start ?? (maxPfn << 12n) + MIB;
    setVariable(ctx, 'pci_mem_start', start);
    printk(
      ctx,
      'INFO',
      `${mapPrefix}${memRange(start, u64(start + (gap?.size ?? SMALLEST_GAP) - 1n))} available for PCI devices`,
    );
  });
}
