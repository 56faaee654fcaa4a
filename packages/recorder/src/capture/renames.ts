import type { CaptureCall } from '@kwind/events';

/** A region whose owner gives it another name right after claiming it: a store to a field, which no call shows. */
export interface KnownRename {
  readonly name: string;
  /** Who renames it. */
  readonly by: string;
}

/**
 * The name that a region gets from the driver that has just claimed it, where that is known. rtc-cmos names its ports after
 * the clock device, the first of which is rtc0.
 * @kernel drivers/rtc/rtc-cmos.c cmos_do_probe()
 */
export function knownRename({ fn, stack, result }: CaptureCall): KnownRename | undefined {
  const claimed = fn === '__request_region' && result !== 0n;
  return claimed && stack[0]?.startsWith('cmos_do_probe+') === true
    ? { name: 'rtc0', by: 'cmos_do_probe()' }
    : undefined;
}
