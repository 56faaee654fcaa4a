import { describe, expect, it } from 'vitest';
import { fixaddrStart, profile, profileNames, ToolError, vaddr, vaOfPhys, physAddr } from '@kwind/x86';
import { given } from '@kwind/testkit';
import { kernelConstants } from './constants.ts';
import { findKernelFunction, kernelFunctions } from './functions.ts';
import { setSystemState, systemStateValue } from './kernel/system_state.ts';

const p61 = profile('linux-6.1');
const run = (name: string, ...args: bigint[]) =>
  given(p61)
    .booted()
    .when((k) => findKernelFunction(name)!.run(k, args, []));

describe('the table of kernel functions', () => {
  it('names each once, with a file of the kernel and one sentence', () => {
    expect(new Set(kernelFunctions.map((fn) => fn.name)).size).toBe(kernelFunctions.length);
    for (const fn of kernelFunctions) {
      expect(fn.file).toMatch(/^$|\.(c|h|S)$/);
      expect(fn.doc).toMatch(/^.+[^.]\.$/);
    }
  });

  it('reads parameters and result from the C head', () => {
    expect(findKernelFunction('early_ioremap')).toMatchObject({
      returns: 'pointer',
      file: 'mm/early_ioremap.c',
      params: [
        { name: 'phys_addr', type: 'phys_addr_t' },
        { name: 'size', type: 'unsigned long' },
      ],
    });
    expect(findKernelFunction('early_iounmap')).toMatchObject({
      returns: 'void',
      params: [{ name: 'addr', type: 'void __iomem *' }, { name: 'size' }],
    });
    expect(findKernelFunction('check_early_ioremap_leak')).toMatchObject({ returns: 'int', params: [] });
    expect(findKernelFunction('invpcid')!.params[1]).toEqual({ name: 'pcid', type: 'unsigned long', fallback: 0n });
  });

  it('finds none that is not there', () => {
    expect(findKernelFunction('kmalloc')).toBeUndefined();
  });

  it.each(profileNames)('lets every function run in %s that says it is there, with any numbers', (name) => {
    const target = profile(name);
    for (const fn of kernelFunctions.filter((one) => one.missing?.({ profile: target }) === undefined)) {
      const then = given(target)
        .booted()
        .when((k) =>
          fn.run(
            k,
            fn.params.map((_, i) => BigInt(i) << 12n),
            [],
          ),
        );
      expect(then.state.calls).toBeNull();
      then.thenAmongFacts('call.entered', 'call.returned');
    }
  });

  it.each(profileNames)('has in %s exactly one name for each flush', (name) => {
    const target = profile(name);
    const there = (names: string[]): string[] =>
      names.filter((fn) => findKernelFunction(fn)!.missing!({ profile: target }) === undefined);
    expect(there(['__flush_tlb_one', '__flush_tlb_one_kernel', 'flush_tlb_one_kernel'])).toEqual([
      target.tlb.flushOneKernel,
    ]);
    expect(there(['__flush_tlb', 'native_flush_tlb_local'])).toEqual([target.tlb.flushLocal]);
    expect(there(['__flush_tlb_global', 'native_flush_tlb_global'])).toEqual([target.tlb.flushGlobal]);
    expect(
      there([
        '__flush_tlb_single',
        '__native_flush_tlb_single',
        '__native_flush_tlb_one_user',
        'native_flush_tlb_one_user',
      ]),
    ).toContain(target.tlb.flushOneNative);
  });

  it('brackets a call under the name that was asked for', () => {
    run('__flush_tlb_all').thenAmongFacts('call.entered __flush_tlb_all()');
    run('native_flush_tlb_one_user', 0x1000n).thenAmongFacts(
      'call.entered native_flush_tlb_one_user(0x1000)',
      'tlb.page-flushed 0x1000',
    );
  });

  it('takes the low 32 bits of a fixmap index', () => {
    run('set_fixmap', 0x7_0000_0202n, 0xfee0_0000n).thenAmongFacts('call.entered set_fixmap(0x202, 0xfee00000)');
  });

  it('takes and gives entries as kernel pointers', () => {
    run('early_ioremap_pmd', 0xffff_ffff_ff20_0000n).thenReturns(0xffff_8880_02a1_7fc8n);
    run('pmd_populate_kernel', 0xffff_8880_02a1_7fc8n, p61.symbols['level1_fixmap_pgt']!).thenAmongFacts(
      'pmd.populated level2_fixmap_pgt[505] 0x32b5067 -> 0x2a18067',
    );
    run('pmd_populate_kernel', vaOfPhys(p61, physAddr(0x5008n)), 0x1000n).thenFacts();
    run('is_early_ioremap_ptep', p61.symbols['bm_pte']!).thenReturns(1n);
  });

  it('sets the state of the system by its value', () => {
    run('set_system_state', 3n).thenFacts('variable.set system_state 0x0 0x3');
  });
});

describe('the state of the system', () => {
  it.each([
    ['linux-insides', 1n],
    ['linux-4.4', 1n],
    ['linux-4.14', 2n],
    ['linux-4.19', 2n],
    ['linux-6.1', 3n],
    ['linux-6.12', 3n],
  ])('SYSTEM_RUNNING has its own value in %s: %i', (name, value) => {
    given(profile(name))
      .when((k) => setSystemState(k, 'SYSTEM_RUNNING'))
      .thenState((state) => state.control.variables['system_state'] === value);
  });

  it('refuses a name that this kernel does not have', () => {
    given(profile('linux-4.4')).when((k) => expect(() => systemStateValue(k, 'SYSTEM_SCHEDULING')).toThrow(ToolError));
  });
});

describe('the constants of a kernel', () => {
  const constants = kernelConstants(p61);

  it.each([
    ['FIX_BTMAP_BEGIN', 1535n],
    ['FIX_APIC_BASE', 514n],
    ['__end_of_permanent_fixed_addresses', 646n],
    ['FIXADDR_TOP', 0xffff_ffff_ff7f_f000n],
    ['FIXADDR_START', 0xffff_ffff_ff57_9000n],
    ['PAGE_SIZE', 4096n],
    ['NR_FIX_BTMAPS', 64n],
    ['FIX_BTMAPS_SLOTS', 8n],
    ['FIXMAP_PAGE_IO', 0x8000_0000_0000_0163n],
    ['SYSTEM_RUNNING', 3n],
    ['_PAGE_PRESENT', 1n],
    ['_PAGE_NX', 1n << 63n],
    ['_PAGE_TABLE', 0x67n],
    ['bm_pte', 0xffff_ffff_832b_5000n],
    ['swapper_pg_dir', 0xffff_ffff_82a1_0000n],
  ])('%s', (name, value) => {
    expect(constants.get(name)).toBe(value);
  });

  it('follow the profile', () => {
    const insides = kernelConstants(profile('linux-insides'));
    expect(insides.get('FIX_BTMAP_BEGIN')).toBe(1023n);
    expect(insides.get('FIXADDR_START')).toBe(fixaddrStart(profile('linux-insides')));
    expect(insides.has('SYSTEM_SCHEDULING')).toBe(false);
    expect(insides.has('VSYSCALL_PAGE')).toBe(false);
  });

  it('are addresses that functions take', () => {
    given(p61)
      .booted()
      .when((k) => findKernelFunction('load')!.run(k, [constants.get('_text')!], []))
      .thenReturns(0x100_0000n);
    expect(vaddr(constants.get('PAGE_OFFSET')!)).toBe(p61.pageOffset);
  });
});
