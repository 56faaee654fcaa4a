import type { LoggedCall } from './types.ts';

/** A second, simpler model of the kernel's slots, to check the importer by. Only tests import this. */
interface Slot {
  readonly addr: bigint;
  readonly size: bigint;
}

export interface Played {
  readonly nrMaps: number;
  readonly nrUnmaps: number;
  /** `log:118 slot: 1, not 0`: what was claimed, not what the model did. */
  readonly disagreements: readonly string[];
  /** Slots in use at the end. */
  readonly inUse: readonly number[];
}

/** Play calls: the first free slot, 256 KiB of address space each. */
export function playNaively(calls: readonly LoggedCall[]): Played {
  const slots: (Slot | undefined)[] = Array.from({ length: 8 }, () => undefined);
  const disagreements: string[] = [];
  let [nrMaps, nrUnmaps] = [0, 0];
  for (const { call } of calls) {
    const expect = (what: string, actual: bigint): void => {
      const claim = call.claims.find((one) => one.what === what);
      if (claim && claim.value !== actual) disagreements.push(`${claim.origin} ${what}: ${claim.value}, not ${actual}`);
    };
    const [first = 0n, size = 0n] = call.args;
    if (call.fn === '__early_ioremap') {
      const free = slots.indexOf(undefined);
      const base = 0xffff_ffff_ff20_0000n + BigInt(free) * 0x4_0000n;
      const addr = base + (first & 0xfffn);
      expect('result', free === -1 ? 0n : addr);
      expect('slot', BigInt(free));
      expect('slotVirt', base);
      expect('pages', ((first & 0xfffn) + size + 0xfffn) >> 12n);
      if (free !== -1) slots[free] = { addr, size };
      nrMaps += 1;
    } else if (call.fn === 'early_iounmap') {
      const found = first === 0n ? slots.indexOf(undefined) : slots.findIndex((slot) => slot?.addr === first);
      const refused = found === -1 || slots[found]?.size !== size;
      const refusedByLog = call.claims.some(
        ({ value }) => typeof value === 'string' && /not (?:found slot|consistent)/.test(value),
      );
      expect('slot', BigInt(found));
      expect('vaddr', first);
      if (refused !== refusedByLog && first !== 0n)
        disagreements.push(`${call.origin} refused: ${refusedByLog}, not ${refused}`);
      if (!refused) slots[found] = undefined;
      nrUnmaps += 1;
    }
  }
  return { nrMaps, nrUnmaps, disagreements, inUse: slots.flatMap((slot, at) => (slot ? [at] : [])) };
}
