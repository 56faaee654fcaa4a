import { describe, expect, it } from 'vitest';
import { fixIdxOfSlot, hex, profile, profileNames, slot, type KernelProfile, type Vaddr } from '@kwind/x86';
import { given, type Then } from '@kwind/testkit';
import type { KernelContext } from '../context.ts';
import { systemStateValue } from '../kernel/system_state.ts';
import { setVariable } from '../variables.ts';
import { earlyIoremap, earlyIoremapDebugSetup, earlyIoremapInner, earlyIounmap } from './early_ioremap.ts';

const p61 = profile('linux-6.1');
const SLOT0 = 0xffff_ffff_ff20_0000n;
const PROT = 0x8000_0000_0000_0163n;
const MAX = 0xffff_ffff_ffff_ffffn;

const booted = (target: KernelProfile = p61) => given(target).booted();
const map = (phys: bigint, size: bigint) => (k: KernelContext) => earlyIoremapInner(k, phys, size, PROT);
const unmap = (address: bigint, size: bigint) => (k: KernelContext) => earlyIounmap(k, address, size);
const takeAll = (k: KernelContext): void => {
  for (let i = 0; i < 8; i++) earlyIoremapInner(k, BigInt(i) << 20n, 0x100n, PROT);
};
const message = (then: Then<Vaddr | null>): string =>
  then.facts.flatMap((fact) => (fact.type === 'warn.raised' ? [fact.message] : [])).join('|');

describe('the state of early_ioremap', () => {
  it('keeps the size as the caller gave it, not rounded', () => {
    booted()
      .when(map(0xf0ff0n, 0x21n))
      .thenState((state) => state.control.slots[0]!.prevSize === 0x21n);
  });

  it('holds the returned pointer with its offset in prev_map', () => {
    booted()
      .when(map(0xf0ff0n, 0x21n))
      .thenState((state) => state.control.slots[0]!.prevMap === SLOT0 + 0xff0n);
  });

  it('never sees after_paging_init on x86-64: a boot leaves it 0', () => {
    expect(booted().when(() => {}).state.control.variables['after_paging_init'] ?? 0n).toBe(0n);
  });

  it.each(profileNames)('bases slot i at the address of its first index, in %s', (name) => {
    const target = profile(name);
    const { slots } = booted(target).when(() => {}).state.control;
    const { fixaddrTop } = target;
    expect(slots.map(({ virt }) => hex(virt))).toEqual(
      slots.map((_, i) => hex(fixaddrTop - (BigInt(fixIdxOfSlot(target, slot(i))) << 12n))),
    );
    expect(new Set(slots.map(({ virt }, i) => virt - (BigInt(i) << 18n))).size).toBe(1);
  });
});

describe('__early_ioremap', () => {
  it('notes the size, then sets and flushes each page by rising address, then claims the slot', () => {
    booted()
      .when(map(0xfed40ff0n, 0x1011n))
      .thenFacts(
        'slot.sized 0 0x0 -> 0x1011',
        'pte.written bm_pte[0] 0x0 -> 0x80000000fed40163',
        'tlb.page-flushed 0xffffffffff200000',
        'pte.written bm_pte[1] 0x0 -> 0x80000000fed41163',
        'tlb.page-flushed 0xffffffffff201000',
        'pte.written bm_pte[2] 0x0 -> 0x80000000fed42163',
        'tlb.page-flushed 0xffffffffff202000',
        'slot.claimed 0 0xffffffffff200ff0 3 pages',
      )
      .thenReturns(SLOT0 + 0xff0n);
  });

  it('hands __early_set_fixmap falling indices from 1535 on', () => {
    booted()
      .when(map(0x1000n, 0x2000n))
      .thenAmongFacts(
        'call.entered __early_set_fixmap(0x5ff, 0x1000, 0x8000000000000163)',
        'call.entered __early_set_fixmap(0x5fe, 0x2000, 0x8000000000000163)',
      );
  });

  it('takes the first free slot, also one given back in the middle', () => {
    booted()
      .with(takeAll)
      .with(unmap(SLOT0 + 0xc0000n, 0x100n))
      .when(map(0x5000n, 0x10n))
      .thenReturns(SLOT0 + 0xc0000n)
      .thenAmongFacts('slot.claimed 3');
  });

  it('maps the same physical page twice without a word', () => {
    booted()
      .with(map(0xf0000n, 0x10n))
      .when(map(0xf0000n, 0x10n))
      .thenReturns(SLOT0 + 0x40000n)
      .thenNoFact('warn.raised');
  });

  describe('checks in this order', () => {
    it('1: the state of the system, and goes on', () => {
      const then = booted()
        .with((k) => setVariable(k, 'system_state', systemStateValue(k, 'SYSTEM_RUNNING')))
        .when(map(0x1000n, 1n));
      then.thenAmongFacts('warn.raised __early_ioremap', 'slot.sized 0', 'slot.claimed 0').thenReturns(SLOT0);
    });

    it('2: a free slot, before it looks at the size', () => {
      const then = booted().with(takeAll).when(map(0x1000n, 0n));
      then
        .thenFacts('warn.raised __early_ioremap __early_ioremap(0x0000000000001000, 00000000) not found slot')
        .thenReturns(null);
    });

    it.each([
      ['a size of 0', 0x1000n, 0n],
      ['a range that wraps', MAX, 2n],
      ['a size that wraps by itself', 0x1000n, MAX],
    ])('3: %s, and changes nothing', (_, phys, size) => {
      booted().when(map(phys, size)).thenFacts('warn.raised __early_ioremap').thenReturns(null);
    });

    it('4 before 6: it notes the size of a mapping that is too long, and leaves it there', () => {
      booted()
        .when(map(0x1000n, 0x40001n))
        .thenFacts('slot.sized 0 0x0 -> 0x40001', 'warn.raised __early_ioremap')
        .thenReturns(null)
        .thenState((state) => state.control.slots[0]!.prevMap === 0n && state.control.slots[0]!.prevSize === 0x40001n);
    });
  });

  it('counts the pages spanned: 256 KiB fit at offset 0 and not at offset 1', () => {
    booted().when(map(0x100000n, 0x40000n)).thenReturns(SLOT0);
    booted().when(map(0x100001n, 0x40000n)).thenReturns(null).thenAmongFacts('slot.sized 0', 'warn.raised');
    booted()
      .when(map(0x100001n, 0x3ffffn))
      .thenReturns(SLOT0 + 1n);
  });

  it('maps the last byte of the address space: the sum wraps to 0 and comes out right', () => {
    booted()
      .when(map(MAX, 1n))
      .thenReturns(SLOT0 + 0xfffn)
      .thenAmongFacts('slot.claimed 0 0xffffffffff200fff 1 pages');
  });

  it('counts pages in 32 bits: 2^44 bytes are 0 pages, and the call succeeds without mapping any', () => {
    booted()
      .when(map(0n, 1n << 44n))
      .thenFacts('slot.sized 0', 'slot.claimed 0 0xffffffffff200000 0 pages')
      .thenReturns(SLOT0);
  });

  it('maps an object that ends on the first byte of a page with that page', () => {
    booted().when(map(0xf0ffen, 3n)).thenAmongFacts('slot.claimed 0 0xffffffffff200ffe 2 pages');
  });
});

describe('the warning about the time of the call', () => {
  const at = (name: string, state: string): Then<Vaddr | null> =>
    booted(profile(name))
      .with((k) => setVariable(k, 'system_state', systemStateValue(k, state)))
      .when(map(0x1000n, 1n));

  it.each(profileNames)('does not fire while booting, in %s', (name) => {
    at(name, 'SYSTEM_BOOTING').thenNoFact('warn.raised');
  });

  it.each([
    ['linux-insides', 'SYSTEM_RUNNING', true],
    ['linux-4.4', 'SYSTEM_RUNNING', true],
    ['linux-4.14', 'SYSTEM_SCHEDULING', true],
    ['linux-4.19', 'SYSTEM_SCHEDULING', false],
    ['linux-4.19', 'SYSTEM_RUNNING', true],
    ['linux-6.1', 'SYSTEM_SCHEDULING', false],
    ['linux-6.1', 'SYSTEM_FREEING_INITMEM', false],
    ['linux-6.1', 'SYSTEM_RUNNING', true],
    ['linux-6.12', 'SYSTEM_HALT', true],
  ])('in %s in state %s: %s', (name, state, fires) => {
    const then = at(name, state);
    expect(then.facts.some((fact) => fact.type === 'warn.raised')).toBe(fires);
    expect(then.state.control.slots[0]!.prevMap).not.toBe(0n);
  });
});

describe('the debug line of a mapping', () => {
  const debug = (target: KernelProfile, phys: bigint, size: bigint): string =>
    message(booted(target).with(earlyIoremapDebugSetup).with(map(0x1000n, 1n)).when(map(phys, size)));

  it('has the words of a real log: the address after the loop, the aligned size, slot, offset, slot base', () => {
    expect(debug(p61, 0xf5a10n, 0x178n)).toBe(
      '__early_ioremap(0x00000000000f6000, 00001000) [1] => 00000a10 + ffffffffff240000',
    );
  });

  it('has no 0x and as few as eight digits up to 5.0', () => {
    expect(debug(profile('linux-4.19'), 0xf5a10n, 0x178n)).toBe(
      '__early_ioremap(000f6000, 00001000) [1] => 00000a10 + ffffffffff240000',
    );
    expect(debug(profile('linux-4.4'), 0x1_0000_0a10n, 1n)).toBe(
      '__early_ioremap(100001000, 00001000) [1] => 00000a10 + ffffffffff240000',
    );
  });

  it('lets the physical address be recovered: printed − aligned size + offset', () => {
    const [, printed, size, offset] = /\(0x([0-9a-f]+), ([0-9a-f]+)\) \[\d\] => ([0-9a-f]+)/
      .exec(debug(p61, 0x7fe3d5n, 0x2345n))!
      .map((part) => BigInt(`0x${part.replace(/[^0-9a-f]/g, '') || '0'}`));
    expect(printed! - size! + offset!).toBe(0x7fe3d5n);
  });

  it('comes before the slot is claimed, and is no sign of trouble', () => {
    const then = booted().with(earlyIoremapDebugSetup).when(map(0x1000n, 1n));
    then.thenFacts('slot.sized', 'pte.written', 'tlb.page-flushed', 'warn.raised __early_ioremap', 'slot.claimed');
    expect(then.facts.find((fact) => fact.type === 'warn.raised')).toMatchObject({ debug: true });
  });

  it('is not printed for mappings made before the parameter was read', () => {
    booted().when(map(0x1000n, 1n)).thenNoFact('warn.raised');
  });
});

describe('early_iounmap', () => {
  const mapped = (target?: KernelProfile) => booted(target).with(map(0xf0a20n, 0x1178n));
  const address = SLOT0 + 0xa20n;

  it('clears and flushes each page by rising address, then frees the slot and keeps its size', () => {
    mapped()
      .when(unmap(address, 0x1178n))
      .thenFacts(
        'pte.written bm_pte[0] 0x80000000000f0163 -> 0x0',
        'tlb.page-flushed 0xffffffffff200000',
        'pte.written bm_pte[1] 0x80000000000f1163 -> 0x0',
        'tlb.page-flushed 0xffffffffff201000',
        'slot.released 0 0xffffffffff200a20',
      )
      .thenState((state) => state.control.slots[0]!.prevSize === 0x1178n);
  });

  it('clears every page that the offset made it span, also for a size below a page', () => {
    booted()
      .with(map(0xf0ff0n, 0x20n))
      .when(unmap(SLOT0 + 0xff0n, 0x20n))
      .thenAmongFacts('pte.written bm_pte[0]', 'pte.written bm_pte[1]', 'slot.released 0');
  });

  it('passes zero as address and as bits', () => {
    mapped().when(unmap(address, 0x1178n)).thenAmongFacts('call.entered __early_set_fixmap(0x5ff, 0x0, 0x0)');
  });

  it('wants the very pointer: the page base is not found', () => {
    mapped(profile('linux-6.1', ['no_hash_pointers=y']))
      .when(unmap(SLOT0, 0x1178n))
      .thenFacts('warn.raised early_iounmap early_iounmap(ffffffffff200000, 00001178) not found slot');
  });

  it('wants the very size, and leaves the mapping when it is another', () => {
    mapped(profile('linux-6.1', ['no_hash_pointers=y']))
      .when(unmap(address, 0x1177n))
      .thenFacts('warn.raised early_iounmap early_iounmap(ffffffffff200a20, 00001177) [0] size not consistent 00001178')
      .thenState((state) => state.control.slots[0]!.prevMap === address);
  });

  it('finds the first free slot for NULL: the size decides, then the address is too low', () => {
    const raw = profile('linux-4.14');
    mapped(raw)
      .when(unmap(0n, 0x10n))
      .thenFacts(
        'warn.raised early_iounmap early_iounmap(0000000000000000, 00000010) [1] size not consistent 00000000',
      );
    mapped(raw).when(unmap(0n, 0n)).thenFacts('warn.raised early_iounmap');
  });

  it('lets NULL match the size that a refused call left behind', () => {
    booted()
      .with(map(0x1000n, 0x40001n))
      .when(unmap(0n, 0x40001n))
      .thenFacts('warn.raised early_iounmap')
      .thenState((state) => state.control.slots[0]!.prevMap === 0n);
  });

  it('does not find NULL when all slots are taken', () => {
    booted()
      .with(takeAll)
      .when(unmap(0n, 0n))
      .thenFacts('warn.raised early_iounmap early_iounmap((____ptrval____), 00000000) not found slot');
  });

  it('prints its debug line after the size was compared and before anything is cleared', () => {
    const debugged = (target: KernelProfile) =>
      booted(target)
        .with(earlyIoremapDebugSetup)
        .with(map(0x8040n, 0x24n))
        .when(unmap(target.fixaddrTop - 1535n * 4096n + 0x40n, 0x24n));
    debugged(profile('linux-6.1', ['no_hash_pointers=y'])).thenFacts(
      'warn.raised early_iounmap early_iounmap(ffffffffff200040, 00000024) [0]',
      'pte.written',
      'tlb.page-flushed',
      'slot.released',
    );
    debugged(profile('linux-4.19')).thenAmongFacts(
      'warn.raised early_iounmap early_iounmap((____ptrval____), 00000024) [0]',
    );
    debugged(profile('linux-4.4')).thenAmongFacts(
      'warn.raised early_iounmap early_iounmap(ffffffffff200040, 00000024) [0]',
    );
  });

  it('frees the slot for the next mapping', () => {
    mapped().with(unmap(address, 0x1178n)).when(earlyIoremap0).thenReturns(SLOT0);
  });

  it('does not unmap twice', () => {
    mapped().with(unmap(address, 0x1178n)).when(unmap(address, 0x1178n)).thenFacts('warn.raised early_iounmap');
  });
});

const earlyIoremap0 = (k: KernelContext): Vaddr | null => earlyIoremap(k, 0n, 1n);
