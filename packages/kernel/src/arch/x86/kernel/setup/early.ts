import { E820, PAGE_SIZE, vaddr } from '@kwind/x86';
import type { Machine } from '../../../../boot/machine.ts';
import { call, type KernelContext } from '../../../../context.ts';
import { earlyIoremapDebugSetup, earlyMemremap, earlyMemunmap } from '../../../../mm/early_ioremap.ts';
import { setVariable } from '../../../../variables.ts';
import { printk } from '../../../../warn.ts';
import { flushLocal } from '../../mm/tlb.ts';
import { e820RangeUpdate, e820UpdateTable } from '../e820/table.ts';

/** Bytes of struct setup_data without what follows it. */
const SETUP_DATA = 16n;
/** Lowest and highest page that the search for an iSCSI table looks at, and the hole of the VGA. */
const IBFT = { first: 0x8_0000n, end: 0x10_0000n };
const VGA = { start: 0xa_0000n, end: 0xc_0000n };

const setupData = ({ efi }: Machine) => efi.filter(({ name }) => name === 'setup-data');

function withMapped(ctx: KernelContext, start: bigint, size: bigint): void {
  const mapped = earlyMemremap(ctx, start, size);
  earlyMemunmap(ctx, mapped ?? vaddr(0n), size);
}

/** Go through what the boot loader handed over beside boot_params. @kernel arch/x86/kernel/setup.c parse_setup_data() */
export function parseSetupData(ctx: KernelContext, machine: Machine): void {
  call(ctx, 'parse_setup_data', [], () =>
    setupData(machine).forEach(({ start }) => withMapped(ctx, start, SETUP_DATA)),
  );
}

/** Keep that in memory. @kernel arch/x86/kernel/e820.c e820__reserve_setup_data() (up to 4.11 e820_reserve_setup_data()) */
export function e820ReserveSetupData(ctx: KernelContext, machine: Machine): void {
  const areas = setupData(machine);
  if (areas.length === 0) return;
  const fn = ctx.profile.e820.names.updateTable.startsWith('e820__')
    ? 'e820__reserve_setup_data'
    : 'e820_reserve_setup_data';
  call(ctx, fn, [], () => {
    for (const { start, size } of areas) {
      withMapped(ctx, start, SETUP_DATA);
      e820RangeUpdate(ctx, start, size, E820.RAM, E820.RESERVED_KERN);
    }
    e820UpdateTable(ctx);
  });
}

/** Parameters of the kernel command line that the model knows. */
export const earlyParams: Readonly<Record<string, (ctx: KernelContext) => void>> = {
  early_ioremap_debug: earlyIoremapDebugSetup,
};

/** @kernel init/main.c parse_early_param() */
export function parseEarlyParam(ctx: KernelContext, { cmdline }: Machine): void {
  call(ctx, 'parse_early_param', [], () => cmdline.forEach((name) => earlyParams[name]?.(ctx)));
}

/**
 * Look for an iSCSI boot firmware table in low memory; on UEFI machines ACPI has it. In 6.12 each page is mapped for that.
 * @kernel drivers/firmware/iscsi_ibft_find.c reserve_ibft_region()
 */
export function reserveIbftRegion(ctx: KernelContext, { firmware }: Machine): void {
  if (firmware === 'uefi' || ctx.profile.boot.ibftScan === 'direct-map') return;
  call(ctx, 'reserve_ibft_region', [], () => {
    for (let page = IBFT.first; page < IBFT.end; page += PAGE_SIZE) {
      if (page < VGA.start || page >= VGA.end) withMapped(ctx, page, PAGE_SIZE);
    }
  });
}

/** Find memory types by MTRR, set up the PAT. @kernel arch/x86/kernel/cpu/mtrr/mtrr.c mtrr_bp_init(); arch/x86/mm/pat/memtype.c */
export function cacheInit(ctx: KernelContext): void {
  const { boot, patTypes } = ctx.profile;
  call(ctx, boot.cacheInit, [], () => {
    if (boot.cacheInitFlushes) for (let i = 0; i < 2; i++) flushLocal(ctx);
    printk(ctx, 'INFO', `x86/PAT: Configuration [0-7]: ${patTypes.map((name) => name.padEnd(4)).join('')}`);
  });
}

/** The two numbers that say where memory ends. */
export function noteLastPfn(ctx: KernelContext): void {
  const ram = ctx.view.control.e820.filter(({ type, size }) => type === E820.RAM && size > 0n);
  const end = ram.reduce((highest, { start, size }) => (start + size > highest ? start + size : highest), 0n);
  const maxPfn = end / PAGE_SIZE;
  printk(
    ctx,
    'INFO',
    `last_pfn = 0x${maxPfn.toString(16)} max_arch_pfn = 0x${(1n << (ctx.profile.levels === 5 ? 40n : 34n)).toString(16)}`,
  );
  setVariable(ctx, 'max_pfn', maxPfn);
}
