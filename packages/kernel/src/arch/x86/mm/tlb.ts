import { PAGE_SIZE, paOf, u64, vaddr, type Vaddr } from '@kwind/x86';
import { call, type KernelContext } from '../../../context.ts';
import { CR4, invalidatePage, loadCr3, loadCr4, register } from '../../../cpu/tlb.ts';

/** `end` of a range that means everything. */
const TLB_FLUSH_ALL = 0xffff_ffff_ffff_ffffn;

/**
 * Flush one kernel page on this CPU, without a bracket: what the setters of single entries end in.
 * A CPU without INVLPG (a switch for texts about 386-era kernels) reloads CR3 instead, which keeps global pages.
 * Page-table isolation would flush the user half too; early boot has none.
 *
 * @emits tlb.page-flushed, or cr3.loaded and tlb.flushed
 * @kernel arch/x86/mm/tlb.c flush_tlb_one_kernel(); arch/x86/include/asm/tlbflush.h __flush_tlb_one() up to 4.14
 */
export function flushOneKernelPage(ctx: KernelContext, address: Vaddr): void {
  if (ctx.profile.tlb.cpuHasInvlpg) invalidatePage(ctx, address);
  else loadCr3(ctx, register(ctx, 'cr3'));
}

/** The one-page flush under the name it has in the profile's kernel. @kernel see {@link flushOneKernelPage} */
export function flushOneKernel(ctx: KernelContext, address: Vaddr, fn = ctx.profile.tlb.flushOneKernel): void {
  call(ctx, fn, [address], () => flushOneKernelPage(ctx, address));
}

/**
 * Flush what is not global on this CPU: write CR3 with its own value. Early mappings are global and stay.
 * @emits cr3.loaded, tlb.flushed
 * @kernel arch/x86/mm/tlb.c native_flush_tlb_local(); __flush_tlb() in 4.x
 */
export function flushLocal(ctx: KernelContext, fn = ctx.profile.tlb.flushLocal): void {
  call(ctx, fn, [], () => loadCr3(ctx, register(ctx, 'cr3')));
}

/**
 * Flush everything on this CPU, global pages too, by turning CR4.PGE off and on again. With PGE off nothing is global
 * and CR3 is reloaded (4.4 stable; later kernels toggle PGE all the same, to the same effect).
 * The CPU is taken to have no INVPCID.
 * @emits cr4.written and tlb.flushed, twice; or cr3.loaded and tlb.flushed
 * @kernel arch/x86/mm/tlb.c native_flush_tlb_global(); __flush_tlb_global() in 4.x
 */
export function flushGlobal(ctx: KernelContext, fn = ctx.profile.tlb.flushGlobal): void {
  call(ctx, fn, [], () => {
    const cr4 = register(ctx, 'cr4');
    if ((cr4 & CR4.PGE) === 0n) return loadCr3(ctx, register(ctx, 'cr3'));
    loadCr4(ctx, cr4 & ~CR4.PGE);
    loadCr4(ctx, cr4);
  });
}

/**
 * Flush everything on this CPU: global pages too where the CPU has them.
 * @kernel arch/x86/mm/tlb.c __flush_tlb_all()
 */
export function flushAll(ctx: KernelContext, fn = ctx.profile.tlb.flushAll): void {
  call(ctx, fn, [], () => (ctx.profile.pge ? flushGlobal(ctx) : flushLocal(ctx)));
}

/**
 * Flush a range of kernel addresses: page by page up to the ceiling (33 pages), everything beyond it.
 *
 * @param end first byte after the range; ~0 means everything
 * @kernel arch/x86/mm/tlb.c flush_tlb_kernel_range()
 */
export function flushTlbKernelRange(ctx: KernelContext, start: Vaddr, end: Vaddr): void {
  call(ctx, 'flush_tlb_kernel_range', [start, end], () => {
    const ceiling = BigInt(ctx.profile.tlb.singlePageFlushCeiling) * PAGE_SIZE;
    if (end === TLB_FLUSH_ALL || u64(end - start) > ceiling) return flushAll(ctx);
    for (let address: bigint = start; address < end; address += PAGE_SIZE) flushOneKernelPage(ctx, vaddr(address));
  });
}

/** A new root table by its physical address. @kernel arch/x86/include/asm/special_insns.h write_cr3() */
export function writeCr3(ctx: KernelContext, value: bigint): void {
  call(ctx, 'write_cr3', [value], () => loadCr3(ctx, value));
}

/** A new root table by its kernel address. @kernel arch/x86/include/asm/processor.h load_cr3() */
export function loadPgd(ctx: KernelContext, pgdir: Vaddr): void {
  call(ctx, 'load_cr3', [pgdir], () => loadCr3(ctx, paOf(ctx.profile, pgdir) ?? u64(pgdir - ctx.profile.pageOffset)));
}

/** @kernel arch/x86/kernel/cpu/common.c native_write_cr4() */
export function writeCr4(ctx: KernelContext, value: bigint): void {
  call(ctx, 'write_cr4', [value], () => loadCr4(ctx, value));
}
