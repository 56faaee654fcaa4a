import { describe, expect, it } from 'vitest';
import { vmallocEnd } from '@kwind/x86';
import { procVmallocinfo } from '@kwind/exporters';
import { ioremapAlign, placeArea, vmUnmapAliases } from '@kwind/kernel';
import { checkInvariants, lazyAreas, vmapAreas } from '@kwind/state';
import { captureNames } from './capture.ts';
import {
  Boot,
  buildDirectMap,
  callsOf,
  claimOthers,
  finishPaging,
  pageRangeIn,
  pageRangeOf,
  readEarly,
  readLate,
  readVmallocinfo,
  repeatCall,
  storeOf,
  storesIn,
  type CapturedCall,
  type EntryStore,
  type RawRecord,
} from './ioremap-capture.ts';

const isStore = (record: RawRecord): boolean => /^native_set_p(?:te|md|ud|4d|gd)$/.test(record.f);
const builders = /^(?:cleanup_highmap|phys_(?:pte|pmd|pud)_init|__kernel_physical_mapping_init)\+/;
const isOfDirectMap = (record: RawRecord): boolean => isStore(record) && record.s!.some((place) => builders.test(place));

/** A tracer's breakpoint sometimes hits twice: the same store by the same callers, twice in a row. Such a record counts once. */
function withoutRepeats(records: readonly RawRecord[]): { readonly records: readonly RawRecord[]; readonly repeats: number } {
  const text = ({ f, a, s }: RawRecord): string => JSON.stringify([f, a, s]);
  const kept = records.filter((record, i) => i === 0 || text(records[i - 1]!) !== text(record));
  return { records: kept, repeats: records.length - kept.length };
}

const showStore = (store: EntryStore | undefined): string =>
  store ? `${store.level} 0x${store.frame.toString(16)}[${store.index}] = 0x${store.value.toString(16)}` : 'nothing more';

function firstDifference(kernel: readonly EntryStore[], model: readonly EntryStore[]): string | undefined {
  for (let i = 0; i < Math.max(kernel.length, model.length); i++) {
    const [wanted, found] = [showStore(kernel[i]), showStore(model[i])];
    if (wanted !== found) return `store ${i}: the kernel did ${wanted}, the model ${found}`;
  }
  return undefined;
}

/** Frames of tables that the page allocator gave out cannot be known; each of the kernel's must stand for one of the model's. */
function firstDifferenceButFrames(kernel: readonly EntryStore[], model: readonly EntryStore[], frames: Map<number, number>): string | undefined {
  const stands = (theirs: number, ours: number): boolean => {
    if (frames.has(theirs)) return frames.get(theirs) === ours;
    frames.set(theirs, ours);
    return [...frames.values()].filter((frame) => frame === ours).length === 1;
  };
  const isLink = ({ level, value }: EntryStore): boolean => level !== 'pte' && (value & 0x80n) === 0n && (value & 1n) !== 0n;
  const frameIn = ({ value }: EntryStore): number => Number((value >> 12n) & 0xff_ffff_ffffn);
  for (const [i, wanted] of kernel.entries()) {
    const found = model[i];
    if (!found) return `store ${i}: the kernel did ${showStore(wanted)}, the model nothing more`;
    const sameFrame = stands(wanted.frame, found.frame);
    const sameLink = isLink(wanted) && isLink(found) && stands(frameIn(wanted), frameIn(found)) && (wanted.value & 0xfffn) === (found.value & 0xfffn);
    const sameValue = sameLink || wanted.value === found.value;
    // vmap stores large pages with the function for 4 KiB entries.
    const sameLevel = wanted.level === found.level || (wanted.level === 'pte' && found.level === 'pmd' && (found.value & 0x80n) !== 0n);
    if (!sameFrame || !sameValue || !sameLevel || wanted.index !== found.index) return `store ${i}: the kernel did ${showStore(wanted)}, the model ${showStore(found)}`;
  }
  return model.length === kernel.length ? undefined : `the model went on with ${showStore(model[kernel.length])}`;
}

const sizes = {
  'q35-6.1.0-56': { directMap: 5608, repeats: 1, calls: 8, entries: 137 },
  'pc-smp2-6.1.0-56': { directMap: 5095, repeats: 0, calls: 7, entries: 8 },
  'q35-6.1.0-47': { directMap: 5608, repeats: 2, calls: 8, entries: 137 },
} as const;

describe.each(captureNames)('the direct map of %s', (name) => {
  const { records, repeats } = withoutRepeats(readEarly(name).filter(isOfDirectMap));
  const boot = new Boot(name);
  const facts = boot.facts(buildDirectMap);

  it('is built by the same stores to the same entries of the same tables in the same order', () => {
    const kernel = records.map((record) => storeOf(boot.machine.profile, record));
    expect({ directMap: kernel.length, repeats }).toEqual({ directMap: sizes[name].directMap, repeats: sizes[name].repeats });
    expect(firstDifference(kernel, storesIn(facts))).toBeUndefined();
  });

  it('is switched to by the same write of CR3 and a global flush', () => {
    const early = readEarly(name);
    const written = early.findIndex((record) => record.f === 'native_write_cr3');
    const loaded = facts.find((fact) => fact.type === 'cr3.loaded');
    expect(loaded?.type === 'cr3.loaded' && loaded.after.toString(16)).toBe(early[written]!.a![0]);
    expect(early[written + 1]!.f).toBe('native_flush_tlb_global');
    expect(facts.some((fact) => fact.type === 'call.entered' && fact.fn === 'native_flush_tlb_global')).toBe(true);
  });
});

describe.each(captureNames)('the tables of struct page and of the vmalloc area of %s', (name) => {
  const boot = new Boot(name);
  boot.facts(buildDirectMap);
  const stores = storesIn(boot.facts(finishPaging));
  const late = readLate(name).filter(isStore);
  const kernel = late.slice(0, late.findIndex((record) => record.s!.some((place) => place.startsWith('__ioremap_caller+'))));
  const wanted = kernel.map((record) => storeOf(boot.machine.profile, record));

  it('get the same entries at the same indices; only frames of tables differ, which memblock and the page allocator chose', () => {
    expect(firstDifferenceButFrames(wanted, stores, new Map([[0x2a10, 0x2a10]]))).toBeUndefined();
    expect(wanted.filter((store) => store.level === 'p4d')).toHaveLength(65);
  });

  it('hold struct page in the very block of memory that the kernel took', () => {
    const large = (list: readonly EntryStore[]): string[] => list.filter((store) => store.level === 'pmd').map((store) => `${store.index} ${store.value.toString(16)}`);
    expect(large(stores)).toEqual(large(wanted));
    expect(large(stores)).toHaveLength(name.startsWith('pc') ? 8 : 4);
  });
});

describe.each(captureNames)('the ioremap calls of %s', (name) => {
  const run = runCalls(name);

  it('return the addresses that the kernel returned, once the areas of other users are given', () => {
    const mapping = run.steps.filter(({ call }) => call.record.f === '__ioremap_caller');
    expect(mapping).toHaveLength(sizes[name].calls);
    for (const { call, result } of mapping) expect([call.record.n, result.toString(16)]).toEqual([call.record.n, call.result.toString(16)]);
  });

  it('pass the same arguments to ioremap_page_range() and store the same entries at the same indices', () => {
    // The one table that the stack of interrupts left: every area of these boots lies in the first GiB.
    const frames = new Map<number, number>();
    let entries = 0;
    for (const { call, facts } of run.steps.filter((step) => step.call.record.f === '__ioremap_caller')) {
      expect(pageRangeIn(facts)).toEqual(pageRangeOf(call));
      const kernel = call.inner.filter(isStore).map((record) => storeOf(run.boot.machine.profile, record));
      const model = storesIn(facts).filter((store) => (store.value & 0x80n) !== 0n || store.level === 'pte');
      expect(firstDifferenceButFrames(kernel, model, frames)).toBeUndefined();
      entries += kernel.length;
    }
    expect(entries).toBe(sizes[name].entries);
  });

  it('leave the ioremap lines of /proc/vmallocinfo as the kernel printed them, but for the length of each symbol', () => {
    const ours = procVmallocinfo(run.boot.state).split('\n').filter((line) => line.includes('ioremap'));
    const theirs = readVmallocinfo(name).split('\n').filter((line) => line.includes('ioremap'));
    const withoutLength = (line: string): string => line.replace(/(\+0x[0-9a-f]+)\/0x[0-9a-f]+/, '$1');
    expect(ours).toEqual(theirs.map(withoutLength));
    expect(ours).toHaveLength(sizes[name].calls - 2);
  });

  it('free again what iounmap() gave up, from the purge that the kernel too makes at the end', () => {
    const lazy = lazyAreas(run.boot.state);
    const unmapped = run.steps.filter(({ call }) => call.record.f === 'iounmap').map(({ call }) => call.record.a![0]!.slice(0, -3));
    expect(lazy.map((area) => area.start.toString(16).slice(0, -3))).toEqual(unmapped);
    const flush = readLate(name).find((record) => record.f === 'flush_tlb_kernel_range')!;
    const facts = run.boot.facts((machine) => vmUnmapAliases(machine));
    const entered = facts.find((fact) => fact.type === 'call.entered' && fact.fn === 'flush_tlb_kernel_range');
    // The kernel's range starts at our lowest area; it ends with what others gave up, of which there is no record.
    expect(entered?.type === 'call.entered' && entered.args[0]!.toString(16)).toBe(flush.a![0]);
    expect(BigInt(`0x${flush.a![1]!}`)).toBeGreaterThanOrEqual(entered?.type === 'call.entered' ? entered.args[1]! : 0n);
    expect(lazyAreas(run.boot.state)).toEqual([]);
    expect(checkInvariants(run.boot.state)).toEqual([]);
  });
});

interface Step {
  readonly call: CapturedCall;
  readonly result: bigint;
  readonly facts: readonly ReturnType<Boot['facts']>[number][];
}

function runCalls(name: string, change: (call: CapturedCall) => CapturedCall = (call) => call): { readonly boot: Boot; readonly steps: readonly Step[] } {
  const boot = new Boot(name);
  boot.facts(buildDirectMap);
  boot.facts(finishPaging);
  const calls = callsOf(readLate(name)).filter((call) => call.record.f !== 'flush_tlb_kernel_range');
  const steps = calls.map((original): Step => {
    const call = change(original);
    boot.facts((machine) => claimOthers(machine, readVmallocinfo(name), call.result));
    let result = 0n;
    const facts = boot.facts((machine) => {
      result = repeatCall(machine, call);
    });
    return { call: original, result, facts };
  });
  return { boot, steps };
}

describe('what decides the address of an area', () => {
  const name = 'q35-6.1.0-56';

  it('is the kernel alone for the first three and for the 256 MiB of MMCONFIG, given the interrupt stack before them', () => {
    const boot = new Boot(name);
    boot.facts(buildDirectMap);
    boot.facts(finishPaging);
    boot.facts((machine) => claimOthers(machine, readVmallocinfo(name).split('\n')[0]!));
    const own = callsOf(readLate(name)).slice(0, 4);
    for (const call of own) {
      boot.facts((machine) => expect(repeatCall(machine, call).toString(16)).toBe(call.result.toString(16)));
    }
  });

  it('is others for the rest: the model would have gone lower, and finds the place free and aligned', () => {
    const boot = new Boot(name);
    boot.facts(buildDirectMap);
    boot.facts(finishPaging);
    boot.facts((machine) => claimOthers(machine, readVmallocinfo(name).split('\n')[0]!));
    let forced = 0;
    for (const call of callsOf(readLate(name)).filter(({ record }) => record.f === '__ioremap_caller')) {
      boot.facts((machine) => {
        const [start, end] = pageRangeOf(call);
        const align = ioremapAlign(machine, end! - start!);
        const own = placeArea(machine, { size: end! - start! + 4096n, align, start: machine.profile.vmallocStart, end: vmallocEnd(machine.profile) })!;
        expect(start! % align).toBe(0n);
        expect(own).toBeLessThanOrEqual(start!);
        if (own !== start) forced++;
        expect(repeatCall(machine, call, start)).toBe(call.result);
      });
    }
    expect(forced).toBe(4);
    expect(vmapAreas(boot.state)).toHaveLength(9);
  });
});

describe('the comparison', () => {
  const name = 'q35-6.1.0-56';

  it('sees a changed value, a dropped store and two that are swapped in the direct map', () => {
    const boot = new Boot(name);
    const model = storesIn(boot.facts(buildDirectMap));
    const kernel = model.map((store) => ({ ...store }));
    expect(firstDifference(kernel, model)).toBeUndefined();
    expect(firstDifference(kernel.with(900, { ...kernel[900]!, value: kernel[900]!.value ^ 2n }), model)).toMatch(/^store 900: /);
    expect(firstDifference(kernel.toSpliced(1000, 1), model)).toMatch(/^store 1000: /);
    expect(firstDifference(kernel.with(600, kernel[601]!).with(601, kernel[600]!), model)).toMatch(/^store 600: /);
  });

  it('sees another memory type, another size and another order of calls', () => {
    const changed = (at: number, argument: number, value: string): bigint[] => {
      let i = 0;
      const run = runCalls(name, (call) => (i++ === at ? { ...call, record: { ...call.record, a: call.record.a!.with(argument, value) } } : call));
      return run.steps.flatMap(({ call, facts }) => (call.inner.length > 0 && String(pageRangeIn(facts)) !== String(pageRangeOf(call)) ? [BigInt(call.record.n)] : []));
    };
    expect(changed(0, 2, '2')).toEqual([7301n, 7306n]);
    expect(changed(1, 1, '1099')).toContain(7306n);
    expect(changed(99, 0, '0')).toEqual([]);
  });
});
