import { memRange } from '@kwind/x86';
import { lastOf, type AcpiTable, type Machine } from '../../boot/machine.ts';
import { call, type KernelContext } from '../../context.ts';
import { withTable } from '../../mm/early_remap.ts';
import { memblockReserve } from '../../mm/memblock.ts';
import { printk } from '../../warn.ts';
import { parseRootTable } from './acpica/tbutils.ts';

const isRoot = ({ name }: AcpiTable): boolean => ['RSDP', 'RSDT', 'XSDT'].includes(name);

/** DSDT and FACS are noted when the FADT is, right behind it. */
function inNotedOrder({ acpi }: Machine): readonly AcpiTable[] {
  const byFadt = acpi
    .filter(({ name }) => name === 'DSDT' || name === 'FACS')
    .toSorted((a, b) => (a.name < b.name ? -1 : 1));
  const others = acpi.filter((table) => !isRoot(table) && !byFadt.includes(table));
  return others.flatMap((table) => (table.name === 'FACP' ? [table, ...byFadt] : [table]));
}

/** 6.x: keep others away from the tables. @kernel drivers/acpi/tables.c acpi_table_initrd_scan(), acpi_reserve_initial_tables() */
function reserveTables(ctx: KernelContext, machine: Machine): void {
  for (const table of inNotedOrder(machine)) {
    printk(ctx, 'INFO', `ACPI: Reserving ${table.name} table memory at ${memRange(table.start, lastOf(table))}`);
    memblockReserve(ctx, table.start, table.size, `ACPI ${table.name}`);
  }
}

/**
 * Find all ACPI tables.
 * @kernel arch/x86/kernel/acpi/boot.c acpi_boot_table_init(); drivers/acpi/tables.c acpi_locate_initial_tables()
 */
export function acpiBootTableInit(ctx: KernelContext, machine: Machine): void {
  if (machine.acpi.length === 0) return;
  call(ctx, 'acpi_boot_table_init', [], () => {
    call(ctx, 'acpi_locate_initial_tables', [], () => parseRootTable(ctx, machine));
    if (ctx.profile.boot.reservesAcpiTables) reserveTables(ctx, machine);
  });
}

/** Hand a whole table to somebody. @kernel drivers/acpi/tables.c acpi_table_parse() */
export function acpiTableParse(
  ctx: KernelContext,
  table: AcpiTable,
  handle: () => void = () => {},
  fn = 'acpi_table_parse',
): void {
  call(ctx, fn, [], () => withTable(ctx, table.start, table.size, handle), `id="${table.name}"`);
}
