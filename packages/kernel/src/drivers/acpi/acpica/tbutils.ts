import { acpiTable, type AcpiTable, type Machine } from '../../../boot/machine.ts';
import { call, type KernelContext } from '../../../context.ts';
import { tableRemap, tableUnmap, withTable } from '../../../mm/early_remap.ts';

/** Bytes of struct acpi_table_header; the RSDP of ACPI 2.0 has as many. */
export const HEADER = 0x24n;

/**
 * Note a table: its head is mapped to learn signature and length, and once more to verify them.
 * @kernel drivers/acpi/acpica/tbinstal.c acpi_tb_install_standard_table()
 */
function installTable(ctx: KernelContext, { start }: AcpiTable): void {
  call(ctx, 'acpi_tb_install_standard_table', [start], () => {
    call(ctx, 'acpi_tb_acquire_temp_table', [start], () => withTable(ctx, start, HEADER));
    call(ctx, 'acpi_tb_verify_temp_table', [start], () => withTable(ctx, start, HEADER));
  });
}

/** The FADT is read as a whole, because it says where DSDT and FACS are. @kernel drivers/acpi/acpica/tbfadt.c acpi_tb_parse_fadt() */
function parseFadt(ctx: KernelContext, machine: Machine, fadt: AcpiTable): void {
  call(ctx, 'acpi_tb_parse_fadt', [], () => {
    withTable(ctx, fadt.start, fadt.size);
    for (const name of ['DSDT', 'FACS']) {
      const table = acpiTable(machine, name);
      if (table) installTable(ctx, table);
    }
  });
}

const isListed = ({ name }: AcpiTable): boolean => !['RSDP', 'RSDT', 'XSDT', 'DSDT', 'FACS'].includes(name);

/**
 * From the RSDP to the root table, and from there to all tables. The root table stays mapped, so that each table that it
 * lists gets the next window.
 *
 * @kernel drivers/acpi/acpica/tbutils.c acpi_tb_parse_root_table()
 */
export function parseRootTable(ctx: KernelContext, machine: Machine): void {
  const [rsdp, root] = [acpiTable(machine, 'RSDP'), acpiTable(machine, 'XSDT') ?? acpiTable(machine, 'RSDT')];
  if (!rsdp || !root) return;
  call(ctx, 'acpi_tb_parse_root_table', [rsdp.start], () => {
    withTable(ctx, rsdp.start, HEADER);
    withTable(ctx, root.start, HEADER);
    const mapped = tableRemap(ctx, root.start, root.size);
    if (mapped === null) return;
    for (const table of machine.acpi.filter(isListed)) {
      installTable(ctx, table);
      if (table.name === 'FACP') parseFadt(ctx, machine, table);
    }
    tableUnmap(ctx, mapped, root.size);
  });
}
