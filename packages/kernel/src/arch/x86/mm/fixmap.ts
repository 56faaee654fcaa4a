import { offsetInPage, physAddr, vaddr, type PhysAddr, type Vaddr } from '@kwind/x86';
import { call, type KernelContext } from '../../../context.ts';
import { fixToVirt } from '../../../include/asm-generic/fixmap.ts';
import { nativeSetFixmap } from './pgtable.ts';

/** A protection by its kernel name; 0 where the profile has none of that name. */
const prot = (ctx: KernelContext, name: string): bigint => ctx.profile.prots[name] ?? 0n;

/**
 * Map a page at a fixmap index: the general form that the others end in; natively it is native_set_fixmap().
 * @kernel arch/x86/include/asm/fixmap.h __set_fixmap()
 */
export function setFixmapRaw(ctx: KernelContext, idx: number, phys: PhysAddr, flags: bigint): void {
  call(ctx, '__set_fixmap', [BigInt(idx), phys, flags], () => nativeSetFixmap(ctx, idx, phys, flags));
}

/** Ordinary memory. @kernel include/asm-generic/fixmap.h set_fixmap() */
export function setFixmap(ctx: KernelContext, idx: number, phys: PhysAddr): void {
  call(ctx, 'set_fixmap', [BigInt(idx), phys], () => nativeSetFixmap(ctx, idx, phys, prot(ctx, 'FIXMAP_PAGE_NORMAL')));
}

/** Uncached. @kernel include/asm-generic/fixmap.h set_fixmap_nocache() */
export function setFixmapNocache(ctx: KernelContext, idx: number, phys: PhysAddr): void {
  call(ctx, 'set_fixmap_nocache', [BigInt(idx), phys], () =>
    nativeSetFixmap(ctx, idx, phys, prot(ctx, 'FIXMAP_PAGE_NOCACHE')),
  );
}

/** Device memory; on x86 the bits are those of ordinary memory. @kernel include/asm-generic/fixmap.h set_fixmap_io() */
export function setFixmapIo(ctx: KernelContext, idx: number, phys: PhysAddr): void {
  call(ctx, 'set_fixmap_io', [BigInt(idx), phys], () => nativeSetFixmap(ctx, idx, phys, prot(ctx, 'FIXMAP_PAGE_IO')));
}

/** Physical 0 and no bits: the entry becomes 0. @kernel include/asm-generic/fixmap.h clear_fixmap() */
export function clearFixmap(ctx: KernelContext, idx: number): void {
  call(ctx, 'clear_fixmap', [BigInt(idx)], () =>
    nativeSetFixmap(ctx, idx, physAddr(0n), prot(ctx, 'FIXMAP_PAGE_CLEAR')),
  );
}

/**
 * Map the page of `phys` and give the address of its byte.
 *
 * @returns fix_to_virt(idx) with the offset of `phys` in its page; null, and two BUGs, past the end
 * @kernel include/asm-generic/fixmap.h __set_fixmap_offset()
 */
export function setFixmapOffset(ctx: KernelContext, idx: number, phys: PhysAddr, flags: bigint): Vaddr | null {
  return call(ctx, '__set_fixmap_offset', [BigInt(idx), phys, flags], () => {
    setFixmapRaw(ctx, idx, phys, flags);
    const base = fixToVirt(ctx, idx);
    return base === null ? null : vaddr(base + offsetInPage(phys));
  });
}

/** What early_ioremap uses once after_paging_init is set; never on x86-64. @kernel arch/x86/include/asm/fixmap.h __late_set_fixmap() */
export function lateSetFixmap(ctx: KernelContext, idx: number, phys: PhysAddr, flags: bigint): void {
  call(ctx, '__late_set_fixmap', [BigInt(idx), phys, flags], () => setFixmapRaw(ctx, idx, phys, flags));
}

/** @kernel arch/x86/include/asm/fixmap.h __late_clear_fixmap() */
export function lateClearFixmap(ctx: KernelContext, idx: number): void {
  call(ctx, '__late_clear_fixmap', [BigInt(idx)], () => setFixmapRaw(ctx, idx, physAddr(0n), 0n));
}
