import type { CaptureCall } from '@kwind/events';
import { isLeaf, isPresent } from '@kwind/x86';
import { entryAt, seenResult, storeLevel, type ResourcePointers } from '@kwind/recorder';
import type { MachineView } from '@kwind/state';
import type { Effect } from './effect.ts';
import { isPageFlush, levelOfStore, scopeOfFlush } from './names.ts';

const below32 = (value: bigint): bigint => BigInt.asUintN(32, value);

/** Calls inside a driven one whose arguments are compared, as they are compared. */
const inner: Readonly<Record<string, (args: readonly bigint[]) => readonly bigint[]>> = {
  __early_set_fixmap: ([idx = 0n, ...rest]) => [below32(idx), ...rest.slice(0, 2)],
  native_set_fixmap: ([idx = 0n, ...rest]) => [below32(idx), ...rest.slice(0, 2)],
  ioremap_page_range: (args) => args.slice(0, 4),
  early_ioremap_setup: () => [],
};

/** Arguments of a call as both sides give them; undefined for calls that are not compared. */
export const comparedArgs = (fn: string, args: readonly bigint[]): readonly bigint[] | undefined =>
  Object.hasOwn(inner, fn) ? inner[fn]!(args) : undefined;

/** Functions whose result says something. Of a void function rax holds anything. */
const results = new Set([
  '__early_ioremap',
  'request_resource',
  'request_resource_conflict',
  'insert_resource',
  'insert_resource_conflict',
  '__request_region',
  'release_resource',
  'remove_resource',
  'adjust_resource',
  'allocate_resource',
  '__ioremap_caller',
  'ioremap_page_range',
  'check_early_ioremap_leak',
]);
export const hasResult = (fn: string): boolean => results.has(fn);

/**
 * What a driven call was seen to do, in order: the calls inside it that are compared, stores, flushes, and its results.
 * @param view the machine after the model ran the call: tables are known by then
 */
export function kernelEffects(
  view: MachineView,
  call: CaptureCall,
  pointers: ResourcePointers,
  top = true,
): readonly Effect[] {
  const { n, fn, args } = call;
  const level = levelOfStore(fn);
  if (level !== undefined) return storeEffects(view, call);
  if (isPageFlush(fn)) return [{ kind: 'tlb.page-flushed', values: args.slice(0, 1), n }];
  const scope = scopeOfFlush(fn);
  if (scope !== undefined) return [{ kind: `tlb.flushed ${scope}`, values: [], n }];
  if (fn === 'native_write_cr3') return [{ kind: 'cr3.loaded', values: args.slice(0, 1), n }];
  const own = top ? undefined : comparedArgs(fn, args);
  const entered: Effect[] = own ? [{ kind: fn, values: own, n }] : [];
  const compared = hasResult(fn) && call.result !== undefined && (top || own !== undefined);
  const left: Effect[] = compared
    ? [...slotOf(view, call), { kind: `returned ${fn}`, values: [pointers.of(seenValue(call))], n: call.lastRecord }]
    : [];
  return [
    ...entered,
    ...call.inner.flatMap((next, i) => effectsOfInner(view, next, call.inner[i - 1], pointers)),
    ...left,
  ];
}

function effectsOfInner(
  view: MachineView,
  call: CaptureCall,
  before: CaptureCall | undefined,
  pointers: ResourcePointers,
): readonly Effect[] {
  const effects = kernelEffects(view, call, pointers, false);
  const repeats = before !== undefined && before.end === 'inferred' && isSameCall(before, call);
  const [first, ...rest] = effects;
  return repeats && first ? [{ ...first, repeats }, ...rest] : effects;
}

/** Whether a call is recorded just like the one right before it, in which nothing was seen to happen. */
export const isSameCall = (a: CaptureCall, b: CaptureCall): boolean =>
  b.n === a.n + 1 && a.fn === b.fn && a.args.join() === b.args.join() && a.stack.join() === b.stack.join();

/** The slot that an early mapping went to, by the address that was returned. */
function slotOf(view: MachineView, { fn, result = 0n, lastRecord }: CaptureCall): Effect[] {
  if (fn !== '__early_ioremap' || result === 0n) return [];
  const size = BigInt(view.profile.nrFixBtmaps) << 12n;
  const slot = view.control.slots.findIndex(({ virt }) => result >= virt && result < virt + size);
  return [{ kind: 'slot.claimed', values: [BigInt(slot)], n: lastRecord }];
}

const addresses = new Set(['__early_ioremap', '__ioremap_caller']);
const seenValue = (call: CaptureCall): bigint => (addresses.has(call.fn) ? call.result! : seenResult(call));

function storeEffects(view: MachineView, { n, fn, args }: CaptureCall): readonly Effect[] {
  const [pointer = 0n, value = 0n] = args;
  const place = entryAt(view, pointer);
  const seen = levelOfStore(fn)!;
  if (!place) return [{ kind: `${seen}.written`, values: [-1n, pointer, value], n }];
  const level = storeLevel(view, place, seen);
  const links = level !== 'pte' && isPresent(value) && !isLeaf(level, value);
  return [
    {
      kind: `${level}.${links ? 'populated' : 'written'}`,
      values: [BigInt(place.table), BigInt(place.index), value],
      n,
    },
  ];
}
