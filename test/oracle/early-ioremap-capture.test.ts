import { describe, expect, it } from 'vitest';
import { fixIdxOfSlot, pfnOf, paOf, slot, slotVirt, vaddr } from '@kwind/x86';
import { boot, pointerTo } from '@kwind/kernel';
import { given } from '@kwind/testkit';
import { captureNames, firstDifference, readCapture, simulate, stepsOf, type Step } from './capture.ts';

describe.each(captureNames)('the kernel of %s and the model', (name) => {
  const capture = readCapture(name);
  const steps = stepsOf(capture);
  const count = (fn: string): number => steps.filter((step) => step.fn === fn).length;

  it('agree on every call, result, entry and flush of early_ioremap and the fixmap, in order', () => {
    expect(firstDifference(capture, steps, simulate(capture))).toBeUndefined();
  });

  it('are compared on everything that the capture holds', () => {
    const inCapture = (fn: string): number => capture.records.filter((record) => record.fn === fn).length;
    for (const fn of ['__early_ioremap', 'ret:__early_ioremap', 'early_iounmap', '__early_set_fixmap', 'native_flush_tlb_one_user', 'native_set_fixmap']) {
      expect([fn, count(fn)]).toEqual([fn, inCapture(fn)]);
    }
    expect(count('native_set_pte')).toBe(inCapture('__early_set_fixmap') + inCapture('native_set_fixmap'));
    expect(count('native_set_pmd')).toBe(1);
    expect(count('__early_ioremap')).toBeGreaterThan(20);
  });

  it('give each result the slot that the first index of its mapping says', () => {
    for (const [i, step] of steps.entries()) {
      if (step.fn !== '__early_ioremap') continue;
      const firstIndex = steps[i + 1]!.values[0]!;
      const number = Array.from({ length: 8 }, (_, n) => slot(n)).find((n) => BigInt(fixIdxOfSlot(capture.profile, n)) === firstIndex)!;
      const result = steps.slice(i).find((later) => later.fn === 'ret:__early_ioremap')!.values[0]!;
      expect(result).toBe(slotVirt(capture.profile, number) + (step.values[0]! & 0xfffn));
    }
  });

  it('agree on which entries of level2_kernel_pgt are not zero outside the image', () => {
    const table = pfnOf(paOf(capture.profile, capture.profile.symbols['level2_kernel_pgt']!)!);
    const { state } = given(capture.profile).when(boot);
    const [text, end] = [capture.profile.symbols['_text']!, capture.profile.symbols['_end']!];
    const inImage = (index: number): boolean => {
      const start = capture.profile.startKernelMap + (BigInt(index) << 21n);
      return start + 0x1f_ffffn >= text && start < end;
    };
    // cleanup_highmap() clears what is neither 0 nor part of the image.
    const cleared = capture.records.filter((record) => record.fn === 'native_set_pmd' && record.stack.some((at) => at.startsWith('cleanup_highmap+')));
    const model = Array.from({ length: 512 }, (_, index) => index).filter((index) => state.pages.entry(table, index) !== 0n && !inImage(index));
    const base = pointerTo({ profile: capture.profile } as never, { table, index: 0 });
    const image = capture.profile.symbols['level2_kernel_pgt']!;
    const indices = cleared.map((record) => Number((record.args[0]! >= image ? record.args[0]! - image : record.args[0]! - base) / 8n));
    expect(indices).toEqual(model);
  });
});

describe('the comparison', () => {
  const capture = readCapture('q35-6.1.0-56');
  const steps = stepsOf(capture);
  const clean = simulate(capture);

  it('catches any single value of the capture being another', () => {
    const missed: string[] = [];
    for (const [i, step] of steps.entries()) {
      for (const [at, value] of step.values.entries()) {
        const changed: Step = { fn: step.fn, values: step.values.with(at, value ^ 0x1000n) };
        if (firstDifference(capture, steps.with(i, changed), clean) === undefined) missed.push(`${i} ${step.fn} ${at}`);
      }
    }
    expect(missed).toEqual([]);
  });

  it('catches a call with another argument by what the model then does', () => {
    const missed: string[] = [];
    for (const [i, step] of steps.entries()) {
      if (step.fn !== '__early_ioremap' && step.fn !== 'early_iounmap') continue;
      const changed: Step = { fn: step.fn, values: step.values.with(0, step.values[0]! ^ 0x1000n) };
      const mutated = steps.with(i, changed);
      if (firstDifference(capture, mutated, simulate(capture, mutated)) === undefined) missed.push(`${i} ${step.fn}`);
    }
    expect(missed).toEqual([]);
  });

  it('catches a missing, a further and a swapped step', () => {
    expect(firstDifference(capture, steps.toSpliced(40, 1), clean)).toContain('step 40');
    expect(firstDifference(capture, [...steps, steps[0]!], clean)).toContain('nothing more');
    expect(firstDifference(capture, steps.with(2, steps[3]!).with(3, steps[2]!), clean)).toContain('step 2');
  });

  it('catches a wrong address of bm_pte', () => {
    const moved = { ...capture, profile: { ...capture.profile, symbols: { ...capture.profile.symbols, bm_pte: vaddr(capture.profile.symbols['bm_pte']! + 0x1000n) } } };
    expect(firstDifference(capture, steps, simulate(moved))).toContain('native_set_pmd');
  });
});
