import { PAGE_SIZE, pageAlign, paOf, vaddr } from '@kwind/x86';
import type { Capture, CaptureCall } from '@kwind/events';
import { brkEnd, setVariable, type KernelContext } from '@kwind/kernel';
import { entryAt } from '@kwind/recorder';
import type { GivenList } from './given-list.ts';
import { directMapFrames } from './groups.ts';
import { hasFrame, levelOfStore } from './names.ts';

/** The first store into a table of the direct map: into the lowest of the tables for the first page. */
function firstStore(calls: readonly CaptureCall[]): CaptureCall | undefined {
  for (const call of calls) {
    if (levelOfStore(call.fn) !== undefined && hasFrame(call, ...directMapFrames)) return call;
    const found = firstStore(call.inner);
    if (found) return found;
  }
  return undefined;
}

/**
 * How much of the brk area was in use before the first tables of the direct map were set aside there: strings of the DMI
 * tables go there, and nobody traces that. The tables come in a row, one for each level below the root, and the kernel
 * stores into the last of them first; it is believed only as far as the image has room.
 */
export function learnBrk(ctx: KernelContext, { calls }: Capture, given: GivenList): void {
  const { symbols, levels } = ctx.profile;
  const first = firstStore(calls);
  const place = first && entryAt(ctx.view, first.args[0] ?? 0n);
  const [low, high, usual] = [symbols['__bss_stop'], symbols['_end'], pageAlign(brkEnd(ctx))];
  const [lowest, before] = [low && paOf(ctx.profile, vaddr(pageAlign(low))), paOf(ctx.profile, vaddr(usual))];
  if (!place || levelOfStore(first.fn) !== 'pte' || high === undefined) return;
  if (lowest === undefined || before === undefined) return;
  const start = BigInt(place.table - (levels - 2)) * PAGE_SIZE;
  if (start === before || start < lowest || start - lowest >= high - pageAlign(low!)) return;
  setVariable(ctx, '_brk_end', usual + start - before);
  given.add(
    'brk-taken',
    'how much of the brk area was in use (for DMI strings) before tables of the direct map were set aside there, by the first store into them',
    first.n,
  );
}
