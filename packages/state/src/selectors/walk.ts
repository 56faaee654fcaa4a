import {
  entryPhys,
  indexAt,
  isCanonical,
  isLeaf,
  isPresent,
  pfnOf,
  physAddr,
  PTE,
  pte,
  walkLevels,
  type Level,
  type PhysAddr,
  type Pte,
  type Vaddr,
} from '@kwind/x86';
import type { MachineView } from '../machine.ts';

export interface WalkStep {
  readonly level: Level;
  readonly table: number;
  /** Symbol of the table, or ''. */
  readonly name: string;
  readonly index: number;
  readonly entry: Pte;
}

/** Permissions over a whole walk: RW and USER need every level, NX any. */
export interface Effective {
  readonly writable: boolean;
  readonly user: boolean;
  readonly noExec: boolean;
  readonly global: boolean;
}

export type Walk =
  | {
      readonly kind: 'mapped';
      readonly phys: PhysAddr;
      readonly pageSize: bigint;
      readonly leaf: Level;
      readonly effective: Effective;
      readonly steps: readonly WalkStep[];
    }
  | { readonly kind: 'not-present'; readonly stoppedAt: Level; readonly steps: readonly WalkStep[] }
  | {
      readonly kind: 'reserved-bit';
      readonly stoppedAt: Level;
      readonly bits: bigint;
      readonly steps: readonly WalkStep[];
    }
  | { readonly kind: 'non-canonical' };

const leafSizes: Partial<Record<Level, bigint>> = { pte: 0x1000n, pmd: 0x20_0000n, pud: 0x4000_0000n };

/**
 * Bits of a present entry that must be 0: frame bits beyond the CPU's width, NX while EFER.NXE is off,
 * PSE where no large page exists, and a large page's low frame bits.
 * @kernel SDM 3A 4.5
 */
export function reservedBits(view: MachineView, level: Level, entry: bigint): bigint {
  let mask = 0x000f_ffff_ffff_ffffn & ~((1n << BigInt(view.profile.physBits)) - 1n);
  if (((view.control.registers['efer'] ?? 0n) & 0x800n) === 0n) mask |= PTE.NX;
  if (level === 'p4d' || level === 'pgd') mask |= PTE.PSE;
  if (level === 'pmd' && isLeaf(level, entry)) mask |= 0x1f_e000n;
  if (level === 'pud' && isLeaf(level, entry)) mask |= 0x3fff_e000n;
  return entry & mask;
}

/** Physical address of the root table: CR3 without its low flag bits. */
export const rootOf = (view: MachineView): PhysAddr =>
  physAddr((view.control.registers['cr3'] ?? 0n) & 0x000f_ffff_ffff_f000n);

/** What the tables say about an address; never looks at the TLB and changes nothing. */
export function walk(view: MachineView, vaddr: Vaddr, root: PhysAddr = rootOf(view)): Walk {
  const nrLevels = view.profile.levels;
  if (!isCanonical(vaddr, nrLevels)) return { kind: 'non-canonical' };
  const steps: WalkStep[] = [];
  let table: number = pfnOf(root);
  let [writable, user, noExec] = [true, true, false];
  for (const level of walkLevels(nrLevels)) {
    const index = indexAt(level, vaddr, nrLevels);
    const entry = view.pages.entry(table, index);
    steps.push({ level, table, name: view.pages.info(table)?.name ?? '', index, entry });
    if (!isPresent(entry)) return { kind: 'not-present', stoppedAt: level, steps };
    const bits = reservedBits(view, level, entry);
    if (bits !== 0n) return { kind: 'reserved-bit', stoppedAt: level, bits, steps };
    writable &&= (entry & PTE.RW) !== 0n;
    user &&= (entry & PTE.USER) !== 0n;
    noExec ||= (entry & PTE.NX) !== 0n;
    if (isLeaf(level, entry)) {
      const pageSize = leafSizes[level]!;
      const phys = physAddr((entryPhys(level, entry) & ~(pageSize - 1n)) + (vaddr & (pageSize - 1n)));
      return {
        kind: 'mapped',
        phys,
        pageSize,
        leaf: level,
        effective: { writable, user, noExec, global: (entry & PTE.GLOBAL) !== 0n },
        steps,
      };
    }
    table = pfnOf(entryPhys(level, entry));
  }
  return { kind: 'not-present', stoppedAt: 'pte', steps };
}

/** The bits that a TLB entry keeps of a walk: the leaf's, with RW and USER as the AND and NX as the OR over all levels. */
export function effectiveProt(mapped: Extract<Walk, { kind: 'mapped' }>): Pte {
  const leaf = mapped.steps.at(-1)!.entry;
  let prot = leaf & 0x8000_0000_0000_0fffn & ~(PTE.RW | PTE.USER | PTE.NX);
  if (mapped.leaf !== 'pte' && (leaf & PTE.PAT_LARGE) !== 0n) prot |= PTE.PAT_LARGE;
  if (mapped.effective.writable) prot |= PTE.RW;
  if (mapped.effective.user) prot |= PTE.USER;
  if (mapped.effective.noExec) prot |= PTE.NX;
  return pte(prot);
}
