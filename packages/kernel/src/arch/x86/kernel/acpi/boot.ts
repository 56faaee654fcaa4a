import { acpiTable, type Machine } from '../../../../boot/machine.ts';
import { call, type KernelContext } from '../../../../context.ts';
import { HEADER } from '../../../../drivers/acpi/acpica/tbutils.ts';
import { acpiTableParse } from '../../../../drivers/acpi/tables.ts';
import { withTable } from '../../../../mm/early_remap.ts';
import { registerLapicAddress } from '../apic/apic.ts';
import { ioApicSetFixmap } from '../apic/io_apic.ts';

const ENTRIES = 'acpi_table_parse_entries_array';
/** How often the MADT is gone through before and after its I/O APICs are; counted in 6.1, assumed elsewhere. */
const WALKS = { before: 4, after: 3 };
/** The blacklist asks for the head of the DSDT for each of its entries. */
const BLACKLISTED = 4;

/** @kernel drivers/acpi/blacklist.c acpi_blacklisted() */
function acpiBlacklisted(ctx: KernelContext, machine: Machine): void {
  const dsdt = acpiTable(machine, 'DSDT');
  call(ctx, 'acpi_blacklisted', [], () => {
    for (let i = 0; dsdt && i < BLACKLISTED; i++) {
      call(ctx, 'acpi_get_table_header', [], () => withTable(ctx, dsdt.start, HEADER), 'signature="DSDT"');
    }
  });
}

/** The first look at the MADT: where the local APIC is. @kernel arch/x86/kernel/acpi/boot.c early_acpi_boot_init() */
export function earlyAcpiBootInit(ctx: KernelContext, machine: Machine): void {
  const madt = acpiTable(machine, 'APIC');
  if (machine.acpi.length === 0) return;
  call(ctx, 'early_acpi_boot_init', [], () => {
    acpiBlacklisted(ctx, machine);
    if (!madt) return;
    acpiTableParse(ctx, madt);
    acpiTableParse(ctx, madt, undefined, ENTRIES);
    registerLapicAddress(ctx);
  });
}

/** Everything else in FADT, MADT and HPET table. @kernel arch/x86/kernel/acpi/boot.c acpi_boot_init() */
export function acpiBootInit(ctx: KernelContext, machine: Machine): void {
  const [fadt, madt, hpet] = ['FACP', 'APIC', 'HPET'].map((name) => acpiTable(machine, name));
  if (machine.acpi.length === 0) return;
  call(ctx, 'acpi_boot_init', [], () => {
    if (fadt) acpiTableParse(ctx, fadt);
    if (madt) {
      acpiTableParse(ctx, madt);
      for (let i = 0; i < WALKS.before; i++) acpiTableParse(ctx, madt, undefined, ENTRIES);
      acpiTableParse(
        ctx,
        madt,
        () => machine.ioapics.forEach((base, i) => ioApicSetFixmap(ctx, i, base, 'mp_register_ioapic')),
        ENTRIES,
      );
      for (let i = 0; i < WALKS.after; i++) acpiTableParse(ctx, madt, undefined, ENTRIES);
    }
    if (hpet) acpiTableParse(ctx, hpet);
  });
}
