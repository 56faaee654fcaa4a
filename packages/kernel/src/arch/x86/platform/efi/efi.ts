import { vaddr } from '@kwind/x86';
import { efiArea, type Machine } from '../../../../boot/machine.ts';
import { call, type KernelContext } from '../../../../context.ts';
import { earlyMemremap, earlyMemunmap } from '../../../../mm/early_ioremap.ts';
import { memblockReserve } from '../../../../mm/memblock.ts';
import { setVariable, variable } from '../../../../variables.ts';

/** Where the memory map of UEFI is mapped: efi.memmap.map. Not a variable of that name in the kernel. */
const MEMMAP = 'efi.memmap.map';

/** Map the memory map and keep it: for most of the boot it holds a window. */
function mapMemmap(ctx: KernelContext, machine: Machine): void {
  const memmap = efiArea(machine, 'memmap');
  if (!memmap) return;
  call(ctx, 'efi_memmap_init_early', [], () =>
    setVariable(ctx, MEMMAP, earlyMemremap(ctx, memmap.start, memmap.size) ?? 0n),
  );
}

/** Set the memory map aside; from 4.9 on also map it. @kernel arch/x86/platform/efi/efi.c efi_memblock_x86_reserve_range() */
export function efiReserveRange(ctx: KernelContext, machine: Machine): void {
  const memmap = efiArea(machine, 'memmap');
  if (machine.firmware !== 'uefi' || !memmap) return;
  call(ctx, 'efi_memblock_x86_reserve_range', [], () => {
    if (ctx.profile.boot.efiMemmap === 'efi_memblock_x86_reserve_range') mapMemmap(ctx, machine);
    memblockReserve(ctx, memmap.start, memmap.size, 'EFI memory map');
  });
}

/** Map `name`, do something, unmap; nothing at all when the machine has no such area. */
function within(
  ctx: KernelContext,
  machine: Machine,
  name: 'systab' | 'vendor' | 'config' | 'memattr',
  body: () => void = () => {},
): void {
  const area = efiArea(machine, name);
  if (!area) return;
  const mapped = earlyMemremap(ctx, area.start, area.size);
  body();
  earlyMemunmap(ctx, mapped ?? vaddr(0n), area.size);
}

/**
 * Read the system table, the vendor's name that it points to, and the list of configuration tables with the memory
 * attributes table in it: never more than two windows beside that of the memory map.
 *
 * @kernel arch/x86/platform/efi/efi.c efi_init(), efi_systab_init(), drivers/firmware/efi/efi.c efi_config_init()
 */
export function efiInit(ctx: KernelContext, machine: Machine): void {
  if (machine.firmware !== 'uefi') return;
  call(ctx, 'efi_init', [], () => {
    call(ctx, 'efi_systab_init', [], () => within(ctx, machine, 'systab', () => within(ctx, machine, 'vendor')));
    call(ctx, 'efi_config_init', [], () => within(ctx, machine, 'config', () => within(ctx, machine, 'memattr')));
    if (ctx.profile.boot.efiMemmap === 'efi_init') mapMemmap(ctx, machine);
  });
}

/** The memory map is given up. @kernel arch/x86/platform/efi/efi.c efi_enter_virtual_mode(), efi_memmap_unmap() */
export function efiEnterVirtualMode(ctx: KernelContext, machine: Machine): void {
  const memmap = efiArea(machine, 'memmap');
  if (machine.firmware !== 'uefi' || !memmap) return;
  call(ctx, 'efi_enter_virtual_mode', [], () => {
    call(ctx, 'efi_memmap_unmap', [], () => earlyMemunmap(ctx, variable(ctx, MEMMAP), memmap.size));
    setVariable(ctx, MEMMAP, 0n);
  });
}
