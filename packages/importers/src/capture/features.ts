import type { CaptureCall } from '@kwind/events';
import { PAGE, type ShownPlace } from './shown-place.ts';
import { symbolOf } from './within.ts';

/** What a capture shows of the CPU and of how the kernel uses it, as far as entries depend on that. */
export const featuresOf = (calls: readonly CaptureCall[]): ShownPlace[] => [
  ...largePages(calls),
  ...entryBits(calls),
  ...patOf(calls),
];

const [PRESENT, GLOBAL, NX] = [1n, 1n << 8n, 1n << 63n];
const isDirectMap = ({ stack }: CaptureCall): boolean =>
  stack.some((frame) => /^(?:phys_p\w+_init|init_mem_mapping)$/.test(symbolOf(frame)));

/** Bits that a CPU without NX or global pages, or page-table isolation, takes out of entries. */
function entryBits(calls: readonly CaptureCall[]): ShownPlace[] {
  const found: ShownPlace[] = [];
  const set = calls.find(({ fn, args }) => fn === '__early_set_fixmap' && ((args[2] ?? 0n) & NX) !== 0n);
  const stored = set?.inner.find(({ fn }) => fn === 'native_set_pte')?.args[1];
  if (stored !== undefined && (stored & NX) === 0n)
    found.push({ option: 'nx=n', why: `record ${set!.n} asks for NX, and the entry is stored without` });
  const leaf = calls.find(
    (call) => call.fn === 'native_set_pte' && isDirectMap(call) && ((call.args[1] ?? 0n) & PRESENT) !== 0n,
  );
  if (leaf && ((leaf.args[1] ?? 0n) & GLOBAL) === 0n) {
    const flush = calls.find((call) => /^native_flush_tlb_(?:local|global)$/.test(call.fn) && isDirectMap(call));
    const option = flush?.fn === 'native_flush_tlb_local' ? 'pge=n' : 'pti=y';
    found.push({ option, why: `record ${leaf.n} stores a page of the direct map that is not global` });
  }
  return found;
}

const CACHE_BITS = 0x18n;

/**
 * With PAT a write-back mapping of what is mapped uncached becomes uncached too, in all of its pages; without, nobody compares.
 */
function patOf(calls: readonly CaptureCall[]): ShownPlace[] {
  const uncached = new Map<bigint, bigint>();
  for (const { n, fn, args, inner } of calls) {
    const range = inner.find((call) => call.fn === 'ioremap_page_range')?.args;
    if (fn === 'iounmap') uncached.delete((args[0] ?? 0n) & ~(PAGE - 1n));
    if (fn !== '__ioremap_caller' || range?.[3] === undefined) continue;
    const [phys, mode] = [(args[0] ?? 0n) & ~(PAGE - 1n), BigInt.asUintN(32, args[2] ?? 0n)];
    if ((range[3] & CACHE_BITS) !== 0n) uncached.set(range[0]!, phys);
    else if (mode === 0n && [...uncached.values()].includes(phys))
      return [{ option: 'pat=n', why: `record ${n} maps write-back what is mapped uncached` }];
  }
  return [];
}

/** A leaf of 1 GiB in a table shows that the CPU has them. */
function largePages(calls: readonly CaptureCall[]): ShownPlace[] {
  const leaf = calls.find(({ fn, args }) => fn === 'native_set_pud' && ((args[1] ?? 0n) & 0x81n) === 0x81n);
  return leaf ? [{ option: 'gbpages=1', why: `record ${leaf.n} stores a page of 1 GiB` }] : [];
}
