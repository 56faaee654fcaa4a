import { describe, it } from 'vitest';
import { profile, vaddr } from '@kwind/x86';
import { given } from '@kwind/testkit';
import { earlyIoremap, earlyMemremapProt } from '../mm/early_ioremap.ts';
import { load } from './mmu.ts';
import { CR4, evict, invlpg, invpcid, loadCr3, loadCr4, register } from './tlb.ts';

const p61 = profile('linux-6.1');
const GLOBAL = vaddr(0xffff_ffff_ff20_0000n);
const LOCAL = vaddr(0xffff_ffff_ff24_0000n);
/** Two cached translations: slot 0 is global, slot 1 is not. */
const two = () =>
  given(p61)
    .booted()
    .with((k) => load(k, earlyIoremap(k, 0xf0000n, 1n)!))
    .with((k) => load(k, earlyMemremapProt(k, 0xf1000n, 1n, 0x63n)!));
const cached = (state: { control: { tlb: object } }): string => Object.keys(state.control.tlb).join(' ');
const BOTH = 'ffffffffff200000/1000 ffffffffff240000/1000';
const ONLY_GLOBAL = 'ffffffffff200000/1000';
const ONLY_LOCAL = 'ffffffffff240000/1000';

describe('a write of CR3', () => {
  it('drops what is not global and keeps the rest, also when the value does not change', () => {
    two()
      .when((k) => loadCr3(k, register(k, 'cr3')))
      .thenState((state) => cached(state) === ONLY_GLOBAL);
  });

  it('drops everything while CR4.PGE is off', () => {
    two()
      .with((k) => loadCr4(k, register(k, 'cr4') & ~CR4.PGE))
      .with((k) => [load(k, GLOBAL), load(k, LOCAL)])
      .when((k) => loadCr3(k, register(k, 'cr3')))
      .thenAmongFacts('tlb.flushed all cr3')
      .thenState((state) => cached(state) === '');
  });

  it('keeps everything with bit 63 while PCIDs are on, and does not store that bit', () => {
    two()
      .with((k) => loadCr4(k, register(k, 'cr4') | CR4.PCIDE))
      .when((k) => loadCr3(k, register(k, 'cr3') | (1n << 63n)))
      .thenFacts('cr3.loaded 0x30b6000 0x30b6000')
      .thenState((state) => cached(state) === BOTH);
  });
});

describe('INVLPG of a CPU with the erratum', () => {
  const sick = (name: string, on: bigint) =>
    given(profile('linux-6.1', ['invlpg_keeps_global=1']))
      .booted()
      .with((k) => loadCr4(k, register(k, 'cr4') | on))
      .with((k) => load(k, earlyIoremap(k, 0xf0000n, 1n)!))
      .with((k) => load(k, earlyMemremapProt(k, 0xf1000n, 1n, 0x63n)!))
      .when((k) => invlpg(k, name === 'global' ? GLOBAL : LOCAL));

  it('keeps a global translation while PCIDs are on', () => {
    sick('global', CR4.PCIDE).thenState((state) => cached(state) === BOTH);
  });

  it('drops it while they are off, and drops what is not global in any case', () => {
    sick('global', 0n).thenState((state) => cached(state) === ONLY_LOCAL);
    sick('local', CR4.PCIDE).thenState((state) => cached(state) === ONLY_GLOBAL);
  });
});

describe('a write of CR4', () => {
  it.each([
    ['PGE going off', 0n, CR4.PGE],
    ['PSE coming on', CR4.PSE, 0n],
    ['SMEP coming on', CR4.SMEP, 0n],
  ])('drops everything by %s', (_, on, off) => {
    two()
      .when((k) => loadCr4(k, (register(k, 'cr4') | on) & ~off))
      .thenState((state) => cached(state) === '');
  });

  it('keeps everything by PCIDE coming on, and drops everything by its going off', () => {
    const on = two().when((k) => loadCr4(k, register(k, 'cr4') | CR4.PCIDE));
    on.thenState((state) => cached(state) === BOTH);
    on.when((k) => loadCr4(k, register(k, 'cr4') & ~CR4.PCIDE)).thenState((state) => cached(state) === '');
  });

  it('keeps everything by SMEP going off', () => {
    const on = two()
      .with((k) => loadCr4(k, register(k, 'cr4') | CR4.SMEP))
      .when((k) => load(k, GLOBAL));
    on.when((k) => loadCr4(k, register(k, 'cr4') & ~CR4.SMEP)).thenState((state) => cached(state) === ONLY_GLOBAL);
  });
});

describe('invlpg', () => {
  it('drops the page of any address in it, global or not, and no other', () => {
    two()
      .when((k) => invlpg(k, vaddr(GLOBAL + 0xfffn)))
      .thenState((state) => cached(state) === ONLY_LOCAL);
    two()
      .when((k) => invlpg(k, LOCAL))
      .thenState((state) => cached(state) === ONLY_GLOBAL);
    two()
      .when((k) => invlpg(k, vaddr(GLOBAL + 0x1000n)))
      .thenState((state) => cached(state) === BOTH);
  });

  it('drops a 2 MiB page whole', () => {
    const text = p61.symbols['_text']!;
    given(p61)
      .booted()
      .with((k) => load(k, text))
      .when((k) => invlpg(k, vaddr(text + 0x12_3456n)))
      .thenState((state) => cached(state) === '');
  });
});

describe('invpcid', () => {
  it.each([
    ['one address leaves a global page', 0n, GLOBAL, BOTH],
    ['one address drops a page that is not global', 0n, LOCAL, ONLY_GLOBAL],
    ['one PCID drops what is not global', 1n, GLOBAL, ONLY_GLOBAL],
    ['everything with the global pages', 2n, GLOBAL, ''],
    ['everything but the global pages', 3n, GLOBAL, ONLY_GLOBAL],
    ['a kind that does not exist drops nothing', 4n, GLOBAL, BOTH],
  ])('%s', (_, kind, address, left) => {
    two()
      .when((k) => invpcid(k, kind, 0n, address))
      .thenState((state) => cached(state) === left);
  });
});

describe('the TLB by itself', () => {
  it('drops a translation only when asked to', () => {
    two()
      .when((k) => evict(k, GLOBAL))
      .thenFacts('tlb.evicted 0xffffffffff200000 asked')
      .thenReturns(1n)
      .thenState((state) => cached(state) === ONLY_LOCAL);
  });

  it('has nothing to drop where nothing is cached', () => {
    two()
      .when((k) => evict(k, vaddr(0x1000n)))
      .thenFacts()
      .thenReturns(0n);
  });
});
