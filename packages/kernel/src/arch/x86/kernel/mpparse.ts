import { memRange, PAGE_MASK, PAGE_SIZE, physAddr, vaOfPhys, vaddr, type Vaddr } from '@kwind/x86';
import type { Machine, MpTable } from '../../../boot/machine.ts';
import { call, type KernelContext } from '../../../context.ts';
import { load } from '../../../cpu/mmu.ts';
import { printPointer } from '../../../lib/vsprintf.ts';
import { earlyMemremap, earlyMemunmap } from '../../../mm/early_ioremap.ts';
import { memblockReserve } from '../../../mm/memblock.ts';
import { printk } from '../../../warn.ts';

const STEP = 16n;
/** 639 KiB: where the last KiB of base memory begins, and where the extended BIOS data area mostly is. */
const LAST_KIB = 639n * 0x400n;

/** Read through the direct map; before init_mem_mapping() the page-fault handler maps what is touched. */
function touch(ctx: KernelContext, start: bigint, size: bigint): void {
  for (let page = start & PAGE_MASK; page < start + size; page += PAGE_SIZE) {
    load(ctx, vaOfPhys(ctx.profile, physAddr(page > start ? page : start)));
  }
}

/** The table is longer than its head: map that to learn how long. @kernel arch/x86/kernel/mpparse.c get_mpc_size() */
function getMpcSize(ctx: KernelContext, { table }: MpTable): bigint {
  if (!table) return 0n;
  return call(ctx, 'get_mpc_size', [table.start], () => {
    const mapped = earlyMemremap(ctx, table.start, PAGE_SIZE);
    if (mapped !== null) earlyMemunmap(ctx, mapped, PAGE_SIZE);
    return table.size;
  });
}

function noteFound(ctx: KernelContext, mp: MpTable, mapped: Vaddr): void {
  const pointer = ctx.profile.boot.setupOrder.startsWith('4') ? ` mapped at [${printPointer(ctx, mapped)}]` : '';
  printk(ctx, 'INFO', `found SMP MP-table at ${memRange(mp.floating, mp.floating + STEP - 1n)}${pointer}`);
  memblockReserve(ctx, mp.floating, STEP, 'MP floating pointer');
}

/**
 * Look for the MP table's signature at every 16 bytes of a range. The older form reads through the direct map; since 4.14
 * the rest of the range is mapped anew for every step, so that a long search makes thousands of mappings.
 *
 * @returns 1 when it was found, else 0
 * @kernel arch/x86/kernel/mpparse.c smp_scan_config()
 */
function smpScanConfig(ctx: KernelContext, base: bigint, length: bigint, mp: MpTable | undefined): bigint {
  return call(ctx, 'smp_scan_config', [base, length], () => {
    const isDirect = ctx.profile.boot.mpScan === 'direct-map';
    for (let [at, left] = [base, length]; left > 0n; at += STEP, left -= STEP) {
      const found = mp?.floating === at;
      if (isDirect) {
        if ((at & ~PAGE_MASK) === 0n || at === base) touch(ctx, at, STEP);
        if (found) noteFound(ctx, mp, vaOfPhys(ctx.profile, physAddr(at)));
        if (found && mp.table) touch(ctx, mp.table.start, mp.table.size);
      } else {
        const mapped = earlyMemremap(ctx, at, left) ?? vaddr(0n);
        if (found) noteFound(ctx, mp, mapped);
        if (found) getMpcSize(ctx, mp);
        earlyMemunmap(ctx, mapped, left);
      }
      if (found && mp.table) memblockReserve(ctx, mp.table.start, mp.table.size, 'MP table');
      if (found) return 1n;
    }
    return 0n;
  });
}

/**
 * Look for the MP table where it may be: the first KiB, the last KiB of base memory, the 64 KiB of the BIOS, and the
 * extended BIOS data area, which firmware of the UEFI kind has not.
 *
 * @kernel arch/x86/kernel/mpparse.c default_find_smp_config() (6.12: mpparse_find_mptable())
 */
export function findSmpConfig(ctx: KernelContext, { mp, firmware }: Machine): void {
  if (mp === 'none' || ctx.profile.config['CONFIG_X86_MPPARSE'] !== true) return;
  call(ctx, ctx.profile.boot.findMptable, [], () => {
    const places: (readonly [bigint, bigint])[] = [
      [0n, 0x400n],
      [LAST_KIB, 0x400n],
      [0xf_0000n, 0x1_0000n],
    ];
    if (firmware === 'bios') places.push([LAST_KIB, 0x400n]);
    for (const [base, length] of places) if (smpScanConfig(ctx, base, length, mp) !== 0n) return;
  });
}
