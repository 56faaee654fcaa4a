import { hex, paOf, type KernelProfile } from '@kwind/x86';

const OFFSET = /\+0x[0-9a-f]+(?:\/0x[0-9a-f]+)?/g;
const NUMBER = /\b(?:0x[0-9a-f]+|[0-9a-f]*\d[0-9a-f]*)\b/gi;
const LAST_ERRNO = 4095n;

/** The first line of a text without what differs from boot to boot: offsets into functions, and numbers. */
export const words = (text: string): string => text.replace(OFFSET, '').replace(NUMBER, 'N').split('\n', 1)[0]!;

/** Where a call comes from, as a phrase to put behind it. */
export const from = (caller: string): string => (caller === '' ? '' : ` from ${words(caller)}`);

/** An argument in words that do not depend on where KASLR has put the kernel. */
export function place(profile: KernelProfile, value: bigint): string {
  const { startKernelMap, kernelImageSize, pageOffset, symbols } = profile;
  const text = symbols['_text'];
  if (value >= startKernelMap && value < startKernelMap + kernelImageSize && text !== undefined)
    return `image${offset(value - text)}`;
  const [physText, physEnd] = [text, symbols['_end']].map((at) => (at === undefined ? undefined : paOf(profile, at)));
  if (physText !== undefined && physEnd !== undefined && value >= physText && value < physEnd)
    return `image at${offset(value - physText)}`;
  // Where something was allocated says nothing: it follows the size of memory.
  if (value >= pageOffset && value < startKernelMap) return 'a kernel address';
  if (value >= (1n << 64n) - LAST_ERRNO) return `-${(1n << 64n) - value}`;
  return hex(value);
}

const offset = (distance: bigint): string => (distance < 0n ? `-${hex(-distance)}` : `+${hex(distance)}`);

/** What a call gave back, as far as good boots agree on it: nothing, an error, or something. */
export function outcome(result: bigint): string {
  if (result === 0n) return '0';
  return result >= (1n << 64n) - LAST_ERRNO ? `-${(1n << 64n) - result}` : 'a value';
}
