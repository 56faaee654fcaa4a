import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { bootStart, mapLine, unmapLine, warn44, warn61 } from './drawn-log.ts';
import { playNaively } from './naive-slots.ts';
import { parseBootLog } from './parse.ts';
import type { BootLog } from './types.ts';

/** What a kernel did: its calls with their true arguments, and the message of each. */
interface Truth {
  readonly call: string;
  readonly message: string;
}

const step = fc.record({
  map: fc.boolean(),
  pick: fc.nat({ max: 7 }),
  phys: fc.nat({ max: 0xf_ffff }),
  size: fc.integer({ min: 1, max: 0x3_f000 }),
});
const steps = fc.array(step, { minLength: 30, maxLength: 120, size: 'max' });
const textOf = (fn: string, first: bigint | number, size: number): string =>
  `${fn}(0x${first.toString(16)}, 0x${size.toString(16)})`;

/** Runs steps on eight slots: a map where one is free, else an unmap of some slot in use. */
function kernelRun(
  wanted: readonly { readonly map: boolean; readonly pick: number; readonly phys: number; readonly size: number }[],
  hashed: boolean,
): Truth[] {
  const slots: ({ readonly addr: bigint; readonly size: number } | undefined)[] = Array.from(
    { length: 8 },
    () => undefined,
  );
  return wanted.flatMap(({ map, pick, phys, size }) => {
    const free = slots.indexOf(undefined);
    if (map && free !== -1) {
      slots[free] = { addr: 0xffff_ffff_ff20_0000n + BigInt(free * 0x4_0000 + (phys % 4096)), size };
      return [{ call: textOf('__early_ioremap', phys, size), message: mapLine(free, phys, size) }];
    }
    const used = slots.flatMap((held, slot) => (held ? [{ ...held, slot }] : []));
    const held = used[pick % Math.max(used.length, 1)];
    if (!held) return [];
    slots[held.slot] = undefined;
    const pointer = hashed ? '(____ptrval____)' : held.addr.toString(16);
    return [{ call: textOf('early_iounmap', held.addr, held.size), message: unmapLine(held.slot, held.size, pointer) }];
  });
}

const printed = (truth: readonly Truth[], old: boolean): string[] =>
  truth.flatMap(({ message }) => (old ? warn44(message) : warn61(message)));
const parse = (lines: readonly string[]): BootLog | undefined =>
  lines.some((line) => /\) \[\d/.test(line)) ? parseBootLog(lines) : undefined;
const contradictions = (log: BootLog): string[] =>
  log.notes.flatMap(({ weight, line, text }) => (weight === 'contradiction' ? [`${line} ${text}`] : []));

describe('the log of a run that followed the rules', () => {
  it('gives back the calls with their arguments', () => {
    const check = (wanted: Parameters<typeof kernelRun>[0], hashed: boolean, old: boolean): void => {
      const truth = kernelRun(wanted, hashed);
      const log = parse([...bootStart(), ...printed(truth, old)]);
      if (!log) return;
      expect(contradictions(log)).toEqual([]);
      const calls = log.calls.flatMap((one) =>
        one.kind === 'seen' && one.sizeKnown ? [textOf(one.call.fn, one.call.args[0]!, Number(one.call.args[1]))] : [],
      );
      const isOpen = new Set(log.calls.flatMap((one, at) => (one.kind === 'seen' && !one.sizeKnown ? [at] : [])));
      expect(calls).toEqual(truth.filter((_, at) => !isOpen.has(at)).map(({ call }) => call));
    };
    fc.assert(fc.property(steps, fc.boolean(), fc.boolean(), check), { numRuns: 150 });
  });

  it('is explained when its beginning was before debugging', () => {
    const check = (wanted: Parameters<typeof kernelRun>[0], hashed: boolean, nrUnseen: number): void => {
      const log = parse([...bootStart(), ...printed(kernelRun(wanted, hashed).slice(nrUnseen), false)]);
      if (!log) return;
      expect(playNaively(log.calls).disagreements).toEqual([]);
      expect(contradictions(log)).toEqual([]);
    };
    fc.assert(fc.property(steps, fc.boolean(), fc.nat({ max: 20 }), check), { numRuns: 150 });
  });

  it('is explained when messages were lost', () => {
    const check = (
      wanted: Parameters<typeof kernelRun>[0],
      hashed: boolean,
      cuts: readonly (readonly [number, number])[],
    ): void => {
      const lines = printed(kernelRun(wanted, hashed), false);
      for (const [from, length] of cuts)
        lines.splice(from % (lines.length + 1), length, `** ${length} printk messages dropped **`);
      const log = parse([...bootStart(), ...lines]);
      if (!log) return;
      expect(playNaively(log.calls).disagreements).toEqual([]);
      expect(contradictions(log)).toEqual([]);
    };
    fc.assert(
      fc.property(steps, fc.boolean(), fc.array(fc.tuple(fc.nat(), fc.nat({ max: 200 })), { maxLength: 4 }), check),
      { numRuns: 150 },
    );
  });
});
