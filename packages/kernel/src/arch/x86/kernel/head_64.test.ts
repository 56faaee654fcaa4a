import { describe, expect, it } from 'vitest';
import {
  paOf,
  pfnOf,
  profile,
  profileNames,
  symbolAt,
  vaddr,
  vaOfPhys,
  type KernelProfile,
  physAddr,
} from '@kwind/x86';
import { checkInvariants, walk, type MachineState } from '@kwind/state';
import { given } from '@kwind/testkit';
import { load, store } from '../../../cpu/mmu.ts';
import { loadPgd } from '../mm/tlb.ts';
import { startup64 } from './head_64.ts';
import { resetEarlyPageTables, x86StartKernel } from './head64.ts';

const started = (target: KernelProfile) => given(target).with(startup64).when(x86StartKernel);
const frame = (target: KernelProfile, name: string, page = 0n): number =>
  pfnOf(paOf(target, vaddr(target.symbols[name]! + page * 4096n))!);
const entry = (state: MachineState, name: string, index: number): bigint =>
  state.pages.entry(frame(state.profile, name), index);
const link = (target: KernelProfile, name: string, bits: bigint, page = 0n): bigint =>
  (BigInt(frame(target, name, page)) << 12n) | bits;

describe.each(profileNames)('the tables that C code finds in %s', (name) => {
  const target = profile(name);
  const { state } = started(target);

  it('hang together', () => {
    expect(checkInvariants(state)).toEqual([]);
    for (const table of state.pages.tables()) expect(state.pages.info(table)!.name).not.toBe('');
  });

  it('have one entry in each root, the same, so that all below is shared', () => {
    const used = (root: string): number[] =>
      Array.from({ length: 512 }, (_, i) => i).filter((i) => entry(state, root, i) !== 0n);
    expect(used(target.earlyRoot)).toEqual([511]);
    expect(used(target.finalRoot)).toEqual([511]);
    expect(entry(state, target.finalRoot, 511)).toBe(link(target, 'level3_kernel_pgt', 0x67n));
    expect(entry(state, target.earlyRoot, 511)).toBe(entry(state, target.finalRoot, 511));
  });

  it('link the image without USER and the fixmap with it', () => {
    expect(entry(state, 'level3_kernel_pgt', 510)).toBe(link(target, 'level2_kernel_pgt', 0x63n));
    expect(entry(state, 'level3_kernel_pgt', 511)).toBe(link(target, 'level2_fixmap_pgt', 0x67n));
  });

  it('map the image by executable 2 MiB pages from _text to _end', () => {
    for (const symbol of ['_text', 'bm_pte', '_end']) {
      const address = target.symbols[symbol]!;
      expect(walk(state, address)).toMatchObject({
        kind: 'mapped',
        phys: paOf(target, address),
        pageSize: 0x20_0000n,
        effective: { writable: true, noExec: false },
      });
    }
  });

  it('fill level2_fixmap_pgt at 506 up to 4.14, at 506 and 507 from 4.19 on, and leave 505 and 508 to 511 empty', () => {
    const expected =
      target.fixmapPmdNum === 1
        ? { 506: link(target, 'level1_fixmap_pgt', 0x67n) }
        : { 506: link(target, 'level1_fixmap_pgt', 0x67n), 507: link(target, 'level1_fixmap_pgt', 0x67n, 1n) };
    const found = Object.fromEntries(
      Array.from({ length: 512 }, (_, i) => [i, entry(state, 'level2_fixmap_pgt', i)] as const).filter(
        ([, value]) => value !== 0n,
      ),
    );
    expect(found).toEqual(expected);
  });

  it('are under the early root, with the registers of this kernel', () => {
    expect(symbolAt(target, vaddr(state.control.registers['cr3']! - target.physBase + target.startKernelMap))).toBe(
      target.earlyRoot,
    );
    expect(state.control.registers).toMatchObject({ cr0: target.cr0, cr4: target.cr4, efer: target.efer });
    expect(state.control.phase).toBe('x86_64_start_kernel');
  });
});

describe('level2_kernel_pgt', () => {
  const present = (target: KernelProfile): number => {
    const { state } = started(target);
    return Array.from({ length: 512 }, (_, i) => entry(state, 'level2_kernel_pgt', i)).filter(
      (value) => (value & 1n) !== 0n,
    ).length;
  };

  it.each([
    ['linux-insides', [], 256],
    ['linux-4.4', [], 512],
    ['linux-4.19', [], 512],
    ['linux-6.1', [], 21],
  ])('has in %s %s %i pages present: all of the area of the image, in 6.x the image alone', (name, options, count) => {
    expect(present(profile(name, options))).toBe(count);
  });

  it('keeps in 6.x the other bits of what lies outside the image', () => {
    const { state } = started(profile('linux-6.1'));
    expect(entry(state, 'level2_kernel_pgt', 0)).toBe(0x1e2n);
    expect(entry(state, 'level2_kernel_pgt', 511)).toBe(0x3fe0_01e2n);
    expect(entry(state, 'level2_kernel_pgt', 8)).toBe(0x100_01e3n);
  });

  it('is relocated with the image', () => {
    const { state } = started(profile('linux-6.1', ['phys_base=0x10000000']));
    expect(entry(state, 'level2_kernel_pgt', 8)).toBe(0x1100_01e3n);
    expect(entry(state, 'level3_kernel_pgt', 510)).toBe(0x12a1_6063n);
    expect(state.control.variables['phys_base']).toBe(0x1000_0000n);
    expect(state.control.registers['cr3']).toBe(0x130b_6000n);
  });

  it('serves an image that KASLR moved, virtually and in memory apart', () => {
    const target = profile('linux-6.1', ['kaslr=0x1c000000', 'phys_base=0x3000000']);
    const { state } = started(target);
    expect(walk(state, target.symbols['_text']!)).toMatchObject({
      kind: 'mapped',
      phys: paOf(target, target.symbols['_text']!),
    });
    expect(checkInvariants(state)).toEqual([]);
  });
});

describe('five levels', () => {
  const target = profile('linux-6.1', ['la57=y']);

  it('put level4_kernel_pgt between the root and level3_kernel_pgt', () => {
    const { state } = started(target);
    expect(entry(state, 'early_top_pgt', 511)).toBe(link(target, 'level4_kernel_pgt', 0x67n));
    expect(entry(state, 'level4_kernel_pgt', 511)).toBe(link(target, 'level3_kernel_pgt', 0x67n));
    expect(entry(state, 'init_top_pgt', 511)).toBe(link(target, 'level4_kernel_pgt', 0x67n));
    expect(walk(state, target.symbols['_text']!)).toMatchObject({ kind: 'mapped', phys: 0x100_0000n });
    expect(state.control.registers['cr4']! & (1n << 12n)).not.toBe(0n);
  });

  it('reach the direct map through four spare tables', () => {
    const then = given(target)
      .with(startup64)
      .with(x86StartKernel)
      .when((k) => load(k, vaOfPhys(target, physAddr(0x1234n))));
    then.thenAmongFacts(
      'table.allocated early_dynamic_pgts p4d',
      'table.allocated early_dynamic_pgts+0x1000 pud',
      'table.allocated early_dynamic_pgts+0x2000 pmd',
      'memory.loaded 0x1234 walk',
    );
  });
});

describe('CR4.PGE', () => {
  const writes = (name: string): readonly string[] =>
    given(profile(name))
      .when(startup64)
      .lines()
      .filter((line) => line.startsWith('cr'));

  it('comes with the other bits in older kernels', () => {
    expect(writes('linux-4.19')).toEqual(['cr4.written 0x0 0xa0', 'cr3.loaded 0x0 0x2482000']);
  });
  it('is toggled once in 6.1, after CR3', () => {
    expect(writes('linux-6.1')).toEqual([
      'cr4.written 0x0 0xa0',
      'cr3.loaded 0x0 0x30b6000',
      'cr4.written 0xa0 0x20',
      'cr4.written 0x20 0xa0',
    ]);
  });
  it('comes only after CR3 in 6.12', () => {
    expect(writes('linux-6.12')).toEqual(['cr4.written 0x0 0x30', 'cr3.loaded 0x0 0x3736000', 'cr4.written 0x30 0xb0']);
  });
  it('stays off in 4.4 stable', () => {
    expect(writes('linux-4.4')).toEqual(['cr4.written 0x0 0x30', 'cr3.loaded 0x0 0x1f64000']);
  });
});

describe('the direct map before init_mem_mapping', () => {
  const target = profile('linux-6.1');
  const booted = () => given(target).booted();
  const direct = (phys: bigint) => vaOfPhys(target, physAddr(phys));

  it('is filled by the early fault handler, 2 MiB at a time, neither global nor NX', () => {
    booted()
      .when((k) => store(k, direct(0x2a17fc8n)))
      .thenFacts(
        'fault.raised store 0xffff888002a17fc8 error 2 pgd entry not present',
        'variable.set next_early_pgt 0x0 0x1',
        'table.allocated early_dynamic_pgts pud',
        'pgd.populated early_top_pgt[273] 0x0 -> 0x30b8063',
        'variable.set next_early_pgt 0x1 0x2',
        'table.allocated early_dynamic_pgts+0x1000 pmd',
        'pud.populated early_dynamic_pgts[0] 0x0 -> 0x30b9063',
        'pmd.written early_dynamic_pgts+0x1000[21] 0x0 -> 0x2a000e3',
        'tlb.filled 0xffff888002a00000 0x2a00000 0x200000 0xe3',
        'memory.stored 0x2a17fc8 walk',
      )
      .when((k) => load(k, direct(0x2a00000n)))
      .thenFacts('memory.loaded 0x2a00000 tlb');
  });

  it('shares tables with what is mapped already', () => {
    booted()
      .with((k) => load(k, direct(0n)))
      .when((k) => load(k, direct(0x20_0000n)))
      .thenNoFact('table.allocated')
      .thenAmongFacts('pmd.written early_dynamic_pgts+0x1000[1]', 'memory.loaded 0x200000');
  });

  it('starts over when the 64 spare tables are used up', () => {
    const then = booted().when((k) => {
      for (let gib = 0n; gib < 64n; gib++) load(k, direct(gib << 30n));
    });
    then.thenAmongFacts(
      'call.entered reset_early_page_tables()',
      'pgd.written early_top_pgt[273]',
      'variable.set next_early_pgt 0x40 0x0',
      'cr3.loaded',
      'pgd.populated early_top_pgt[273]',
    );
    expect(checkInvariants(then.state)).toEqual([]);
    expect(then.facts.filter((fact) => fact.type === 'memory.loaded')).toHaveLength(64);
  });

  it('is not served outside the direct map, nor under the final root', () => {
    booted()
      .when((k) => load(k, vaddr(0n)))
      .thenFacts('fault.raised load 0x0 error 0 pgd entry not present');
    booted()
      .when((k) => load(k, vaddr(0xffff_c900_0000_0000n)))
      .thenNoFact('call.entered early_make_pgtable');
    booted()
      .with((k) => loadPgd(k, target.symbols['init_top_pgt']!))
      .when((k) => load(k, direct(0x1000n)))
      .thenFacts('fault.raised load 0xffff888000001000 error 0 pgd entry not present');
  });

  it('is emptied by reset_early_page_tables, which leaves the last entry', () => {
    booted()
      .with((k) => load(k, direct(0n)))
      .when(resetEarlyPageTables)
      .thenFacts(
        'pgd.written early_top_pgt[273]',
        'variable.set next_early_pgt 0x2 0x0',
        'cr3.loaded 0x30b6000 0x30b6000',
        'tlb.flushed non-global cr3',
      )
      .thenState((state) => entry(state, 'early_top_pgt', 511) !== 0n);
  });
});
