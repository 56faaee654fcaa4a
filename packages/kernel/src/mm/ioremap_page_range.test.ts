import { describe, expect, it } from 'vitest';
import { physAddr, profile, vaddr, type KernelProfile } from '@kwind/x86';
import { checkInvariants, walk, type MachineState } from '@kwind/state';
import { given, type Given } from '@kwind/testkit';
import { ioremapCaller } from '../arch/x86/mm/ioremap_caller.ts';
import { ioremap, ioremapWt, iounmap } from '../arch/x86/mm/ioremap_variants.ts';
import type { KernelContext } from '../context.ts';
import { ioremapPageRange } from './ioremap_page_range.ts';
import { initMmRoot } from './kernel_tables.ts';
import { vmalloc, vmallocInit } from './vmalloc.ts';

const BASE = 0xffff_c900_0000_0000n;
const DEVICE = 0xfed0_0000n;
const p61 = profile('linux-6.1');
const ready = (target: KernelProfile = p61): Given => given(target).booted().with(vmallocInit);
/** The leaf that maps an address in the kernel's own tables. */
const leafAt = (k: KernelContext, address: bigint): bigint => {
  const found = walk(k.view, vaddr(address), physAddr(BigInt(initMmRoot(k)) << 12n));
  return found.kind === 'mapped' ? found.steps.at(-1)!.entry : 0n;
};

describe('large pages', () => {
  it('are used where range, address and physical address allow', () => {
    const { state } = ready()
      .when((k) => ioremap(k, 0xfea0_0000n, 0x20_0000n))
      .thenAmongFacts('pmd.written')
      .thenReturns(BASE)
      .when((k) => expect(leafAt(k, BASE)).toBe(0x8000_0000_fea0_01f3n));
    expect(checkInvariants(state)).toEqual([]);
  });

  it('are not used for a physical address that is not aligned, nor for what is left over', () => {
    ready()
      .with((k) => ioremap(k, 0xfea0_1000n, 0x20_0000n))
      .when((k) => expect(leafAt(k, BASE)).toBe(0x8000_0000_fea0_1173n));
    const { facts } = ready().when((k) => ioremap(k, 0xfe80_0000n, 0x40_3000n));
    expect(facts.filter((fact) => fact.type === 'pmd.written')).toHaveLength(2);
    expect(facts.filter((fact) => fact.type === 'pte.written')).toHaveLength(3);
  });

  it('are of 1 GiB on a CPU that has them', () => {
    const with1G = profile('linux-6.1', ['gbpages=y']);
    ready(with1G)
      .with((k) => ioremap(k, 0x1_0000_0000n, 0x4000_0000n))
      .when((k) => expect(leafAt(k, BASE)).toBe(0x8000_0001_0000_01f3n));
    const { facts } = ready().when((k) => ioremap(k, 0x1_0000_0000n, 0x4000_0000n));
    expect(facts.filter((fact) => fact.type === 'pmd.written')).toHaveLength(512);
  });

  it('have the PAT bit of write-through at bit 12', () => {
    ready()
      .with((k) => ioremapWt(k, 0xfea0_0000n, 0x20_0000n))
      .when((k) => expect(leafAt(k, BASE)).toBe(0x8000_0000_fea0_11fbn));
  });

  it('take the place of an empty table, which goes after a flush; 4.4 stable frees it without one', () => {
    const again = (target: KernelProfile): Given =>
      ready(target).with((k) => {
        for (let page = 0n; page < 4n; page++)
          ioremapCaller(k, DEVICE, 0x1000n, 'UC-', { at: vaddr(BASE + 0x20_0000n + page * 0x2000n) });
        for (let page = 0n; page < 4n; page++) iounmap(k, BASE + 0x20_0000n + page * 0x2000n);
      });
    const map = (k: KernelContext): bigint | null =>
      ioremapCaller(k, 0xfea0_0000n, 0x20_0000n, 'UC-', { at: vaddr(BASE + 0x20_0000n) });
    const stores = (then: { readonly facts: readonly { readonly type: string }[] }): string[] =>
      then.facts.map((fact) => fact.type).filter((type) => /^(pmd|tlb)\./.test(type));
    expect(stores(again(p61).when(map))).toEqual(['pmd.written', 'tlb.page-flushed', 'pmd.written']);
    expect(stores(again(profile('linux-4.4')).when(map))).toEqual(['pmd.written', 'pmd.written']);
    expect(stores(again(profile('linux-4.14')).when(map))).toEqual(['pmd.written']);
  });

  it('go again as a whole', () => {
    ready()
      .with((k) => ioremap(k, 0xfea0_0000n, 0x20_0000n))
      .when((k) => iounmap(k, BASE))
      .thenAmongFacts('pmd.written', 'area.released')
      .thenNoFact('pte.written');
  });
});

describe('ioremap_page_range', () => {
  const at = (offset: bigint): ReturnType<typeof vaddr> => vaddr(BASE + offset);
  const prot = 0x8000_0000_0000_0173n;

  it('maps anywhere in 6.1, and a page that is mapped already is a BUG', () => {
    ready()
      .when((k) => ioremapPageRange(k, at(0n), at(0x1000n), DEVICE, 0x173n))
      .thenReturns(0n)
      .when((k) => expect(leafAt(k, BASE)).toBe(DEVICE | prot))
      .when((k) => ioremapPageRange(k, at(0n), at(0x1000n), DEVICE, prot))
      .thenFacts('bug.raised vmap_pte_range')
      .thenReturns(BigInt.asUintN(64, -12n));
  });

  it('maps only whole areas of ioremap in 6.12, warning once', () => {
    const target = ready(profile('linux-6.12')).with((k) => [vmalloc(k, 0x1000n), ioremap(k, DEVICE, 0x2000n)]);
    target
      .when((k) => ioremapPageRange(k, at(0n), at(0x1000n), DEVICE, prot))
      .thenAmongFacts('warn.raised ioremap_page_range vm_area at addr ffffc90000000000 is not marked as VM_IOREMAP')
      .thenReturns(BigInt.asUintN(64, -22n));
    target
      .when((k) => ioremapPageRange(k, at(0x2000n), at(0x3000n), DEVICE, prot))
      .thenAmongFacts(
        "warn.raised ioremap_page_range ioremap request [ffffc90000002000,ffffc90000003000) doesn't match vm_area [ffffc90000002000, ffffc90000004000)",
      )
      .thenReturns(BigInt.asUintN(64, -34n))
      .when((k) => ioremapPageRange(k, at(0x2000n), at(0x3000n), DEVICE, prot))
      .thenFacts();
  });
});

describe('the tables of the vmalloc area', () => {
  it('are made on demand from the root down, before their entries', () => {
    ready()
      .when((k) => ioremap(k, DEVICE, 0x1000n))
      .thenAmongFacts(
        'table.allocated',
        'pgd.populated init_top_pgt[402]',
        'table.allocated',
        'pud.populated',
        'table.allocated',
        'pmd.populated',
        'pte.written',
      );
  });

  it('have a p4d with 5 levels', () => {
    const deep = profile('linux-6.1', ['la57=y']);
    ready(deep)
      .when((k) => ioremap(k, DEVICE, 0x1000n))
      .thenAmongFacts(
        'pgd.populated init_top_pgt[416]',
        'p4d.populated',
        'pud.populated',
        'pmd.populated',
        'pte.written',
      )
      .thenReturns(deep.vmallocStart)
      .thenState((state: MachineState) => checkInvariants(state).length === 0);
  });

  it('have no global entries under page-table isolation', () => {
    ready(profile('linux-6.1', ['pti=y']))
      .with((k) => ioremap(k, DEVICE, 0x1000n))
      .when((k) => expect(leafAt(k, BASE)).toBe(0x8000_0000_fed0_0073n));
  });
});
