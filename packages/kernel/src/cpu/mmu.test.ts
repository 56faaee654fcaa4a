import { describe, expect, it } from 'vitest';
import { profile, vaddr, type KernelProfile } from '@kwind/x86';
import { tlbEntries } from '@kwind/state';
import { given, plantTables } from '@kwind/testkit';
import { setEntry } from '../arch/x86/include/pgtable.ts';
import { flushLocal } from '../arch/x86/mm/tlb.ts';
import { bmPteFrame } from '../arch/x86/mm/ioremap.ts';
import type { KernelContext } from '../context.ts';
import { earlyIoremap, earlyIounmap, earlyMemremapRo } from '../mm/early_ioremap.ts';
import { fetchInstruction, load, store } from './mmu.ts';
import { CR0_WP, loadCr3, register } from './tlb.ts';

const p61 = profile('linux-6.1');
const SLOT0 = vaddr(0xffff_ffff_ff20_0000n);

/** A root of its own with what a drawing shows, paging on as in a booted kernel. */
const drawn = (drawing: string, target: KernelProfile = p61) =>
  given(target)
    .booted()
    .with((k) => loadCr3(k, 0x50_0000n))
    .with((k) => plantTables(k, drawing));
const one = (flags: string) => drawn(`pgd[0] -> pud[0] -> pmd[0] -> pte[1] = 0x123 ${flags}`);
const at = (run: (k: KernelContext, address: never) => unknown, address: bigint) => (k: KernelContext) =>
  run(k, vaddr(address) as never);
const mapped = () =>
  given(p61)
    .booted()
    .with((k) => earlyIoremap(k, 0xf0000n, 0x1000n));

describe('a load', () => {
  it('walks, caches and reads; the next one is served by the TLB', () => {
    mapped()
      .when(at(load, SLOT0 + 0x123n))
      .thenFacts('tlb.filled 0xffffffffff200000 0xf0000 0x1000 0x8000000000000163', 'memory.loaded 0xf0123 walk')
      .thenReturns(0xf0123n)
      .when(at(load, SLOT0 + 0x456n))
      .thenFacts('memory.loaded 0xf0456 tlb');
  });

  it('sets Accessed at every level that lacks it, from the root down, and never Dirty', () => {
    one('RW')
      .when(at(load, 0x1000n))
      .thenFacts(
        'pte.written 0x1002000[1] 0x123003 -> 0x123023',
        'tlb.filled 0x1000 0x123000 0x1000 0x23',
        'memory.loaded 0x123000 walk',
      );
    const bare = drawn('pgd[0] -> pud[0] -> pmd[0] -> pte[1] = 0x123 RW A').with((k) =>
      setEntry(k, 'pgd', 0x500, 0, 0x100_0003n),
    );
    bare
      .when(at(load, 0x1000n))
      .thenFacts('pgd.populated 0x500000[0] 0x1000003 -> 0x1000023', 'tlb.filled', 'memory.loaded');
  });

  it('writes nothing back for a kernel mapping, which presets both bits', () => {
    mapped().when(at(store, SLOT0)).thenNoFact('pte.written');
  });
});

describe('a store', () => {
  it('sets Accessed and Dirty in the leaf at once', () => {
    one('RW')
      .when(at(store, 0x1000n))
      .thenFacts(
        'pte.written 0x1002000[1] 0x123003 -> 0x123063',
        'tlb.filled 0x1000 0x123000 0x1000 0x63',
        'memory.stored 0x123000 walk',
      );
  });

  it('leaves Dirty alone in the entries above the leaf', () => {
    one('RW')
      .with((k) => setEntry(k, 'pud', 0x1000, 0, 0x100_1003n))
      .when(at(store, 0x1000n))
      .thenAmongFacts(
        'pud.populated 0x1000000[0] 0x1001003 -> 0x1001023',
        'pte.written 0x1002000[1] 0x123003 -> 0x123063',
      );
  });

  it('walks again when the page is cached without Dirty, and sets it', () => {
    one('RW A')
      .with(at(load, 0x1000n))
      .when(at(store, 0x1008n))
      .thenFacts(
        'pte.written 0x1002000[1] 0x123023 -> 0x123063',
        'tlb.filled 0x1000 0x123000 0x1000 0x63',
        'memory.stored 0x123008 walk',
      )
      .when(at(store, 0x1008n))
      .thenFacts('memory.stored 0x123008 tlb');
  });

  it('meets by that walk what the tables say now: another frame, or nothing', () => {
    const cachedClean = one('RW A').with(at(load, 0x1000n));
    cachedClean
      .with((k) => setEntry(k, 'pte', 0x1002, 1, 0x777003n))
      .when(at(store, 0x1000n))
      .thenAmongFacts('memory.stored 0x777000 walk');
    one('RW A')
      .with(at(load, 0x1000n))
      .with((k) => setEntry(k, 'pte', 0x1002, 1, 0n))
      .when(at(store, 0x1000n))
      .thenAmongFacts('fault.raised store 0x1000 error 2', 'tlb.evicted');
  });

  it('leaves one entry when the page became a large one meanwhile', () => {
    const then = one('RW A')
      .with(at(load, 0x1000n))
      .with((k) => setEntry(k, 'pmd', 0x1001, 0, 0xe3n))
      .when(at(store, 0x1000n));
    then.thenAmongFacts('tlb.evicted 0x1000 walked again for Dirty', 'tlb.filled 0x0 0x0 0x200000');
    expect(tlbEntries(then.state)).toHaveLength(1);
  });

  it('to a read-only page faults with P and W, and drops what was cached of the address', () => {
    const readOnly = given(p61)
      .booted()
      .with((k) => earlyMemremapRo(k, 0xf0000n, 1n));
    readOnly
      .when(at(store, SLOT0))
      .thenFacts('fault.raised store 0xffffffffff200000 error 3 read-only page')
      .thenReturns(null);
    readOnly
      .with(at(load, SLOT0))
      .when(at(store, SLOT0))
      .thenFacts('fault.raised store 0xffffffffff200000 error 3', 'tlb.evicted 0xffffffffff200000 fault');
  });

  it('to a read-only page goes through while CR0.WP is off', () => {
    given(p61)
      .booted()
      .with((k) => earlyMemremapRo(k, 0xf0000n, 1n))
      .with((k) =>
        k.emit({
          type: 'register.written',
          name: 'cr0',
          before: register(k, 'cr0'),
          after: register(k, 'cr0') & ~CR0_WP,
        }),
      )
      .when(at(store, SLOT0))
      .thenAmongFacts('memory.stored 0xf0000');
  });

  it('needs RW at every level, not only in the leaf', () => {
    drawn('pgd[0] -> pud[0] -> pmd[0] -> pte[1] = 0x123 RW A D')
      .with((k) => setEntry(k, 'pud', 0x1000, 0, 0x100_1021n))
      .when(at(store, 0x1000n))
      .thenFacts('fault.raised store 0x1000 error 3 read-only page');
  });
});

describe('a fetch', () => {
  it('from a page with NX at any level faults with P and I', () => {
    mapped()
      .when(at(fetchInstruction, SLOT0))
      .thenFacts('fault.raised fetch 0xffffffffff200000 error 17 no-execute page');
    one('A')
      .with((k) => setEntry(k, 'pmd', 0x1001, 0, 0x8000_0000_0100_2063n))
      .when(at(fetchInstruction, 0x1000n))
      .thenFacts('fault.raised fetch 0x1000 error 17');
  });

  it('from kernel text goes through', () => {
    given(p61)
      .booted()
      .when(at(fetchInstruction, p61.symbols['_text']!))
      .thenAmongFacts('tlb.filled 0xffffffff81000000 0x1000000 0x200000', 'memory.loaded 0x1000000 walk');
  });
});

describe('a page fault', () => {
  it.each([
    ['load', load, 0],
    ['store', store, 2],
    ['fetch', fetchInstruction, 16],
  ] as const)('of a %s of nothing carries its own bits and no P', (kind, run, error) => {
    given(p61)
      .booted()
      .when(at(run, SLOT0))
      .thenFacts(`fault.raised ${kind} 0xffffffffff200000 error ${error} pte entry not present`)
      .thenReturns(null);
  });

  it.each([
    ['frame bits beyond the CPU', 'RW A +0x10000000000000', 9],
    ['a reserved bit met by a store', 'RW A +0x8000000000000', 9],
  ])('for reserved bits has P and RSVD: %s', (_, flags, error) => {
    one(flags)
      .when(at(load, 0x1000n))
      .thenState(() => true);
    one('RW A +0x8000000000000')
      .when(at(load, 0x1000n))
      .thenFacts(`fault.raised load 0x1000 error ${error} reserved bits in the pte entry`);
  });

  it('for reserved bits: NX while EFER.NXE is off, PSE in a pgd entry, low frame bits of a large page', () => {
    one('A NX')
      .with((k) => k.emit({ type: 'register.written', name: 'efer', before: register(k, 'efer'), after: 0x501n }))
      .when(at(load, 0x1000n))
      .thenFacts('fault.raised load 0x1000 error 9 reserved bits in the pte entry');
    drawn('pgd[0] = 0x1000 RW PSE')
      .when(at(load, 0x1000n))
      .thenFacts('fault.raised load 0x1000 error 9 reserved bits in the pgd entry');
    drawn('pgd[0] -> pud[0] -> pmd[0] = 0x3 RW PSE')
      .when(at(store, 0x1000n))
      .thenFacts('fault.raised store 0x1000 error 11 reserved bits in the pmd entry');
  });

  it('is never cached: a page that becomes present is read without a flush', () => {
    one('not-present')
      .with(at(load, 0x1000n))
      .with((k) => setEntry(k, 'pte', 0x1002, 1, 0x123063n))
      .when(at(load, 0x1000n))
      .thenAmongFacts('memory.loaded 0x123000 walk');
  });

  it('on an address that is not canonical is a general protection', () => {
    given(p61)
      .booted()
      .when(at(load, 0x8000_0000_0000_0000n))
      .thenFacts('fault.raised load 0x8000000000000000 error 0 address not canonical (#GP)');
    given(profile('linux-6.1', ['la57=y']))
      .booted()
      .when(at(load, 0x00ff_8000_0000_0000n))
      .thenFacts('fault.raised load 0xff800000000000 error 0 pgd entry not present');
  });
});

describe('a large page', () => {
  it('is cached whole, from a pmd or a pud entry, and its PAT bit is no address bit', () => {
    drawn('pgd[0] -> pud[0] -> pmd[1] = 0x800 RW A D PSE')
      .when(at(load, 0x2f_ffffn))
      .thenFacts('tlb.filled 0x200000 0x800000 0x200000 0xe3', 'memory.loaded 0x8fffff walk')
      .when(at(load, 0x20_0000n))
      .thenFacts('memory.loaded 0x800000 tlb');
    drawn('pgd[0] -> pud[1] = 0x40001 RW A D PSE')
      .when(at(load, 0x4123_4567n))
      .thenFacts('tlb.filled 0x40000000 0x40000000 0x40000000 0x10e3', 'memory.loaded 0x41234567 walk');
  });

  it('gets its Dirty in the entry that maps it', () => {
    drawn('pgd[0] -> pud[0] -> pmd[1] = 0x800 RW PSE')
      .when(at(store, 0x20_0000n))
      .thenFacts('pmd.written 0x1001000[1] 0x800083 -> 0x8000e3', 'tlb.filled', 'memory.stored');
  });
});

describe('a stale translation', () => {
  const changed = (after: bigint) =>
    mapped()
      .with(at(load, SLOT0))
      .with((k) => setEntry(k, 'pte', bmPteFrame(k), 0, after));

  it('is used, and the load says so, until its page is flushed', () => {
    changed(0x8000_0000_000e_0163n).when(at(load, SLOT0)).thenFacts('memory.loaded 0xf0000 tlb stale');
    changed(0n).when(at(load, SLOT0)).thenFacts('memory.loaded 0xf0000 tlb stale');
  });

  it('is not stale for Accessed and Dirty alone', () => {
    changed(0x8000_0000_000f_0103n).when(at(load, SLOT0)).thenFacts('memory.loaded 0xf0000 tlb');
  });

  it('outlives a CR3 write when it is global: the flush of the tutorial would not do', () => {
    changed(0n)
      .with((k) => flushLocal(k))
      .when(at(load, SLOT0))
      .thenFacts('memory.loaded 0xf0000 tlb stale');
  });

  it('cannot be seen after early_iounmap, which flushes every page', () => {
    mapped()
      .with(at(load, SLOT0))
      .with((k) => earlyIounmap(k, SLOT0, 0x1000n))
      .when(at(load, SLOT0))
      .thenFacts('fault.raised load 0xffffffffff200000 error 0 pte entry not present');
  });

  it('is what early_iounmap leaves behind without invlpg: the window reads freed memory', () => {
    given(profile('linux-insides', ['cpu_has_invlpg=0']))
      .booted()
      .with((k) => load(k, earlyIoremap(k, 0xf0000n, 1n)!))
      .with((k) => earlyIounmap(k, k.view.control.slots[0]!.prevMap, 1n))
      .when((k) => load(k, k.view.control.slots[0]!.virt))
      .thenFacts('memory.loaded 0xf0000 tlb stale');
  });
});
