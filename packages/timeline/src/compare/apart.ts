import { paOf, pfnOf, physAddr, vaddr, type KernelProfile } from '@kwind/x86';
import type { Slide } from './types.ts';

/** In what the two sides differ for no reason of their own. */
export interface Apart {
  readonly slides: readonly Slide[];
  /** The kernel image, or what follows from it, lies elsewhere. */
  readonly slid: boolean;
  /** It is another build: its symbols lie elsewhere in it. */
  readonly rebuilt: boolean;
  /** It asks for other pages: another build does, and one whose direct map or vmalloc area lies elsewhere needs more tables. */
  readonly allocates: boolean;
  readonly directMapSlid: boolean;
  readonly vmallocSlid: boolean;
}

const textOf = (profile: KernelProfile): bigint => profile.symbols['_text'] ?? profile.startKernelMap;

const physicalOf = (profile: KernelProfile): bigint => paOf(profile, vaddr(textOf(profile))) ?? profile.physBase;

const places = (profile: KernelProfile): readonly (readonly [string, bigint])[] => [
  ['kernel image, physical', physicalOf(profile)],
  ['kernel image', textOf(profile)],
  ['direct map', profile.pageOffset],
  ['vmalloc area', profile.vmallocStart],
];

function isRebuilt(a: KernelProfile, b: KernelProfile): boolean {
  const [textA, textB] = [textOf(a), textOf(b)];
  return Object.entries(a.symbols).some(([name, value]) => {
    const other = b.symbols[name];
    return other !== undefined && value - textA !== other - textB;
  });
}

export function apartOf(a: KernelProfile, b: KernelProfile): Apart {
  const there = new Map(places(b));
  const slides = places(a).flatMap(([what, value]) =>
    there.get(what) === value ? [] : [{ what, a: value, b: there.get(what)! }],
  );
  const rebuilt = isRebuilt(a, b);
  const directMapSlid = a.pageOffset !== b.pageOffset;
  const vmallocSlid = a.vmallocStart !== b.vmallocStart;
  const allocates = rebuilt || directMapSlid || vmallocSlid;
  return { slides, slid: slides.length > 0, rebuilt, allocates, directMapSlid, vmallocSlid };
}

/** A part of the kernel image, in pages from `_text` on. */
export interface Section {
  readonly name: string;
  readonly start: number;
}

/** The kernel image of one side, in pages. */
export interface Image {
  readonly virtual: number;
  readonly physical: number;
  /** Number of pages, to the end of `_end`'s. */
  readonly pages: number;
  readonly sections: readonly Section[];
}

const PAGE_SHIFT = 12n;
const starts = [
  ['code', '_text'],
  ['rodata', '__start_rodata'],
  ['data', '_sdata'],
  ['bss', '__bss_start'],
] as const;

export function imageOf(profile: KernelProfile): Image {
  const text = textOf(profile);
  const end = profile.symbols['_end'] ?? profile.startKernelMap + profile.kernelImageSize - 1n;
  const sections = starts.flatMap(([name, symbol]) => {
    const start = name === 'code' ? text : profile.symbols[symbol];
    return start === undefined ? [] : [{ name, start: Number((start - text) >> PAGE_SHIFT) }];
  });
  return {
    virtual: Number(text >> PAGE_SHIFT),
    physical: pfnOf(physAddr(physicalOf(profile))),
    // A page more: that the image ends exactly at a page's end is a place in it, too.
    pages: Number((end - text) >> PAGE_SHIFT) + 1,
    sections: sections.toSorted((x, y) => x.start - y.start),
  };
}
