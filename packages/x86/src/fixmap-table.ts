import type { FixmapEntry, FixmapTable } from './profile.ts';

const PAGES_PER_PMD = 512;
/** Index of the vsyscall page: FIXADDR_TOP lies 511 pages above VSYSCALL_ADDR. */
const VSYSCALL_INDEX = 511;
/** The 64-bit limit; every I/O APIC of the limit has its page whether the machine has it or not. */
const MAX_IO_APICS = 128;
const PVCLOCK_RECORDS_PER_PAGE = 64;

/** What decides the rows of one build. */
export interface FixmapBuild {
  /** Rows that the source of this series declares, in any order; the build's options then pick among them. */
  readonly rows: readonly FixmapRowName[];
  readonly config: Readonly<Record<string, boolean>>;
  readonly nrCpus: number;
  readonly nrFixBtmaps: number;
  readonly fixBtmapsSlots: number;
}

interface FixmapRow {
  readonly name: string;
  /** Option that puts the row in; '' for always. */
  readonly condition: string;
  readonly pages?: (nrCpus: number) => number;
  /** Fixed index, when the row does not simply follow the one before it. */
  readonly at?: number;
}

/**
 * Permanent rows in the order of the enum, of all series together. The order never changed; rows came and went.
 * @kernel arch/x86/include/asm/fixmap.h enum fixed_addresses (the 64-bit part)
 */
const permanentRows = [
  { name: 'VSYSCALL_PAGE', condition: 'CONFIG_X86_VSYSCALL_EMULATION', at: VSYSCALL_INDEX },
  {
    name: 'PVCLOCK_FIXMAP_BEGIN',
    condition: 'CONFIG_PARAVIRT_CLOCK',
    pages: (nrCpus) => Math.floor((nrCpus - 1) / PVCLOCK_RECORDS_PER_PAGE) + 1,
  },
  { name: 'FIX_DBGP_BASE', condition: '' },
  { name: 'FIX_EARLYCON_MEM_BASE', condition: '' },
  { name: 'FIX_OHCI1394_BASE', condition: 'CONFIG_PROVIDE_OHCI1394_DMA_INIT' },
  { name: 'FIX_APIC_BASE', condition: 'CONFIG_X86_LOCAL_APIC' },
  { name: 'FIX_IO_APIC_BASE_0', condition: 'CONFIG_X86_IO_APIC', pages: () => MAX_IO_APICS },
  { name: 'FIX_RO_IDT', condition: '' },
  { name: 'FIX_PARAVIRT_BOOTMAP', condition: 'CONFIG_PARAVIRT' },
  // From 5.x on the same row hangs on a narrower option; a series lists one of the two.
  { name: 'FIX_PARAVIRT_BOOTMAP', condition: 'CONFIG_PARAVIRT_XXL' },
  { name: 'FIX_TEXT_POKE1', condition: '' },
  { name: 'FIX_TEXT_POKE0', condition: '' },
  { name: 'FIX_LNW_VRTC', condition: 'CONFIG_X86_INTEL_MID' },
  { name: 'FIX_GDT_REMAP_BEGIN', condition: '', pages: (nrCpus) => nrCpus },
  { name: 'FIX_APEI_GHES_IRQ', condition: 'CONFIG_ACPI_APEI_GHES' },
  { name: 'FIX_APEI_GHES_NMI', condition: 'CONFIG_ACPI_APEI_GHES' },
] as const satisfies readonly FixmapRow[];

/** A row as profiles name it: the enum name, with `@OPTION` where two rows share a name. */
export type FixmapRowName =
  | Exclude<(typeof permanentRows)[number]['name'], 'FIX_PARAVIRT_BOOTMAP'>
  | 'FIX_PARAVIRT_BOOTMAP@CONFIG_PARAVIRT'
  | 'FIX_PARAVIRT_BOOTMAP@CONFIG_PARAVIRT_XXL';

/** Name under which the whole early_ioremap window stands among the entries. */
export const BTMAP_ENTRY = 'FIX_BTMAP_END';

/** Option on which a row depends in some series, '' for none, undefined when no series has a row of that name. */
export const conditionOfRow = (name: string): string | undefined =>
  permanentRows.find((row) => row.name === name)?.condition;

const isListed = (row: FixmapRow, rows: readonly string[]): boolean =>
  rows.includes(row.name) || rows.includes(`${row.name}@${row.condition}`);
const isBuiltIn = (row: FixmapRow, config: FixmapBuild['config']): boolean =>
  row.condition === '' || config[row.condition] === true;

/**
 * Index of the first temporary mapping: the end of the permanent ones, moved up to a multiple of 512 unless the window
 * already fits one pmd entry where it is.
 */
export function btmapEndFor(endOfPermanent: number, totalBtmaps: number): number {
  const lastIfNotMoved = endOfPermanent + totalBtmaps - 1;
  const crosses = ((endOfPermanent ^ lastIfNotMoved) & -PAGES_PER_PMD) !== 0;
  return crosses ? endOfPermanent + totalBtmaps - (endOfPermanent & (totalBtmaps - 1)) : endOfPermanent;
}

/** Number the rows of one build as the compiler numbers the enum. */
export function buildFixmapTable(build: FixmapBuild): FixmapTable {
  const entries: FixmapEntry[] = [];
  let next = 0;
  const rows: readonly FixmapRow[] = permanentRows;
  for (const row of rows) {
    if (!isListed(row, build.rows) || !isBuiltIn(row, build.config)) continue;
    const index = row.at ?? next;
    const pages = row.pages?.(build.nrCpus) ?? 1;
    entries.push({ name: row.name, index, pages, condition: row.condition });
    next = index + pages;
  }
  const endOfPermanent = next;
  const totalBtmaps = build.nrFixBtmaps * build.fixBtmapsSlots;
  const btmapEnd = btmapEndFor(endOfPermanent, totalBtmaps);
  const btmapBegin = btmapEnd + totalBtmaps - 1;
  entries.push({ name: BTMAP_ENTRY, index: btmapEnd, pages: totalBtmaps, condition: '' });
  const tboot = build.config['CONFIG_INTEL_TXT'] === true;
  if (tboot) entries.push({ name: 'FIX_TBOOT_BASE', index: btmapBegin + 1, pages: 1, condition: 'CONFIG_INTEL_TXT' });
  return { entries, endOfPermanent, btmapEnd, btmapBegin, endOfFixed: btmapBegin + (tboot ? 2 : 1) };
}
