import { describe, expect, it } from 'vitest';
import { profile, profileNames, vaddr, type KernelProfile } from '@kwind/x86';
import { given } from '@kwind/testkit';
import type { KernelContext } from '../../../context.ts';
import { load } from '../../../cpu/mmu.ts';
import { earlyIoremap } from '../../../mm/early_ioremap.ts';
import { findKernelFunction } from '../../../functions.ts';
import {
  flushAll,
  flushGlobal,
  flushLocal,
  flushOneKernel,
  flushTlbKernelRange,
  loadPgd,
  writeCr3,
  writeCr4,
} from './tlb.ts';

const p61 = profile('linux-6.1');
/** A machine with one early mapping and its translation cached. */
const cached = (target: KernelProfile = p61) =>
  given(target)
    .booted()
    .with((k) => load(k, earlyIoremap(k, 0xf0000n, 1n)!));
const nrCached = (state: { control: { tlb: object } }): number => Object.keys(state.control.tlb).length;

describe('the one-page flush', () => {
  it.each([
    ['linux-insides', '__flush_tlb_one'],
    ['linux-4.14', '__flush_tlb_one'],
    ['linux-4.19', '__flush_tlb_one_kernel'],
    ['linux-6.1', 'flush_tlb_one_kernel'],
  ])('is in %s called %s and ends in invlpg', (name, fn) => {
    const then = cached(profile(name)).when((k) => flushOneKernel(k, k.view.control.slots[0]!.virt));
    then.thenAmongFacts(`call.entered ${fn}`, 'tlb.page-flushed').thenState((state) => nrCached(state) === 0);
    expect(then.lines()[0]).toMatch(/invlpg$/);
  });

  it('drops a global translation', () => {
    cached()
      .when((k) => flushOneKernel(k, vaddr(0xffff_ffff_ff20_0000n)))
      .thenState((state) => nrCached(state) === 0);
  });

  it('reloads CR3 instead on a CPU without invlpg, and the global translation stays', () => {
    const legacy = profile('linux-insides', ['cpu_has_invlpg=0']);
    const then = cached(legacy).when((k) => flushOneKernel(k, k.view.control.slots[0]!.virt));
    then
      .thenFacts('cr3.loaded 0x1f80000 0x1f80000', 'tlb.flushed non-global cr3')
      .thenState((state) => nrCached(state) === 1);
  });

  it('has every name it had in any kernel, and says what the others call it', () => {
    const names = [
      '__flush_tlb_one',
      '__flush_tlb_single',
      '__flush_tlb_one_kernel',
      'flush_tlb_one_kernel',
      'native_flush_tlb_one_user',
    ];
    for (const name of profileNames)
      expect(names.some((fn) => findKernelFunction(fn)!.missing!({ profile: profile(name) }) === undefined)).toBe(true);
    expect(findKernelFunction('__flush_tlb_one')!.missing!({ profile: p61 })).toBe(
      'linux-6.1 calls it flush_tlb_one_kernel().',
    );
  });
});

describe('the flush of what is not global', () => {
  it('writes CR3 with its own value: an early mapping stays cached', () => {
    cached()
      .when(flushLocal)
      .thenFacts('cr3.loaded 0x30b6000 0x30b6000', 'tlb.flushed non-global cr3')
      .thenState((state) => nrCached(state) === 1);
  });

  it('drops the early mapping in 4.4 stable, where CR4.PGE is still off', () => {
    cached(profile('linux-4.4'))
      .when(flushLocal)
      .thenAmongFacts('tlb.flushed all cr3')
      .thenState((state) => nrCached(state) === 0);
  });
});

describe('the global flush', () => {
  it('turns CR4.PGE off and on, and each drops everything', () => {
    cached()
      .when(flushGlobal)
      .thenFacts('cr4.written 0xa0 0x20', 'tlb.flushed all cr4', 'cr4.written 0x20 0xa0', 'tlb.flushed all cr4')
      .thenState((state) => nrCached(state) === 0);
  });

  it('reloads CR3 where PGE is off', () => {
    cached(profile('linux-4.4')).when(flushGlobal).thenFacts('cr3.loaded', 'tlb.flushed all cr3');
  });

  it('is what __flush_tlb_all() does', () => {
    cached()
      .when(flushAll)
      .thenAmongFacts('call.entered __flush_tlb_all()', 'call.entered native_flush_tlb_global()')
      .thenState((state) => nrCached(state) === 0);
  });
});

describe('flush_tlb_kernel_range', () => {
  const range = (pages: bigint) =>
    cached().when((k) =>
      flushTlbKernelRange(k, vaddr(0xffff_ffff_ff20_0000n), vaddr(0xffff_ffff_ff20_0000n + pages * 0x1000n)),
    );

  it('flushes page by page up to 33 pages', () => {
    expect(
      range(33n)
        .lines()
        .filter((line) => line.startsWith('tlb.page-flushed')),
    ).toHaveLength(33);
  });

  it('flushes everything from 34 pages on, and for the range that means everything', () => {
    range(34n).thenAmongFacts('call.entered __flush_tlb_all').thenNoFact('tlb.page-flushed');
    cached()
      .when((k) => flushTlbKernelRange(k, vaddr(0n), vaddr(0xffff_ffff_ffff_ffffn)))
      .thenNoFact('tlb.page-flushed');
  });

  it('does nothing for an empty range', () => {
    range(0n).thenFacts();
  });
});

describe('control registers', () => {
  it('load_cr3 takes a kernel address, write_cr3 a physical one', () => {
    cached()
      .when((k) => loadPgd(k, k.profile.symbols['init_top_pgt']!))
      .thenFacts('cr3.loaded 0x30b6000 0x2a10000', 'tlb.flushed non-global cr3');
    cached()
      .when((k) => writeCr3(k, 0x2a10000n))
      .thenFacts('cr3.loaded 0x30b6000 0x2a10000', 'tlb.flushed non-global cr3');
  });

  it('an early mapping survives the switch of the root that init_mem_mapping() makes, and not the flush after it', () => {
    const switched = cached().with((k: KernelContext) => loadPgd(k, k.profile.symbols['init_top_pgt']!));
    switched.when((k) => load(k, vaddr(0xffff_ffff_ff20_0000n))).thenAmongFacts('memory.loaded 0xf0000 tlb');
    switched.when(flushAll).thenState((state) => nrCached(state) === 0);
  });

  it('CR4 drops everything only when a bit changes that matters to translation', () => {
    cached()
      .when((k) => writeCr4(k, 0xa0n | (1n << 9n)))
      .thenFacts('cr4.written')
      .thenState((state) => nrCached(state) === 1);
    cached()
      .when((k) => writeCr4(k, 0x20n))
      .thenFacts('cr4.written', 'tlb.flushed all cr4');
    cached()
      .when((k) => writeCr4(k, 0xa0n | (1n << 20n)))
      .thenFacts('cr4.written', 'tlb.flushed all cr4');
  });
});
