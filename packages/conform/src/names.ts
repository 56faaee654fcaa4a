import type { CaptureCall, CaptureLevel } from '@kwind/events';

const stores: Readonly<Record<string, CaptureLevel>> = {
  native_set_pte: 'pte',
  native_set_pmd: 'pmd',
  native_set_pud: 'pud',
  native_set_p4d: 'p4d',
  native_set_pgd: 'pgd',
};

/** The level of a function that stores an entry. */
export const levelOfStore = (fn: string): CaptureLevel | undefined =>
  Object.hasOwn(stores, fn) ? stores[fn] : undefined;

export const isPageFlush = (fn: string): boolean => /^_*native_flush_tlb_(?:one_user|single)$/.test(fn);
/** Scope of a function that flushes more than a page. */
export function scopeOfFlush(fn: string): 'all' | 'non-global' | undefined {
  if (/^_*native_flush_tlb_global$/.test(fn)) return 'all';
  return /^_*native_flush_tlb(?:_local)?$/.test(fn) ? 'non-global' : undefined;
}

export const symbolOf = (frame: string): string =>
  frame.replace(/\+0x[0-9a-f]+(?:\/0x[0-9a-f]+)?$/i, '').replace(/(?:\.(?:part|cold|constprop|isra)(?:\.\d+)?)+$/, '');

/** Frames that say how an entry is stored or flushed, not who does it. */
const plumbing =
  /^(?:set_p(?:te|md|ud|4d|gd)|flush_tlb_\w+|__flush_tlb\w*|do_flush_tlb_all|smp_call_function_\w+|on_each_cpu_\w+|__raw_callee_save_\w+|native_\w+)$/;

/** The function that made a call happen: the nearest frame that is more than plumbing. */
export function actorOf({ stack }: CaptureCall): string {
  const frames = stack.map(symbolOf);
  return frames.find((symbol) => !plumbing.test(symbol)) ?? frames[0] ?? 'a caller that was not recorded';
}

export const hasFrame = ({ stack }: CaptureCall, ...symbols: readonly string[]): boolean =>
  stack.some((frame) => symbols.includes(symbolOf(frame)));
