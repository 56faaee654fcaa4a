import { call, type KernelContext } from '../../context.ts';
import { minus } from '../../errno.ts';
import { releaseRegion, renameRegion, requestRegion } from '../../kernel/resource/region.ts';

/**
 * The clock driver claims the ports that PnP gives it under its own name, and renames them once the clock has a device:
 * that is why /proc/ioports says rtc0.
 *
 * @param device name of the clock's device
 * @returns 0, or −EBUSY
 * @kernel drivers/rtc/rtc-cmos.c cmos_do_probe()
 */
export function cmosDoProbe(ctx: KernelContext, start: bigint, size: bigint, device: string): bigint {
  const body = (): bigint => {
    const ports = requestRegion(ctx, start, size, 'rtc_cmos');
    if (ports === null) return minus('EBUSY');
    renameRegion(ctx, ports, device);
    return 0n;
  };
  return call(ctx, 'cmos_do_probe', [start, size], body, `name="${device}"`);
}

/** The clock driver goes. @kernel drivers/rtc/rtc-cmos.c cmos_do_remove() */
export function cmosDoRemove(ctx: KernelContext, start: bigint, size: bigint): void {
  call(ctx, 'cmos_do_remove', [start, size], () => releaseRegion(ctx, start, size));
}
