import { PTE, vaddr, type Vaddr } from '@kwind/x86';
import { tlbLookup } from '@kwind/state';
import { call, type KernelContext } from '../context.ts';

/** CR4 bits that matter to translation. */
export const CR4 = {
  PSE: 1n << 4n,
  PAE: 1n << 5n,
  PGE: 1n << 7n,
  LA57: 1n << 12n,
  PCIDE: 1n << 17n,
  SMEP: 1n << 20n,
} as const;
/** CR0.WP: the supervisor too must respect read-only pages. */
export const CR0_WP = 1n << 16n;
/** Bit 63 of a value written to CR3 asks, with PCIDs on, to keep the TLB; it is not stored. */
const CR3_NOFLUSH = 1n << 63n;

export const register = (ctx: KernelContext, name: string): bigint => ctx.view.control.registers[name] ?? 0n;

/** Whether the Global bit of a leaf means anything now. */
export const honoursGlobal = (ctx: KernelContext): boolean => (register(ctx, 'cr4') & CR4.PGE) !== 0n;

/** Drop all translations that are not global; every one while CR4.PGE is off. */
function dropNonGlobal(ctx: KernelContext, how: string): void {
  ctx.emit({ type: 'tlb.flushed', how, scope: honoursGlobal(ctx) ? 'non-global' : 'all' });
}

/** Whether a translation of this address is cached that is global, and may be. */
function isHeldGlobal(ctx: KernelContext, address: Vaddr): boolean {
  const cached = tlbLookup(ctx.view.control.tlb, address);
  return cached !== undefined && honoursGlobal(ctx) && (cached.prot & PTE.GLOBAL) !== 0n;
}

/**
 * INVLPG: drops the page that holds `address`, whatever its size, also when it is global.
 * What the CPU holds of upper-level entries is not part of the model.
 * @emits tlb.page-flushed; nothing for a global translation on a CPU with the erratum, while PCIDs are on
 * @kernel SDM 3A 4.10.4.1
 */
export function invalidatePage(ctx: KernelContext, address: Vaddr): void {
  if (ctx.profile.tlb.invlpgKeepsGlobal && (register(ctx, 'cr4') & CR4.PCIDE) !== 0n && isHeldGlobal(ctx, address))
    return;
  ctx.emit({ type: 'tlb.page-flushed', vaddr: address, how: 'invlpg' });
}

/**
 * MOV to CR3. Global translations stay while CR4.PGE is on. With PCIDs on (CR4.PCIDE) bit 63 keeps everything;
 * the model has one PCID, so a write without that bit drops as without PCIDs.
 *
 * @param value root table and flag bits as written
 * @emits cr3.loaded, tlb.flushed
 * @kernel SDM 3A 4.10.4.1
 */
export function loadCr3(ctx: KernelContext, value: bigint): void {
  ctx.emit({ type: 'cr3.loaded', before: register(ctx, 'cr3'), after: value & ~CR3_NOFLUSH });
  const keeps = (register(ctx, 'cr4') & CR4.PCIDE) !== 0n && (value & CR3_NOFLUSH) !== 0n;
  if (!keeps) dropNonGlobal(ctx, 'cr3');
}

/**
 * MOV to CR4. Everything goes, global or not, when PGE, PSE, PAE or LA57 changes, PCIDE is cleared or SMEP is set.
 * @emits cr4.written; tlb.flushed when a bit changed that asks for it
 * @kernel SDM 3A 4.10.4.1
 */
export function loadCr4(ctx: KernelContext, value: bigint): void {
  const before = register(ctx, 'cr4');
  ctx.emit({ type: 'cr4.written', before, after: value });
  const changed = before ^ value;
  const anyWay = changed & (CR4.PGE | CR4.PSE | CR4.PAE | CR4.LA57);
  const cleared = changed & before & CR4.PCIDE;
  const set = changed & value & CR4.SMEP;
  if ((anyWay | cleared | set) !== 0n) ctx.emit({ type: 'tlb.flushed', how: 'cr4', scope: 'all' });
}

/** What INVPCID is asked to drop, by the number in its register operand. */
export const invpcidKinds = { individualAddress: 0n, singleContext: 1n, allWithGlobal: 2n, allNonGlobal: 3n } as const;

/** The `invlpg` instruction as a call of its own. @kernel SDM 2A INVLPG */
export function invlpg(ctx: KernelContext, address: Vaddr): void {
  call(ctx, 'invlpg', [address], () => invalidatePage(ctx, address));
}

/**
 * The `invpcid` instruction. Kind 0 leaves a global translation alone, so nothing is dropped then; 1 and 3 drop
 * what is not global; 2 drops everything. With one PCID in the model 1 and 3 do the same. Other kinds fault and are ignored.
 *
 * @param address used by kind 0 only
 * @emits tlb.page-flushed or tlb.flushed
 * @kernel SDM 2A INVPCID
 */
export function invpcid(ctx: KernelContext, kind: bigint, pcid: bigint, address: Vaddr): void {
  call(ctx, 'invpcid', [kind, pcid, address], () => {
    if (kind === invpcidKinds.individualAddress) {
      if (!isHeldGlobal(ctx, address)) ctx.emit({ type: 'tlb.page-flushed', vaddr: address, how: 'invpcid' });
    } else if (kind === invpcidKinds.allWithGlobal) {
      ctx.emit({ type: 'tlb.flushed', how: 'invpcid', scope: 'all' });
    } else if (kind === invpcidKinds.singleContext || kind === invpcidKinds.allNonGlobal) {
      dropNonGlobal(ctx, 'invpcid');
    }
  });
}

/**
 * The CPU drops a cached translation of its own accord, as it may at any time. The model never does so unasked.
 * @returns 1 when there was one, else 0
 * @emits tlb.evicted
 * @kernel SDM 3A 4.10.2.3
 */
export function evict(ctx: KernelContext, address: Vaddr): bigint {
  return call(ctx, 'evict', [address], () => {
    if (tlbLookup(ctx.view.control.tlb, address) === undefined) return 0n;
    ctx.emit({ type: 'tlb.evicted', vaddr: vaddr(address), reason: 'asked' });
    return 1n;
  });
}
