import { hex, hex16, IORESOURCE, isVmallocAddress, physAddr, u64, vaOfPhys, type Vaddr } from '@kwind/x86';
import { resourceTree, type ResourceView } from '@kwind/state';
import {
  ioremap,
  ioremapCache,
  ioremapEncrypted,
  ioremapWc,
  ioremapWt,
  iounmap,
} from '../arch/x86/mm/ioremap_variants.ts';
import { call, type KernelContext } from '../context.ts';
import { warnOnce } from '../once.ts';

/** What memremap() may do, in the order in which it tries. @kernel include/linux/io.h */
export const MEMREMAP = { WB: 1n, WT: 2n, WC: 4n, ENC: 8n, DEC: 16n } as const;
const site = { fn: 'memremap', file: 'kernel/iomem.c' };

/** How a range lies to System RAM: none of it, all of it, or a part. */
type Intersection = 'disjoint' | 'intersects' | 'mixed';

const isSystemRam = (ctx: KernelContext, node: ResourceView): boolean =>
  ctx.profile.resource.sysram
    ? (node.flags & IORESOURCE.SYSTEM_RAM) === IORESOURCE.SYSTEM_RAM
    : node.name === 'System RAM';

/**
 * How a physical range lies to the resources that are System RAM. Only the root's own children are looked at; gaps between
 * them do not count.
 * @kernel kernel/resource.c region_intersects()
 */
export function regionIntersects(ctx: KernelContext, start: bigint, size: bigint): Intersection {
  const last = u64(start + size - 1n);
  const met = resourceTree(ctx.view, 'iomem').children.filter((node) => node.start <= last && node.end >= start);
  const ram = met.filter((node) => isSystemRam(ctx, node)).length;
  if (ram === 0) return 'disjoint';
  return ram === met.length ? 'intersects' : 'mixed';
}

/**
 * Map memory that is no device: by its direct map if it is RAM, else like a device of the first type that can be had.
 *
 * @param flags MEMREMAP_* bits; none maps nothing
 * @returns the virtual byte address, or null; for a range that is RAM in part, and for RAM that is not wanted write-back,
 *          with a WARN, once in a boot
 * @kernel kernel/iomem.c memremap()
 */
export function memremap(ctx: KernelContext, phys: bigint, size: bigint, flags: bigint): Vaddr | null {
  return call(ctx, 'memremap', [phys, size, flags], () => {
    const ram = regionIntersects(ctx, phys, size);
    if (flags === 0n) return null;
    const what = `${hex16(phys)} size: ${hex(size)}`;
    if (warnOnce(ctx, ram === 'mixed', site, `memremap attempted on mixed range ${what}`, 'memremap.mixed'))
      return null;
    const isRam = ram === 'intersects';
    if ((flags & MEMREMAP.WB) !== 0n) {
      const mapped = isRam ? vaOfPhys(ctx.profile, physAddr(phys)) : ioremapCache(ctx, phys, size);
      if (mapped !== null) return mapped;
    }
    if (warnOnce(ctx, isRam && flags !== MEMREMAP.WB, site, `memremap attempted on ram ${what}`, 'memremap.ram'))
      return null;
    return mapLikeDevice(ctx, phys, size, flags);
  });
}

function mapLikeDevice(ctx: KernelContext, phys: bigint, size: bigint, flags: bigint): Vaddr | null {
  const wanted = (flag: bigint): boolean => (flags & flag) !== 0n;
  const byThrough = wanted(MEMREMAP.WT) ? ioremapWt(ctx, phys, size) : null;
  const byCombining = byThrough ?? (wanted(MEMREMAP.WC) ? ioremapWc(ctx, phys, size) : null);
  const encrypted = byCombining ?? (wanted(MEMREMAP.ENC) ? ioremapEncrypted(ctx, phys, size) : null);
  return encrypted ?? (wanted(MEMREMAP.DEC) ? ioremap(ctx, phys, size) : null);
}

/** Undo memremap(): an address of the direct map needs nothing. @kernel kernel/iomem.c memunmap() */
export function memunmap(ctx: KernelContext, address: bigint): void {
  call(ctx, 'memunmap', [address], () => {
    if (isVmallocAddress(ctx.profile, address)) iounmap(ctx, address);
  });
}
