import { patIndex, physAddr, vaddr, vaOfPhys, type CacheMode, type Level } from '@kwind/x86';
import { walk, type MachineView } from '@kwind/state';

export interface Alias {
  readonly address: bigint;
  readonly type: CacheMode;
}

/** Pages that a walk which ends at this level says something of. */
const pagesAt: Record<Level, number> = { pte: 1, pmd: 512, pud: 512 ** 2, p4d: 512 ** 3, pgd: 512 ** 3 };
const PAGE_BYTES = 4096n;

/** A run of frames that are mapped one after the other at `start` on, or would be. */
interface Window {
  readonly start: bigint;
  readonly first: number;
  readonly end: number;
  /** What the last walk said, and up to which frame it holds. */
  type: CacheMode | undefined;
  until: number;
}

const windowOf = (start: bigint, first: number, end: number): Window => ({
  start,
  first,
  end,
  type: undefined,
  until: -1,
});

/**
 * Where frames of a range are mapped by something that has been there for longer: the direct map, an area or a slot.
 * Frames are asked for in rising order; one walk answers for all pages of a large page, or of a hole.
 */
export class OlderAliases {
  readonly #view: MachineView;
  readonly #windows: readonly Window[];

  constructor(view: MachineView, first: number, pages: number) {
    this.#view = view;
    const end = first + pages;
    const direct = windowOf(vaOfPhys(view.profile, physAddr(BigInt(first) * PAGE_BYTES)), first, end);
    this.#windows = [direct, ...mappedWindows(view, first, end)];
  }

  /** What maps this frame, if anything does, and the frame up to which the next ones are mapped alike. */
  at(frame: number): { readonly alias: Alias | undefined; readonly until: number } {
    let until = Infinity;
    for (const window of this.#windows) {
      if (frame < window.first) until = Math.min(until, window.first);
      if (frame < window.first || frame >= window.end) continue;
      const address = vaddr(window.start + BigInt(frame - window.first) * PAGE_BYTES);
      if (frame >= window.until) this.#look(window, frame, address);
      until = Math.min(until, window.until, window.end);
      if (window.type !== undefined) return { alias: { address, type: window.type }, until };
    }
    return { alias: undefined, until };
  }

  #look(window: Window, frame: number, address: bigint): void {
    const found = walk(this.#view, vaddr(address));
    const level = found.kind === 'mapped' ? found.leaf : found.kind === 'not-present' ? found.stoppedAt : 'pte';
    // Where the page or the hole ends that this address lies in.
    const page = Number((address / PAGE_BYTES) % BigInt(pagesAt[level]));
    window.until = frame + pagesAt[level] - page;
    const isSame = found.kind === 'mapped' && found.phys / PAGE_BYTES === BigInt(frame);
    window.type = isSame ? this.#view.profile.patTypes[patIndex(found.leaf, found.steps.at(-1)!.entry)] : undefined;
  }
}

/** The areas and slots that map some of these frames. */
function mappedWindows(view: MachineView, first: number, end: number): readonly Window[] {
  const [from, to] = [BigInt(first) * PAGE_BYTES, BigInt(end) * PAGE_BYTES];
  const windows: Window[] = [];
  for (const { start, end: areaEnd, phys } of view.control.vmalloc.areas) {
    const size = areaEnd - start - PAGE_BYTES;
    if (phys === 0n || phys >= to || phys + size <= from) continue;
    const frame = Number(phys / PAGE_BYTES);
    windows.push(windowOf(start, frame, frame + Number(size / PAGE_BYTES)));
  }
  for (const { prevMap, phys, pages } of view.control.slots) {
    const frame = Number(phys / PAGE_BYTES);
    if (prevMap !== 0n && frame < end && frame + pages > first)
      windows.push(windowOf(prevMap & ~0xfffn, frame, frame + pages));
  }
  return windows;
}
