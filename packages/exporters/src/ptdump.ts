import {
  coverageOf,
  entryPhys,
  guardHole,
  isLeaf,
  isPresent,
  paOf,
  pfnOf,
  PHYSICAL_PAGE_MASK,
  PTE,
  PTRS_PER_TABLE,
  ToolError,
  u64,
  walkLevels,
  type Level,
  type Pfn,
} from '@kwind/x86';
import type { MachineView } from '@kwind/state';
import { RowPrinter, type Noted } from './ptdump-rows.ts';

export interface PtdumpOptions {
  /** Another root than the kernel's own, as `current_kernel` has it. */
  readonly root?: Pfn;
}

/** Index of the root's first entry of the kernel half, where addresses jump. */
const KERNEL_HALF = PTRS_PER_TABLE / 2;

/** A walk on its way down. */
interface Descent {
  readonly view: MachineView;
  readonly rows: RowPrinter;
  readonly levels: readonly Level[];
}

/** Rights that the levels above leave: RW and USER need all of them, NX any. */
const combine = (above: bigint, flags: bigint): bigint =>
  (above & flags & (PTE.RW | PTE.USER)) | ((above | flags) & PTE.NX);

/**
 * The kernel's page tables as /sys/kernel/debug/page_tables/kernel (kernel_page_tables up to 4.18) shows them, byte for byte:
 * rows of equal pages with their size, bits and level, and markers between the regions.
 *
 * @kernel arch/x86/mm/dump_pagetables.c ptdump_walk_pgd_level_core(); mm/ptdump.c from 5.7 on
 */
export function ptdump(view: MachineView, { root = kernelRoot(view) }: PtdumpOptions = {}): string {
  const rows = new RowPrinter(view.profile);
  const descent: Descent = { view, rows, levels: walkLevels(view.profile.levels) };
  walkTable(descent, 0, root, 0n, undefined, 0, KERNEL_HALF);
  const { end } = guardHole(view.profile);
  const first = Number((end / coverageOf('pgd', view.profile.levels)) & 511n);
  walkTable(
    descent,
    0,
    root,
    0n,
    undefined,
    view.profile.ioremap.ptdump.skipsGuardHole ? first : KERNEL_HALF,
    PTRS_PER_TABLE,
  );
  return rows.finish();
}

function kernelRoot(view: MachineView): Pfn {
  const { symbols, finalRoot, name } = view.profile;
  const address = symbols[finalRoot];
  const phys = address === undefined ? undefined : paOf(view.profile, address);
  if (phys !== undefined) return pfnOf(phys);
  throw new ToolError(
    'option/invalid',
    `profile ${name} does not say where ${finalRoot} is.`,
    `Give symbol.${finalRoot}=ADDRESS.`,
  );
}

/** Entries `from` to `to` of a table that covers addresses from `base` on (not yet sign-extended). */
function walkTable(
  descent: Descent,
  depth: number,
  table: number,
  base: bigint,
  above: bigint | undefined,
  from: number,
  to: number,
): void {
  const { view, levels } = descent;
  const level = levels[depth]!;
  const size = coverageOf(level, view.profile.levels);
  for (let index = from; index < to;) {
    const entry = view.pages.entry(table, index);
    const address = canonical(descent, base + BigInt(index) * size);
    if (entry !== 0n && !isLeaf(level, entry) && isPresent(entry)) {
      const rights = above === undefined ? flagsOf(descent, level, entry) : combine(above, entry);
      walkTable(
        descent,
        depth + 1,
        pfnOf(entryPhys(level, entry)),
        base + BigInt(index) * size,
        rights,
        0,
        PTRS_PER_TABLE,
      );
      index++;
      continue;
    }
    const count = runLength(descent, level, table, index, to, entry);
    noteRun(descent, level, address, entry, above, size, count);
    index += count;
  }
}

/** Number of entries from `index` on that would be noted alike. */
function runLength({ view }: Descent, level: Level, table: number, index: number, to: number, entry: bigint): number {
  const bits = entry & ~PHYSICAL_PAGE_MASK;
  let count = 1;
  for (; index + count < to; count++) {
    const next = view.pages.entry(table, index + count);
    if (entry === 0n ? next !== 0n : next === 0n || (next & ~PHYSICAL_PAGE_MASK) !== bits) break;
    if (level !== 'pte' && (next & PTE.PAT_LARGE) !== (entry & PTE.PAT_LARGE)) break;
  }
  return count;
}

function noteRun(
  descent: Descent,
  level: Level,
  address: bigint,
  entry: bigint,
  above: bigint | undefined,
  size: bigint,
  count: number,
): void {
  const { rows, view } = descent;
  // The generic walker passes over upper entries that are neither empty nor present nor large.
  const isPassedOver = entry !== 0n && !isPresent(entry) && level !== 'pte' && (entry & PTE.PSE) === 0n;
  if (isPassedOver && view.profile.ioremap.ptdump.skipsGuardHole) return;
  const flags = flagsOf(descent, level, entry);
  const effective = entry === 0n ? 0n : above === undefined ? flags : combine(above, entry);
  const noted: Noted = { level, flags, effective };
  rows.run(address, noted, size, count);
}

function flagsOf({ view }: Descent, level: Level, entry: bigint): bigint {
  const kept =
    view.profile.ioremap.ptdump.keepsPatLarge && level !== 'pte' && isLeaf(level, entry) ? entry & PTE.PAT_LARGE : 0n;
  return (entry & ~PHYSICAL_PAGE_MASK) | kept;
}

function canonical({ view }: Descent, address: bigint): bigint {
  return u64(BigInt.asIntN(view.profile.levels === 5 ? 57 : 48, address));
}
