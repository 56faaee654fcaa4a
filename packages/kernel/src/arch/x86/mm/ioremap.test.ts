import { describe, expect, it } from 'vitest';
import {
  fixToVirtUnchecked,
  indexAt,
  pfnOf,
  physAddr,
  profile,
  profileNames,
  vaddr,
  type KernelProfile,
} from '@kwind/x86';
import { walk } from '@kwind/state';
import { given } from '@kwind/testkit';
import type { KernelContext } from '../../../context.ts';
import { pmdPopulateKernel, placeAt, pointerTo } from '../include/pgalloc.ts';
import { symbolFrame } from '../kernel/symbols.ts';
import { startup64 } from '../kernel/head_64.ts';
import { x86StartKernel } from '../kernel/head64.ts';
import { setVariable } from '../../../variables.ts';
import { loadPgd } from './tlb.ts';
import { checkOnePmd, earlyIoremapInit, earlyIoremapPmd, earlySetFixmap, isEarlyIoremapPtep } from './ioremap.ts';

const p61 = profile('linux-6.1');
const BEGIN = 0xffff_ffff_ff20_0000n;
const beforeInit = (target: KernelProfile = p61) => given(target).with(startup64).with(x86StartKernel);
const set = (idx: number, phys: bigint, flags: bigint) => (k: KernelContext) =>
  earlySetFixmap(k, idx, physAddr(phys), flags);

describe('early_ioremap_init', () => {
  it('bases the slots, clears bm_pte, and links it with the bits 0x67, in this order', () => {
    beforeInit()
      .when(earlyIoremapInit)
      .thenFacts(
        ...Array.from({ length: 8 }, (_, i) => `slot.based ${i} 0x${(BEGIN + BigInt(i) * 0x40000n).toString(16)}`),
        'table.allocated bm_pte pte',
        'pmd.populated level2_fixmap_pgt[505] 0x0 -> 0x32b5067',
      );
  });

  it.each(profileNames)('puts the whole window behind one pmd entry, in %s', (name) => {
    const target = profile(name);
    const { state } = beforeInit(target).when(earlyIoremapInit);
    const { btmapBegin, btmapEnd } = target.fixmap;
    for (const [idx, pte] of [
      [btmapBegin, 0],
      [btmapEnd, 511],
    ] as const) {
      const found = walk(state, fixToVirtUnchecked(target, idx));
      expect(found).toMatchObject({ kind: 'not-present', stoppedAt: 'pte' });
      expect(found.kind === 'not-present' && found.steps.at(-1)).toMatchObject({ name: 'bm_pte', index: pte });
    }
  });

  it("replaces the static link of the entry where the permanent area is small: the book's build", () => {
    beforeInit(profile('linux-insides'))
      .when(earlyIoremapInit)
      .thenAmongFacts('pmd.populated level2_fixmap_pgt[506] 0x1e0e067 -> 0x2103067');
  });

  it('takes entry 504 in 4.14 with 512 CPUs, whose GDT pages push the window down, and 505 with 8', () => {
    beforeInit(profile('linux-4.14'))
      .when(earlyIoremapInit)
      .thenAmongFacts('slot.based 0 0xffffffffff000000', 'pmd.populated level2_fixmap_pgt[504]');
    beforeInit(profile('linux-4.14', ['nr_cpus=8']))
      .when(earlyIoremapInit)
      .thenAmongFacts('slot.based 0 0xffffffffff200000', 'pmd.populated level2_fixmap_pgt[505]');
  });

  it('finds the pmd from CR3: with the final root loaded it links the same table', () => {
    beforeInit()
      .with((k) => loadPgd(k, k.profile.symbols['init_top_pgt']!))
      .when(earlyIoremapInit)
      .thenAmongFacts('pmd.populated level2_fixmap_pgt[505]');
  });

  it('makes one link that both roots see', () => {
    beforeInit()
      .with(earlyIoremapInit)
      .with(set(1535, 0xf0000n, 0x163n))
      .when((k) => loadPgd(k, k.profile.symbols['init_top_pgt']!))
      .thenState((state) => {
        expect(walk(state, vaddr(BEGIN))).toMatchObject({ kind: 'mapped', phys: 0xf0000n });
      });
  });

  it('works through five levels', () => {
    beforeInit(profile('linux-6.1', ['la57=y']))
      .when(earlyIoremapInit)
      .thenAmongFacts('pmd.populated level2_fixmap_pgt[505]')
      .thenTables('pgd[511] -> p4d[511] -> pud[511] -> pmd[505] -> (empty table)', [BEGIN, BEGIN + 0x1f_ffffn]);
  });

  it('clears what was written to bm_pte before', () => {
    beforeInit()
      .with(set(1535, 0xf0000n, 0x163n))
      .when(earlyIoremapInit)
      .thenTables('pgd[511] -> pud[511] -> pmd[505] -> (empty table)', [BEGIN, BEGIN + 0x1f_ffffn]);
  });

  it('is a bug before head_64 built the tables', () => {
    given(p61).when(earlyIoremapInit).thenAmongFacts('bug.raised early_ioremap_init').thenNoFact('pmd.populated');
  });

  it('does not build when two pmd entries would be needed', () => {
    const split: KernelProfile = { ...p61, fixmap: { ...p61.fixmap, btmapEnd: 1023 } };
    const then = beforeInit(split).when(earlyIoremapInit);
    expect(then.facts).toContainEqual(
      expect.objectContaining({ type: 'bug.raised', message: expect.stringContaining('PMD_SHIFT') }),
    );
  });

  it('does not build when the fixmap does not end on a pmd boundary', () => {
    const crooked: KernelProfile = { ...p61, fixaddrTop: vaddr(p61.fixaddrTop - 0x1000n) };
    beforeInit(crooked).when(earlyIoremapInit).thenFacts('bug.raised early_ioremap_init');
  });

  it('has the words for two pmd entries all the same', () => {
    beforeInit(profile('linux-4.14'))
      .when((k) => checkOnePmd(k, vaddr(0xffff_ffff_ff00_0000n), vaddr(0xffff_ffff_ff20_0000n)))
      .thenFacts(
        'warn.raised early_ioremap_init',
        'message.printed WARNING pmd ffff880002010fc0 != ffff880002010fc8',
        'message.printed WARNING fix_to_virt(FIX_BTMAP_BEGIN): ffffffffff000000',
        'message.printed WARNING fix_to_virt(FIX_BTMAP_END):   ffffffffff200000',
        'message.printed WARNING FIX_BTMAP_END:       1536',
        'message.printed WARNING FIX_BTMAP_BEGIN:     2047',
      );
    beforeInit()
      .when((k) => checkOnePmd(k, vaddr(BEGIN), vaddr(BEGIN + 0x1f_f000n)))
      .thenFacts();
  });
});

describe('early_ioremap_pmd', () => {
  it('points to the entry through the direct map, as captured from a real kernel', () => {
    const { state } = beforeInit().when(() => {});
    const place = earlyIoremapPmd({ profile: p61, view: state } as never, vaddr(BEGIN))!;
    expect(pointerTo({ profile: p61 } as never, place)).toBe(0xffff_8880_02a1_7fc8n);
    expect(placeAt({ profile: p61 } as never, vaddr(0xffff_8880_02a1_7fc8n))).toEqual(place);
  });
});

describe('pmd_populate_kernel', () => {
  it('links by the physical address of the table, with 0x67', () => {
    beforeInit()
      .when((k) =>
        pmdPopulateKernel(k, { table: symbolFrame(k, 'level2_fixmap_pgt'), index: 7 }, k.profile.symbols['bm_pte']!),
      )
      .thenFacts('pmd.populated level2_fixmap_pgt[7] 0x0 -> 0x32b5067');
  });

  it('follows the image when it was loaded elsewhere', () => {
    const moved = profile('linux-6.1', ['phys_base=0x10000000']);
    beforeInit(moved).when(earlyIoremapInit).thenAmongFacts('pmd.populated level2_fixmap_pgt[505] 0x0 -> 0x132b5067');
  });
});

describe('__early_set_fixmap', () => {
  const booted = (target: KernelProfile = p61) => given(target).booted();

  it.each([
    [1535, 0],
    [1534, 1],
    [1472, 63],
    [1471, 64],
    [1024, 511],
  ])('writes the entry of index %i at %i of bm_pte', (idx, entry) => {
    booted()
      .when(set(idx, 0x1000n, 0x163n))
      .thenAmongFacts(`pte.written bm_pte[${entry}]`);
    expect(indexAt('pte', fixToVirtUnchecked(p61, idx), 4)).toBe(entry);
  });

  it('drops the offset of the physical address', () => {
    booted()
      .when(set(1535, 0xf5a20n, 0x163n))
      .thenFacts('pte.written bm_pte[0] 0x0 -> 0xf5163', 'tlb.page-flushed 0xffffffffff200000');
  });

  it('stores 0 for no flags, whatever the address, and flushes all the same', () => {
    booted()
      .with(set(1535, 0x1000n, 0x163n))
      .when(set(1535, 0xf5000n, 0n))
      .thenFacts('pte.written bm_pte[0] 0x1163 -> 0x0', 'tlb.page-flushed 0xffffffffff200000');
  });

  it('is a BUG for an index past the end, and nothing is written', () => {
    booted()
      .when(set(1537, 0x1000n, 0x163n))
      .thenFacts('bug.raised __early_set_fixmap');
    booted()
      .when(set(1536, 0x1000n, 0x163n))
      .thenNoFact('bug.raised');
  });

  it('has no lower bound: a permanent index overwrites the entry of a live early mapping', () => {
    booted()
      .with(set(1535 - 64, 0xf0000n, 0x163n))
      .when(set(514, 0xfee00000n, 0x17bn))
      .thenFacts('pte.written bm_pte[509] 0x0 -> 0xfee0017b', 'tlb.page-flushed 0xffffffffff5fd000');
    booted()
      .with(set(1535, 0xf0000n, 0x163n))
      .when(set(511, 0x1000n, 0x163n))
      .thenAmongFacts('pte.written bm_pte[0] 0xf0163 -> 0x1163');
  });

  it.each([
    ['linux-4.4', 0x163n],
    ['linux-4.14', 0x163n],
    ['linux-4.19', 0x63n],
    ['linux-6.1', 0x163n],
  ])('masks the flags as %s does, with page-table isolation clearing Global in one mask', (name, expected) => {
    const pti = profile(name, ['pti=y']);
    booted(pti)
      .when(set(pti.fixmap.btmapBegin, 0n, 0x163n))
      .thenAmongFacts(`pte.written bm_pte[0] 0x0 -> 0x${expected.toString(16)}`);
  });

  it('masks with __supported_pte_mask as it stands: without NX support the bit goes', () => {
    booted()
      .with((k) => setVariable(k, '__supported_pte_mask', 0x7fff_ffff_ffff_ffffn))
      .when(set(1535, 0x1000n, 0x8000_0000_0000_0163n))
      .thenAmongFacts('pte.written bm_pte[0] 0x0 -> 0x1163');
  });

  it('inverts the frame under flags that are not present, in kernels with the L1TF mitigation', () => {
    booted()
      .when(set(1535, 0x1000n, 0x162n))
      .thenAmongFacts('pte.written bm_pte[0] 0x0 -> 0xfffffffffe162');
    booted(profile('linux-4.4'))
      .when(set(1535, 0x1000n, 0x162n))
      .thenAmongFacts('pte.written bm_pte[0] 0x0 -> 0x1162');
  });

  it('keeps an impossible frame to the frame bits, from 4.19 on', () => {
    booted()
      .when(set(1535, 0xffff_ffff_ffff_f000n, 0x163n))
      .thenAmongFacts('pte.written bm_pte[0] 0x0 -> 0xffffffffff163');
    booted(profile('linux-4.14'))
      .when(set(2047, 0xffff_ffff_ffff_f000n, 0x163n))
      .thenAmongFacts('pte.written bm_pte[0] 0x0 -> 0xfffffffffffff163');
  });
});

describe('is_early_ioremap_ptep', () => {
  it('goes by the address in the image: the same entry through the direct map is not one', () => {
    const bmPte = p61.symbols['bm_pte']!;
    const ask = (pointer: bigint) => given(p61).when((k) => isEarlyIoremapPtep(k, vaddr(pointer)));
    ask(bmPte).thenReturns(1n);
    ask(bmPte + 0xff8n).thenReturns(1n);
    ask(bmPte + 0x1000n).thenReturns(0n);
    ask(bmPte - 8n).thenReturns(0n);
    ask(p61.pageOffset + (BigInt(pfnOf(physAddr(0x32b5000n))) << 12n)).thenReturns(0n);
  });
});
