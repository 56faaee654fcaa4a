import { efiArea, type Machine, type Range } from '../../boot/machine.ts';
import { call, type KernelContext } from '../../context.ts';
import { ioremapCache } from '../../arch/x86/mm/ioremap_variants.ts';
import { MEMREMAP, memremap } from '../../kernel/iomem.ts';
import { withTable } from '../../mm/early_remap.ts';

const SCANNED = { start: 0xf_0000n, size: 0x1_0000n };
const ENTRY_SIZE = 0x20n;

/** Go through the table once. @kernel drivers/firmware/dmi_scan.c dmi_walk_early() */
function dmiWalkEarly(ctx: KernelContext, { start, size }: Range): void {
  call(ctx, 'dmi_walk_early', [], () => withTable(ctx, start, size));
}

/** The table's entry point was found: its strings are read, and kept. @kernel drivers/firmware/dmi_scan.c dmi_present() */
function dmiPresent(ctx: KernelContext, dmi: Range | undefined): void {
  call(ctx, 'dmi_present', [], () => {
    if (dmi) dmiWalkEarly(ctx, dmi);
  });
}

/**
 * Find the DMI table: where UEFI says it is, or by looking at every 16 bytes of the last 64 KiB below 1 MiB. Then it is
 * walked twice more, to count and to note the memory devices.
 *
 * @emits early mappings: the 64 KiB in one window and the table in the next while the search goes on, then the table alone
 * @kernel drivers/firmware/dmi_scan.c dmi_setup(), dmi_scan_machine()
 */
export function dmiSetup(ctx: KernelContext, machine: Machine): void {
  call(ctx, ctx.profile.boot.dmi, [], () => {
    const { dmi } = machine;
    const entry = efiArea(machine, 'smbios');
    if (machine.firmware === 'uefi') {
      if (!entry) return;
      withTable(ctx, entry.start, ENTRY_SIZE);
      dmiPresent(ctx, dmi);
    } else {
      withTable(ctx, SCANNED.start, SCANNED.size, () => dmiPresent(ctx, dmi));
    }
    if (!dmi) return;
    dmiWalkEarly(ctx, dmi);
    dmiWalkEarly(ctx, dmi);
  });
}

/** Map the table for /sys/firmware/dmi, for good. @kernel drivers/firmware/dmi_scan.c dmi_init() */
export function dmiInit(ctx: KernelContext, { dmi }: Machine): void {
  if (!dmi) return;
  call(ctx, 'dmi_init', [], () => {
    if (ctx.profile.boot.dmi === 'dmi_scan_machine') ioremapCache(ctx, dmi.start, dmi.size);
    else memremap(ctx, dmi.start, dmi.size, MEMREMAP.WB);
  });
}
