import fc from 'fast-check';
import { profile, vaddr, type KernelProfile } from '@kwind/x86';
import type { EventBatch } from '@kwind/events';
import { boot, findKernelFunction, type KernelContext } from '@kwind/kernel';
import { LiveMachine } from '@kwind/recorder';
import type { MachineState } from '@kwind/state';

/** One call of a random stream. A number that stands for "one of the live mappings" is settled when the call is made. */
export type RandomCall =
  | { readonly do: 'map'; readonly fn: string; readonly phys: bigint; readonly size: bigint; readonly prot: bigint }
  | {
      readonly do: 'unmap';
      readonly fn: string;
      readonly pick: number;
      readonly wrong: 'nothing' | 'address' | 'size' | 'null';
    }
  | { readonly do: 'touch'; readonly fn: string; readonly pick: number; readonly offset: bigint }
  | { readonly do: 'plain'; readonly fn: string; readonly args: readonly bigint[] };

const physical = fc.oneof(
  { weight: 6, arbitrary: fc.bigInt(0n, 0x3fff_ffffn) },
  { weight: 2, arbitrary: fc.bigInt(0n, 0x3ffffn).map((page) => page << 12n) },
  { weight: 1, arbitrary: fc.bigInt(0xffff_ffff_ffff_0000n, 0xffff_ffff_ffff_ffffn) },
);
const size = fc.oneof(
  { weight: 6, arbitrary: fc.bigInt(1n, 0x5000n) },
  { weight: 2, arbitrary: fc.constantFrom(0n, 1n, 0x1000n, 0x3ffffn, 0x40000n, 0x40001n) },
  { weight: 1, arbitrary: fc.bigInt(0n, 0xffff_ffff_ffff_ffffn) },
);
const present = fc.constantFrom(0x8000_0000_0000_0163n, 0x8000_0000_0000_0161n, 0x163n, 0x103n, 0x63n);
/** Mostly the low slots, which are the ones in use. */
const pick = fc.oneof({ weight: 3, arbitrary: fc.nat(1) }, { weight: 1, arbitrary: fc.nat(7) });

const map: fc.Arbitrary<RandomCall> = fc.record({
  do: fc.constant('map' as const),
  fn: fc.constantFrom('early_ioremap', 'early_memremap', 'early_memremap_ro', 'early_memremap_prot'),
  phys: physical,
  size,
  prot: present,
});
const unmap: fc.Arbitrary<RandomCall> = fc.record({
  do: fc.constant('unmap' as const),
  fn: fc.constantFrom('early_iounmap', 'early_memunmap'),
  pick,
  wrong: fc.oneof(
    { weight: 8, arbitrary: fc.constant('nothing' as const) },
    { weight: 2, arbitrary: fc.constantFrom('address' as const, 'size' as const, 'null' as const) },
  ),
});
const touch: fc.Arbitrary<RandomCall> = fc.record({
  do: fc.constant('touch' as const),
  fn: fc.constantFrom('load', 'load', 'store', 'store', 'fetch', 'evict', 'invlpg'),
  pick,
  offset: fc.oneof(fc.constant(0n), fc.bigInt(0n, 0x2fffn)),
});

const plainCalls = (target: KernelProfile): fc.Arbitrary<RandomCall> =>
  fc
    .oneof(
      fc.tuple(
        fc.constantFrom('set_fixmap', 'set_fixmap_nocache', 'set_fixmap_io'),
        fc.tuple(fc.bigInt(0n, BigInt(target.fixmap.endOfPermanent - 1)), fc.bigInt(0n, 0xffff_ffffn)),
      ),
      fc.tuple(fc.constant('clear_fixmap'), fc.tuple(fc.bigInt(0n, BigInt(target.fixmap.endOfPermanent)))),
      fc.tuple(
        fc.constantFrom(
          target.tlb.flushLocal,
          target.tlb.flushGlobal,
          target.tlb.flushAll,
          'early_ioremap_debug_setup',
          'check_early_ioremap_leak',
        ),
        fc.constant([]),
      ),
      fc.tuple(
        fc.constantFrom('load', 'store', 'fetch', target.tlb.flushOneKernel, 'virt_to_fix'),
        fc.tuple(addresses(target)),
      ),
      fc.tuple(fc.constant('set_system_state'), fc.tuple(fc.bigInt(0n, BigInt(target.systemStates.length - 1)))),
      fc.tuple(
        fc.constant('copy_from_early_mem'),
        fc.tuple(fc.constant(target.pageOffset), fc.bigInt(0n, 0xf_ffffn), fc.bigInt(0n, 0x9000n)),
      ),
    )
    .map(([fn, args]) => ({ do: 'plain' as const, fn, args }));

const addresses = (target: KernelProfile): fc.Arbitrary<bigint> =>
  fc.oneof(
    fc.bigInt(0n, 0xff_ffffn).map((offset) => target.pageOffset + offset),
    fc.bigInt(0n, 0x3f_ffffn).map((offset) => target.symbols['_text']! + offset),
    fc.bigInt(0n, 0x7f_ffffn).map((offset) => target.fixaddrTop - offset),
    fc.constantFrom(0n, 0x1000n, 0x8000_0000_0000_0000n),
  );

/** Random kernel calls, legal and illegal, that leave the tables consistent: for laws that hold after any of them. */
export function arbitraryCalls(
  target: KernelProfile = profile('linux-6.1'),
  maxLength = 40,
): fc.Arbitrary<readonly RandomCall[]> {
  const one = fc.oneof(
    { weight: 5, arbitrary: map },
    { weight: 4, arbitrary: unmap },
    { weight: 4, arbitrary: touch },
    { weight: 3, arbitrary: plainCalls(target) },
  );
  return fc.array(one, { maxLength, size: 'max' });
}

/** Make the calls of a stream; one that the profile's kernel lacks is left out. */
export function applyCalls(ctx: KernelContext, calls: readonly RandomCall[]): void {
  for (const one of calls) {
    const fn = findKernelFunction(one.fn)!;
    if (fn.missing?.(ctx) === undefined) fn.run(ctx, argumentsFor(ctx, one, fn.params.length), []);
  }
}

function argumentsFor(ctx: KernelContext, one: RandomCall, count: number): readonly bigint[] {
  switch (one.do) {
    case 'map':
      return [one.phys, one.size, one.prot].slice(0, count);
    case 'unmap': {
      const slot = ctx.view.control.slots[one.pick]!;
      const address = one.wrong === 'null' ? 0n : slot.prevMap + (one.wrong === 'address' ? 1n : 0n);
      return [address, slot.prevSize + (one.wrong === 'size' ? 1n : 0n)];
    }
    case 'touch':
      return [vaddr(ctx.view.control.slots[one.pick]!.virt + one.offset)];
    case 'plain':
      return one.args;
  }
}

export interface RecordedCalls {
  readonly batches: readonly EventBatch[];
  readonly state: MachineState;
}

/** Boot a kernel, make the calls, and hand back all batches with the last state. */
export function recordCalls(target: KernelProfile, calls: readonly RandomCall[]): RecordedCalls {
  const batches: EventBatch[] = [];
  const machine = new LiveMachine(target, (batch) => batches.push(batch));
  boot(machine);
  applyCalls(machine, calls);
  machine.flush();
  const state = machine.snapshot();
  return { batches, state };
}
