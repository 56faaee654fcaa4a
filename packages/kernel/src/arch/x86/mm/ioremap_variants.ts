import { cacheModeOfBits, PAGE_MASK, physAddr, u64, vaOfPhys, type CacheMode, type Vaddr } from '@kwind/x86';
import { call, type KernelContext } from '../../../context.ts';
import { printPointer } from '../../../lib/vsprintf.ts';
import { findVmArea, removeVmArea } from '../../../mm/vmalloc.ts';
import { variable } from '../../../variables.ts';
import { bug, printk, warn } from '../../../warn.ts';
import { ioremapCaller } from './ioremap_caller.ts';
import { memtypeFree } from './pat/memtype.ts';

const FILE = 'arch/x86/mm/ioremap.c';
const ISA_START = 0xa_0000n;
const ISA_END = 0x10_0000n;

type Variant = (ctx: KernelContext, phys: bigint, size: bigint) => Vaddr | null;

const variant =
  (fn: string, mode: CacheMode): Variant =>
  (ctx, phys, size) =>
    call(ctx, fn, [phys, size], () => ioremapCaller(ctx, phys, size, mode));

/**
 * Device memory, UC- so that an MTRR can still make it write-combining. In 4.x another name for ioremap_nocache().
 * @kernel arch/x86/mm/ioremap.c ioremap()
 */
export const ioremap: Variant = (ctx, phys, size) =>
  ctx.profile.ioremap.defaultName === 'ioremap'
    ? variant('ioremap', 'UC-')(ctx, phys, size)
    : ioremapNocache(ctx, phys, size);

/** Device memory, UC- (4.x). @kernel arch/x86/mm/ioremap.c ioremap_nocache() */
export const ioremapNocache: Variant = variant('ioremap_nocache', 'UC-');
/** Device memory, strictly uncached. @kernel arch/x86/mm/ioremap.c ioremap_uc() */
export const ioremapUc: Variant = variant('ioremap_uc', 'UC');
/** Device memory, write-combining: frame buffers. @kernel arch/x86/mm/ioremap.c ioremap_wc() */
export const ioremapWc: Variant = variant('ioremap_wc', 'WC');
/** Device memory, write-through. @kernel arch/x86/mm/ioremap.c ioremap_wt() */
export const ioremapWt: Variant = variant('ioremap_wt', 'WT');
/** Write-back: tables in memory rather than registers of a device. @kernel arch/x86/mm/ioremap.c ioremap_cache() */
export const ioremapCache: Variant = variant('ioremap_cache', 'WB');

/** The memory type that protection bits give; the other bits do not matter. @kernel arch/x86/mm/ioremap.c ioremap_prot() */
export function ioremapProt(ctx: KernelContext, phys: bigint, size: bigint, prot: bigint): Vaddr | null {
  return call(ctx, 'ioremap_prot', [phys, size, prot], () =>
    ioremapCaller(ctx, phys, size, cacheModeOfBits(ctx.profile, prot)),
  );
}

/** Write-back and encrypted, where memory encryption is on; the model has none. @kernel arch/x86/mm/ioremap.c ioremap_encrypted() */
export const ioremapEncrypted: Variant = variant('ioremap_encrypted', 'WB');

/**
 * Undo a mapping: any address in its area will do. What the TLB holds of it stays until the next purge.
 *
 * @emits nothing for an address up to high_memory, as the direct-map ones of the ISA range are; a message for one in no area
 *        (the kernel prints a stack behind it); else memtype.freed and what remove_vm_area() does
 * @kernel arch/x86/mm/ioremap.c iounmap()
 */
export function iounmap(ctx: KernelContext, address: bigint): void {
  call(ctx, 'iounmap', [address], () => {
    if (address <= variable(ctx, 'high_memory')) return;
    if (isDirectIsa(ctx, address)) {
      const text = 'iounmap() called for ISA range not obtained using ioremap()';
      warn(ctx, ctx.profile.ioremap.isaUnmapWarns, { fn: 'iounmap', file: FILE }, text);
      return;
    }
    const page = u64(address) & PAGE_MASK;
    const area = findVmArea(ctx, page);
    if (!area) return printk(ctx, 'ERR', `iounmap: bad address ${printPointer(ctx, page)}`);
    memtypeFree(ctx, area.phys, area.phys + area.size);
    bug(ctx, removeVmArea(ctx, page) === null, { fn: 'iounmap', file: FILE });
  });
}

function isDirectIsa(ctx: KernelContext, address: bigint): boolean {
  return address >= vaOfPhys(ctx.profile, physAddr(ISA_START)) && address < vaOfPhys(ctx.profile, physAddr(ISA_END));
}
