import {
  cacheModeOfBits,
  coverageOf,
  entryPhys,
  isLeaf,
  isPresent,
  PAGE_MASK,
  pfnOf,
  PMD_SIZE,
  vaddr,
  walkLevels,
  type Level,
  type Pfn,
  type Vaddr,
} from '@kwind/x86';
import type { CaptureCall } from '@kwind/events';
import { mtrrAdd, mtrrSetDefault, MTRR, type GivenChoices, type KernelContext } from '@kwind/kernel';
import type { GivenList } from './given-list.ts';
import { levelOfStore } from './names.ts';

interface Link {
  readonly level: Level;
  readonly table: Pfn;
  readonly n: number;
}

/** Tables that a call was seen to link, in the order of the links, with the level that each table has. */
function linksIn(call: CaptureCall, nrLevels: 4 | 5): Link[] {
  const levels = walkLevels(nrLevels);
  return call.inner.flatMap((inner): Link[] => {
    const seen = levelOfStore(inner.fn);
    const value = inner.args[1] ?? 0n;
    const level = seen === 'p4d' && nrLevels === 4 ? 'pgd' : seen;
    const below = level && levels[levels.indexOf(level) + 1];
    if (!level || !below || !isPresent(value) || isLeaf(level, value)) return linksIn(inner, nrLevels);
    return [{ level: below, table: pfnOf(entryPhys(level, value)), n: inner.n }];
  });
}

/**
 * What allocators decided inside a call, by what was seen of it: frames of page tables, the address of an ioremap area, the
 * pointer of a region's struct. Everything that is asked for is listed as given.
 */
export function choicesOf(ctx: KernelContext, call: CaptureCall, given: GivenList): GivenChoices {
  // A link that was recorded twice gives its table out once.
  const links = linksIn(call, ctx.profile.levels).filter(
    ({ table }, i, all) => all.findIndex((link) => link.table === table) === i,
  );
  return {
    table(level) {
      const at = links.findIndex((link) => link.level === level && !isTable(ctx, link.table));
      const [link] = at < 0 ? [] : links.splice(at, 1);
      if (link) given.add('table-frame', 'frames of page tables come from the page allocator', link.n);
      return link?.table;
    },
    area() {
      const at = areaAddress(call);
      if (at !== undefined)
        given.add(
          'area-address',
          'where an ioremap area goes depends on all other users of the vmalloc range, who were not traced',
          call.n,
        );
      return at;
    },
    firstMapped(usual) {
      const seen = firstMappedIn(ctx, call);
      if (!seen || (seen.start <= usual && usual < seen.end)) return undefined;
      given.add(
        'memory-taken',
        'memory at the end of RAM was in use already (by an initrd, by the firmware), and nobody traced memblock: init_mem_mapping() starts below it',
        seen.n,
      );
      return seen.end - PMD_SIZE;
    },
    resource() {
      if (call.fn !== '__request_region' || call.result === undefined || call.result === 0n) return undefined;
      given.add('resource-pointer', "pointers of regions come from the kernel's allocator", call.lastRecord);
      return call.result;
    },
  };
}

const isTable = (ctx: KernelContext, table: number): boolean =>
  (ctx.view.pages.info(table)?.level ?? '') !== '' && ctx.view.pages.info(table)?.name !== '';

interface FirstMapped {
  readonly start: bigint;
  readonly end: bigint;
  readonly n: number;
}

const ISA_END = 0x10_0000n;

/** The first large page above the first MiB that a call entered: init_mem_mapping() goes down from 2 MiB that are all free RAM. */
function firstMappedIn(ctx: KernelContext, call: CaptureCall): FirstMapped | undefined {
  for (const inner of call.inner) {
    const level = levelOfStore(inner.fn);
    const value = inner.args[1] ?? 0n;
    if ((level === 'pmd' || level === 'pud') && isPresent(value) && isLeaf(level, value)) {
      const start: bigint = entryPhys(level, value);
      const end = start + coverageOf(level, ctx.profile.levels);
      if (start >= ISA_END) return { start, end, n: inner.n };
    }
  }
  return undefined;
}

/** Where an ioremap went: what it passed on, else what it returned. */
export function areaAddress(call: CaptureCall): Vaddr | undefined {
  const passed = call.inner.find(({ fn }) => fn === 'ioremap_page_range')?.args[0];
  const start = passed ?? (call.result ? call.result & PAGE_MASK : undefined);
  return start === undefined ? undefined : vaddr(start);
}

const UNTRACKED_START = 0xa_0000n;
const UNTRACKED_END = 0x10_0000n;

/**
 * MTRRs are set by firmware and in no capture. A write-back request for memory that nobody else has mapped, which the kernel
 * made uncached all the same, shows one: it is entered for just these pages.
 */
export function learnMemoryType(ctx: KernelContext, call: CaptureCall, given: GivenList): void {
  const range = call.inner.find(({ fn }) => fn === 'ioremap_page_range')?.args;
  const [phys = 0n, , mode = 0n] = call.args;
  if (call.fn !== '__ioremap_caller' || !range || range.length < 4 || BigInt.asUintN(32, mode) !== 0n) return;
  const [start, end] = [phys & PAGE_MASK, (phys & PAGE_MASK) + (range[1]! - range[0]!)];
  const noted = ctx.view.control.memtypes.noted.some((known) => known.start < end && start < known.end);
  const untracked = start >= UNTRACKED_START && end <= UNTRACKED_END;
  if (noted || untracked || cacheModeOfBits(ctx.profile, range[3]!) !== 'UC-') return;
  mtrrSetDefault(ctx, MTRR.WRBACK);
  mtrrAdd(ctx, start, end - start, MTRR.UNCACHABLE);
  given.add(
    'memory-type',
    'write-back was asked for and uncached was given, though no other mapping says so: an MTRR of the firmware does',
    call.n,
  );
}
