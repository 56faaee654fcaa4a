import type { CaptureCall } from '@kwind/events';
import { hex, PAGE, START_KERNEL_MAP, type ShownPlace } from './shown-place.ts';
import { symbolOf } from './within.ts';

/** Parts of the image by the names of their resources, with the symbols of their first byte and of the byte after them. */
const imageParts: Readonly<Record<string, readonly [first: string, behind: string]>> = {
  'Kernel code': ['_text', '_etext'],
  'Kernel rodata': ['__start_rodata', '__end_rodata'],
  'Kernel data': ['_sdata', '_edata'],
  'Kernel bss': ['__bss_start', '__bss_stop'],
};

/**
 * Symbols of the image by the resources that setup_arch() inserts for it.
 * @param base how far the image was moved in memory from where it is linked (phys_base)
 * @param notes symbols that somebody stated
 */
export function imageOf(
  calls: readonly CaptureCall[],
  base: bigint,
  notes: Readonly<Record<string, string>>,
): ShownPlace[] {
  const text = calls.flatMap(({ resources }) => resources).find(({ name }) => name === 'Kernel code');
  const stated = notes['_text'] === undefined ? undefined : BigInt(`0x${notes['_text'].replace(/^0x/i, '')}`);
  const start = stated === undefined ? text && text.start - base : stated - START_KERNEL_MAP;
  if (start === undefined || !isLinkAddress(start)) return [];
  return [...distanceOf(start, base), ...partsOf(calls, base, text?.start === start + base), ...endOf(calls)];
}

/** How far KASLR moved the image from where it is linked, and its place in memory, which need not follow. */
function distanceOf(start: bigint, base: bigint): ShownPlace[] {
  if (start === LINKED_AT) return [];
  const why = `the image starts at ${hex(START_KERNEL_MAP + start)}, not where it is linked`;
  return [
    { option: `kaslr=${hex(start - LINKED_AT)}`, why },
    { option: `phys_base=${base < 0n ? '-' : ''}${hex(base < 0n ? -base : base)}`, why },
  ];
}

function partsOf(calls: readonly CaptureCall[], base: bigint, fits: boolean): ShownPlace[] {
  if (!fits) return [];
  return calls.flatMap(({ n, fn, resources }) => {
    const part = resources.at(-1);
    const symbols =
      fn.startsWith('insert_resource') && part && Object.hasOwn(imageParts, part.name)
        ? imageParts[part.name]
        : undefined;
    if (!part || !symbols) return [];
    const why = `record ${n} inserts "${part.name}"`;
    return [
      { option: `symbol.${symbols[0]}=${hex(START_KERNEL_MAP + part.start - base)}`, why },
      { option: `symbol.${symbols[1]}=${hex(START_KERNEL_MAP + part.end + 1n - base)}`, why },
    ];
  });
}

const LINKED_AT = 0x100_0000n;
const IMAGE_SPACE = 0x4000_0000n;
const PMD_SIZE = 0x20_0000n;

/** Where the image may start, from START_KERNEL_MAP on: KASLR moves it up in steps of a large page. */
const isLinkAddress = (offset: bigint): boolean =>
  offset >= LINKED_AT && offset < IMAGE_SPACE && offset % PMD_SIZE === 0n;

/** The image ends before the first entry behind it that cleanup_highmap() clears. */
function endOf(calls: readonly CaptureCall[]): ShownPlace[] {
  const cleared = calls.filter(
    ({ fn, stack }) => fn === 'native_set_pmd' && stack.some((frame) => symbolOf(frame) === 'cleanup_highmap'),
  );
  const indices = cleared.map(({ args: [pointer = 0n] }) => (pointer % PAGE) / 8n);
  const first = indices.find((index, i) => i > 0 && index !== indices[i - 1]! + 1n && index !== indices[i - 1]);
  return first === undefined
    ? []
    : [
        {
          option: `symbol._end=${hex(START_KERNEL_MAP + first * PMD_SIZE - PAGE)}`,
          why: `record ${cleared[0]!.n} and on: cleanup_highmap() clears what lies behind it`,
        },
      ];
}
