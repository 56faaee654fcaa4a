import { call, type KernelContext } from '../../context.ts';
import { minus } from '../../errno.ts';
import { releaseRegion, requestRegion } from '../../kernel/resource/region.ts';
import { setVariable, variable } from '../../variables.ts';
import { printk } from '../../warn.ts';

const RTC_PORT = 0x70n;
/** Ports of the chip, and those that the driver uses. */
const RTC_IO_EXTENT = 8n;
const RTC_IO_EXTENT_USED = 2n;

function rtcRequestRegion(ctx: KernelContext, size: bigint): boolean {
  return call(ctx, 'rtc_request_region', [size], () => requestRegion(ctx, RTC_PORT, size, 'rtc')) !== null;
}

/**
 * The old clock driver claims its ports: all eight, or, where firmware data has claimed a smaller range already, the two
 * that it uses.
 *
 * @returns 0, or −EIO after a message when both requests fail
 * @kernel drivers/char/rtc.c rtc_init(), up to 5.x
 */
export function rtcInit(ctx: KernelContext): bigint {
  return call(ctx, 'rtc_init', [], () => {
    const size = [RTC_IO_EXTENT, RTC_IO_EXTENT_USED].find((wanted) => rtcRequestRegion(ctx, wanted));
    if (size === undefined) {
      printk(ctx, 'ERR', `rtc: I/O resource ${RTC_PORT.toString(16)} is not free.`);
      return minus('EIO');
    }
    setVariable(ctx, 'rtc_size', size);
    return 0n;
  });
}

/** The old clock driver goes: it gives back what it got. @kernel drivers/char/rtc.c rtc_exit() */
export function rtcExit(ctx: KernelContext): void {
  call(ctx, 'rtc_exit', [], () => releaseRegion(ctx, RTC_PORT, variable(ctx, 'rtc_size')));
}
