import { describe, expect, it } from 'vitest';
import { profile, profileNames, vaddr } from '@kwind/x86';
import { given } from '@kwind/testkit';
import { checkInvariants, initialState, reduceAll, slots, slotsInUse, stateHash, walk } from '@kwind/state';
import { kernelFunctions } from '../functions.ts';
import {
  checkEarlyIoremapLeak,
  earlyIoremap,
  earlyIounmap,
  earlyMemremap,
  earlyMemunmap,
} from '../mm/early_ioremap.ts';
import { copyFromEarlyMem } from '../mm/early_ioremap_copy.ts';
import { earlySetFixmap } from '../arch/x86/mm/ioremap.ts';
import { freeInitmem } from '../arch/x86/mm/free_initmem.ts';
import type { KernelContext } from '../context.ts';
import { parseScript, runScript } from './script/index.ts';

const machines = ['small-pc', 'q35', 'uefi'];
const everywhere = profileNames.flatMap((name) => machines.map((machine) => [name, machine] as const));

/** Boot `text`'s machine, given as `boot full …` or a whole script, on a profile. */
function booted(name: string, text: string, options: readonly string[] = []) {
  const start = given(profile(name, options));
  const outcome = start.when((k) => runScript(k, parseScript(text, 'boot.kws'), kernelFunctions));
  return { outcome, state: outcome.state, start };
}
const phasesOf = (name: string, machine: string): readonly string[] =>
  booted(name, `boot full ${machine}`).outcome.facts.flatMap((fact) =>
    fact.type === 'phase.entered' ? [fact.name] : [],
  );

describe('a whole boot', () => {
  it.each(everywhere)('on %s, machine %s, ends in order: nothing leaked, nothing warned of', (name, machine) => {
    const { outcome, state, start } = booted(name, `boot full ${machine}`);
    expect(outcome.result.ok).toBe(true);
    expect(checkInvariants(state)).toEqual([]);
    expect(slotsInUse(state)).toBe(0);
    expect(state.control.trouble).toMatchObject({ warnings: 0, bugs: 0 });
    expect(state.calls).toBeNull();
    expect(state.control.phase).toBe('running');
    const again = reduceAll(initialState(profile(name)), start.batches);
    expect(stateHash(again)).toBe(stateHash(state));
  });

  it.each(everywhere)('on %s, machine %s, maps RAM through the final root', (name, machine) => {
    const { state } = booted(name, `boot full ${machine}`);
    const { pageOffset } = state.profile;
    for (const phys of [0x1000n, 0x9_e000n, 0x10_0000n, 0x123_4567n, 0x1ff0_0000n])
      expect(walk(state, vaddr(pageOffset + phys))).toMatchObject({ kind: 'mapped', phys });
    expect(walk(state, vaddr(pageOffset + 0xb000_0000n))).toMatchObject({ kind: 'not-present' });
  });

  it('needs page tables', () => {
    expect(() => booted('linux-6.1', 'boot full', ['CONFIG_MMU=n'])).toThrow('a whole boot needs CONFIG_MMU');
  });
  it('of five levels goes as well as one of four', () => {
    const { state } = booted('linux-6.1', 'boot full q35', ['la57=y']);
    expect(checkInvariants(state)).toEqual([]);
    expect(slotsInUse(state)).toBe(0);
  });
  it('uses pages of 1 GiB where the CPU has them', () => {
    const { state } = booted('linux-6.1', 'machine big { ram 4G; mp none }\nboot full', ['gbpages=y']);
    expect(walk(state, vaddr(state.profile.pageOffset + 0x4123_4567n))).toMatchObject({ pageSize: 1n << 30n });
  });
  it('of a machine of which nothing is known but its memory goes to the end', () => {
    const { state } = booted('linux-6.12', 'machine bare { ram 64M; mp none }\nboot full');
    expect(state.control.phase).toBe('running');
    expect(checkInvariants(state)).toEqual([]);
  });
});

describe('the order of setup_arch()', () => {
  it('of 4.4 reserves what EFI uses before the memory map is read', () => {
    const phases = phasesOf('linux-4.4', 'uefi');
    expect(phases.indexOf('efi_memblock_x86_reserve_range')).toBeLessThan(phases.indexOf('setup_memory_map'));
    expect(phases).toContain('dmi_scan_machine');
  });
  it('of 6.1 does so after the command line was read', () => {
    const phases = phasesOf('linux-6.1', 'uefi');
    expect(phases.slice(3, 14)).toEqual([
      'early_ioremap_init',
      'early_reserve_memory',
      'iomem_resource',
      'e820__memory_setup',
      'parse_setup_data',
      'parse_early_param',
      'efi_memblock_x86_reserve_range',
      'reserve_setup_data',
      'efi_init',
      'dmi_setup',
      'probe_roms',
    ]);
    expect(phases.indexOf('init_mem_mapping')).toBeLessThan(phases.indexOf('acpi_boot_table_init'));
    expect(phases.slice(-7)).toEqual([
      'arch_initcall',
      'subsys_initcall',
      'fs_initcall',
      'device_initcall',
      'late_initcall',
      'free_initmem',
      'running',
    ]);
  });
});

describe('what is mapped when', () => {
  const maps = (name: string, machine: string, fn: string, options: readonly string[] = []) =>
    booted(name, `boot full ${machine}`, options).outcome.facts.filter(
      (fact) => fact.type === 'call.entered' && fact.fn === fn,
    ).length;

  it('the search for an MP table maps the rest of its range anew for every 16 bytes, up to 4.13 nothing', () => {
    // 64 steps through the first KiB, and 5 into the last KiB of base memory.
    expect(
      maps('linux-6.1', 'small-pc', 'early_memremap', ['CONFIG_X86_MPPARSE=y']) -
        maps('linux-6.1', 'small-pc', 'early_memremap'),
    ).toBe(64 + 5 + 1);
    expect(maps('linux-4.4', 'small-pc', 'early_memremap')).toBe(0);
  });
  it('without a table it goes through all four places', () => {
    const { outcome } = booted('linux-6.1', 'machine none { ram 64M }\nboot full', ['CONFIG_X86_MPPARSE=y']);
    const scans = outcome.facts.flatMap((fact) =>
      fact.type === 'call.entered' && fact.fn === 'smp_scan_config' ? [fact.args] : [],
    );
    expect(scans).toEqual([
      [0n, 0x400n],
      [0x9_fc00n, 0x400n],
      [0xf_0000n, 0x1_0000n],
      [0x9_fc00n, 0x400n],
    ]);
  });
  it('6.12 maps 96 pages of low memory to find an iSCSI table', () => {
    const config = ['CONFIG_X86_MPPARSE=n'];
    expect(
      maps('linux-6.12', 'q35', 'early_memremap', config) - maps('linux-6.1', 'q35', 'early_memremap', config),
    ).toBe(96);
  });
  it('the memory map of UEFI holds slot 0 until efi_enter_virtual_mode(), and three slots is the most', () => {
    const { outcome } = booted('linux-6.1', 'boot full uefi');
    outcome.thenAmongFacts(
      'slot.claimed 0',
      'phase.entered reserve_setup_data',
      'slot.claimed 1',
      'phase.entered acpi_boot_table_init',
      'slot.claimed 2',
      'call.entered efi_enter_virtual_mode',
      'slot.released 0',
    );
    expect(slots(outcome.state).map((slot) => slot.prevSize !== 0n)).toEqual([
      true,
      true,
      true,
      false,
      false,
      false,
      false,
      false,
    ]);
  });
  it('kernel parameters take effect where the command line is read', () => {
    const { outcome } = booted('linux-6.1', 'machine loud like q35 { cmdline early_ioremap_debug }\nboot full');
    const lines = outcome.facts.filter((fact) => fact.type === 'warn.raised' && fact.debug);
    expect(lines).toHaveLength(2 * 39);
    expect(outcome.state.control.trouble.warnings).toBe(0);
  });
});

describe('early_ioremap after free_initmem', () => {
  const gone = 'kernel tried to execute NX-protected page - exploit attempt? (uid: 0)';
  it.each<[string, (k: KernelContext) => unknown]>([
    ['early_ioremap', (k) => earlyIoremap(k, 0xf_0000n, 0x1000n)],
    ['early_memremap', (k) => earlyMemremap(k, 0xf_0000n, 0x1000n)],
    ['early_iounmap', (k) => earlyIounmap(k, 0xffff_ffff_ff20_0000n, 0x1000n)],
    ['early_memunmap', (k) => earlyMemunmap(k, 0xffff_ffff_ff20_0000n, 0x1000n)],
    ['copy_from_early_mem', (k) => copyFromEarlyMem(k, 0n, 0xf_0000n, 0x1000n)],
    ['__early_set_fixmap', (k) => earlySetFixmap(k, k.profile.fixmap.btmapBegin, 0x1000n as never, 0x163n)],
    ['check_early_ioremap_leak', (k) => checkEarlyIoremapLeak(k)],
  ])('%s() runs into memory that was given away, and changes nothing', (fn, step) => {
    given(profile('linux-6.1'))
      .booted()
      .with(freeInitmem)
      .when(step)
      .thenFacts(`bug.raised ${fn} ${gone}`)
      .thenState((state) => slotsInUse(state) === 0);
  });
  it('is all right before', () => {
    given(profile('linux-6.1'))
      .booted()
      .when((k) => earlyIoremap(k, 0xf_0000n, 0x1000n))
      .thenNoFact('bug.raised');
  });
});
