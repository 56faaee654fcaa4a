import { physAddr, vaddr } from '@kwind/x86';
import { specOfType, isEntryCode, type BootEvent, type CaptureCall } from '@kwind/events';
import {
  earlyIoremapInit,
  earlyIoremapInner,
  earlyIounmap,
  earlySetFixmap,
  ioremapPageRange,
  nativeSetFixmap,
  type KernelContext,
} from '@kwind/kernel';
import type { LiveMachine } from '../live-machine.ts';
import { partOf } from './part.ts';

const isStore = (fn: string): boolean => /^native_set_p(?:te|md|ud|4d|gd)$/.test(fn);
const isFlush = (fn: string): boolean => /^_*native_flush_tlb/.test(fn);

function anyInside(call: CaptureCall, test: (fn: string) => boolean): boolean {
  return call.inner.some((inner) => test(inner.fn) || anyInside(inner, test));
}

const index = (value: bigint): number => Number(BigInt.asUintN(32, value));

/** Run what a call does to the tables by the rules of the model. */
function run(ctx: KernelContext, { fn, args }: CaptureCall): void {
  const [first = 0n, second = 0n, third = 0n, fourth = 0n] = args;
  switch (fn) {
    case 'early_ioremap_init':
      return earlyIoremapInit(ctx);
    case '__early_set_fixmap':
      return earlySetFixmap(ctx, index(first), physAddr(second), third);
    case 'native_set_fixmap':
      return nativeSetFixmap(ctx, index(first), physAddr(second), third);
    case 'ioremap_page_range':
      return void ioremapPageRange(ctx, vaddr(first), vaddr(second), third, fourth);
    case '__early_ioremap':
      return void earlyIoremapInner(ctx, first, second, third);
    case 'early_iounmap':
      return earlyIounmap(ctx, first, second);
  }
}

const hasStores = new Set(['early_ioremap_init', '__early_set_fixmap', 'native_set_fixmap', 'ioremap_page_range']);
/** Calls that reach the tables through another traced call: only where that one was not traced does anything follow. */
const through: Readonly<Record<string, string>> = {
  __early_ioremap: '__early_set_fixmap',
  early_iounmap: '__early_set_fixmap',
};

/**
 * Record stores and flushes that were not seen because nobody traced them, or because the kernel had patched the calls away
 * by then: they follow from the call around them.
 * @returns whether anything was recorded so
 */
export function recordWhatFollows(machine: LiveMachine, call: CaptureCall): boolean {
  const failed = call.fn === '__early_ioremap' && (call.result ?? 0n) === 0n;
  const byOther = through[call.fn] !== undefined && anyInside(call, (fn) => fn === through[call.fn]);
  if (failed || byOther || (!hasStores.has(call.fn) && through[call.fn] === undefined)) return false;
  const [stores, flushes] = [anyInside(call, isStore), anyInside(call, isFlush)];
  if (stores) return false;
  const keep = (event: BootEvent): boolean => isTableEvent(event.type) || (!flushes && event.type.startsWith('tlb.'));
  const before = machine.position;
  run(partOf(machine, keep), call);
  return machine.position > before;
}

const isTableEvent = (type: BootEvent['type']): boolean =>
  type === 'table.allocated' || isEntryCode(specOfType(type)!.code);
