import { assertNever, isPresent, physAddr, PTE, vaddr, type PhysAddr, type Vaddr } from '@kwind/x86';
import { effectiveProt, isStale, tlbLookup, walk, type TlbEntry, type Walk, type WalkStep } from '@kwind/state';
import { setEntry } from '../arch/x86/include/pgtable.ts';
import { earlyMakePgtable } from '../arch/x86/kernel/head64.ts';
import { call, type KernelContext } from '../context.ts';
import { CR0_WP, register } from './tlb.ts';

type Access = 'load' | 'store' | 'fetch';
type Mapped = Extract<Walk, { kind: 'mapped' }>;

/** Bits of a page fault's error code. @kernel SDM 3A 4.7 */
const ERROR = { P: 1, W: 2, RSVD: 8, I: 16 } as const;

/** The translation that an access used, or why there is none. */
type Outcome =
  | { readonly kind: 'ok'; readonly phys: PhysAddr; readonly via: string; readonly stale: boolean }
  | { readonly kind: 'fault'; readonly error: number; readonly reason: string };

/**
 * Read through the MMU as the supervisor.
 *
 * @returns the physical address reached, or null after a fault
 * @emits from the TLB: memory.loaded; by a walk: an entry event for each Accessed bit set, tlb.filled, memory.loaded;
 *        else fault.raised, and tlb.evicted for what was cached of the address. While the early root is loaded
 *        early_make_pgtable() maps direct-map addresses on their first fault, and the access is repeated.
 * @kernel SDM 3A 4.6, 4.7, 4.8, 4.10; SMAP, SMEP and protection keys are left out
 */
export const load = (ctx: KernelContext, address: Vaddr): PhysAddr | null => access(ctx, 'load', address);

/** Write through the MMU as the supervisor; sets Dirty too, by a new walk if the cached translation lacks it. See {@link load}. */
export const store = (ctx: KernelContext, address: Vaddr): PhysAddr | null => access(ctx, 'store', address);

/** Fetch an instruction through the MMU; NX pages fault. Recorded as a load. See {@link load}. */
export const fetchInstruction = (ctx: KernelContext, address: Vaddr): PhysAddr | null => access(ctx, 'fetch', address);

function access(ctx: KernelContext, kind: Access, address: Vaddr): PhysAddr | null {
  return call(ctx, kind, [address], () => {
    let outcome = translate(ctx, kind, address);
    if (outcome.kind === 'fault') {
      raiseFault(ctx, kind, address, outcome);
      // Only a missing entry is for the early handler; it asks for nothing but the address.
      if ((outcome.error & ERROR.P) !== 0 || !earlyMakePgtable(ctx, address)) return null;
      outcome = translate(ctx, kind, address);
      if (outcome.kind === 'fault') {
        raiseFault(ctx, kind, address, outcome);
        return null;
      }
    }
    const { phys, via, stale } = outcome;
    ctx.emit({ type: kind === 'store' ? 'memory.stored' : 'memory.loaded', vaddr: address, phys, via, stale });
    return phys;
  });
}

function translate(ctx: KernelContext, kind: Access, address: Vaddr): Outcome {
  if (!ctx.profile.mmu) return { kind: 'ok', phys: physAddr(address), via: 'none', stale: false };
  const cached = tlbLookup(ctx.view.control.tlb, address);
  if (!cached) return walkFor(ctx, kind, address);
  const refused = refusal(ctx, kind, cached.prot);
  if (refused) return refused;
  // A store must leave Dirty in memory; the cached translation says that it is not there yet.
  if (kind === 'store' && (cached.prot & PTE.DIRTY) === 0n) return walkFor(ctx, kind, address, cached);
  const phys = physAddr(cached.phys + (address - cached.vaddr));
  return { kind: 'ok', phys, via: 'tlb', stale: isStale(ctx.view, cached) };
}

/** What the effective bits of a present translation refuse, if anything. */
function refusal(ctx: KernelContext, kind: Access, prot: bigint): Extract<Outcome, { kind: 'fault' }> | undefined {
  const error = ERROR.P | accessBits(kind);
  if (kind === 'fetch' && (prot & PTE.NX) !== 0n) return { kind: 'fault', error, reason: 'no-execute page' };
  const readOnly = (prot & PTE.RW) === 0n && (register(ctx, 'cr0') & CR0_WP) !== 0n;
  if (kind === 'store' && readOnly) return { kind: 'fault', error, reason: 'read-only page' };
  return undefined;
}

function accessBits(kind: Access): number {
  switch (kind) {
    case 'load':
      return 0;
    case 'store':
      return ERROR.W;
    case 'fetch':
      return ERROR.I;
    default:
      return assertNever(kind, 'access');
  }
}

function walkFor(ctx: KernelContext, kind: Access, address: Vaddr, cached?: TlbEntry): Outcome {
  const found = walk(ctx.view, address);
  switch (found.kind) {
    case 'mapped':
      return refusal(ctx, kind, effectiveProt(found)) ?? take(ctx, kind, address, found, cached);
    case 'not-present':
      return { kind: 'fault', error: accessBits(kind), reason: `${found.stoppedAt} entry not present` };
    case 'reserved-bit':
      return {
        kind: 'fault',
        error: ERROR.P | ERROR.RSVD | accessBits(kind),
        reason: `reserved bits in the ${found.stoppedAt} entry`,
      };
    case 'non-canonical':
      // A general protection in truth; the catalogue has one event for both.
      return { kind: 'fault', error: 0, reason: 'address not canonical (#GP)' };
    default:
      return assertNever(found, 'walk');
  }
}

/** A walk that succeeds: sets Accessed at every level and Dirty in the leaf of a store, and caches what it found. */
function take(ctx: KernelContext, kind: Access, address: Vaddr, found: Mapped, cached: TlbEntry | undefined): Outcome {
  for (const step of found.steps) markUsed(ctx, step, kind === 'store' && step === found.steps.at(-1));
  const now = walk(ctx.view, address) as Mapped;
  if (cached && cached.size !== now.pageSize)
    ctx.emit({ type: 'tlb.evicted', vaddr: address, reason: 'walked again for Dirty' });
  const offset = now.pageSize - 1n;
  const page = { vaddr: vaddr(address & ~offset), phys: physAddr(now.phys & ~offset), size: now.pageSize };
  ctx.emit({ type: 'tlb.filled', ...page, prot: effectiveProt(now) });
  return { kind: 'ok', phys: now.phys, via: 'walk', stale: false };
}

function markUsed(ctx: KernelContext, step: WalkStep, dirty: boolean): void {
  const bits = PTE.ACCESSED | (dirty ? PTE.DIRTY : 0n);
  if (isPresent(step.entry) && (step.entry & bits) !== bits)
    setEntry(ctx, step.level, step.table, step.index, step.entry | bits);
}

function raiseFault(
  ctx: KernelContext,
  kind: Access,
  address: Vaddr,
  fault: Extract<Outcome, { kind: 'fault' }>,
): void {
  ctx.emit({ type: 'fault.raised', vaddr: address, error: fault.error, access: kind, reason: fault.reason });
  if (tlbLookup(ctx.view.control.tlb, address)) ctx.emit({ type: 'tlb.evicted', vaddr: address, reason: 'fault' });
}
