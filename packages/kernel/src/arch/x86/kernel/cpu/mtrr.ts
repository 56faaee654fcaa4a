import type { KernelContext } from '../../../../context.ts';
import { call } from '../../../../context.ts';
import { setVariable, variable } from '../../../../variables.ts';

/** MTRR types, and the kernel's mark for MTRRs that are off. @kernel arch/x86/include/uapi/asm/mtrr.h */
export const MTRR = { UNCACHABLE: 0n, WRCOMB: 1n, WRTHROUGH: 4n, WRPROT: 5n, WRBACK: 6n, INVALID: 0xffn } as const;

/** The type of a physical range, and whether all of it has that one type. */
export interface MtrrType {
  readonly type: bigint;
  readonly uniform: boolean;
}

interface MtrrRange {
  readonly base: bigint;
  readonly size: bigint;
  readonly type: bigint;
}

const ENABLED = 'mtrr_state.enabled';
const DEFAULT_TYPE = 'mtrr_state.def_type';
const COUNT = 'mtrr_state.nr_ranges';
const rangeName = (i: number, part: 'base' | 'size' | 'type'): string => `mtrr_state.var_ranges[${i}].${part}`;

function rangesOf(ctx: KernelContext): readonly MtrrRange[] {
  return Array.from({ length: Number(variable(ctx, COUNT)) }, (_, i) => ({
    base: variable(ctx, rangeName(i, 'base')),
    size: variable(ctx, rangeName(i, 'size')),
    type: variable(ctx, rangeName(i, 'type')),
  }));
}

/** Turn MTRRs on with a type for all memory that no range covers: what firmware does. */
export function mtrrSetDefault(ctx: KernelContext, type: bigint): void {
  call(ctx, 'mtrr_set_default', [type], () => {
    setVariable(ctx, ENABLED, 1n);
    setVariable(ctx, DEFAULT_TYPE, type);
  });
}

/**
 * Give a physical range a type by a variable MTRR. Sizes and bases that the hardware cannot hold are not refused.
 * @returns number of the register
 * @kernel arch/x86/kernel/cpu/mtrr/mtrr.c mtrr_add()
 */
export function mtrrAdd(ctx: KernelContext, base: bigint, size: bigint, type: bigint): bigint {
  return call(ctx, 'mtrr_add', [base, size, type], () => {
    const count = variable(ctx, COUNT);
    const i = Number(count);
    if (variable(ctx, ENABLED) === 0n) setVariable(ctx, ENABLED, 1n);
    setVariable(ctx, rangeName(i, 'base'), base);
    setVariable(ctx, rangeName(i, 'size'), size);
    setVariable(ctx, rangeName(i, 'type'), type);
    setVariable(ctx, COUNT, count + 1n);
    return count;
  });
}

/** Uncachable beats everything, write-through beats write-back, other mixtures count as uncachable. */
function combine(types: readonly bigint[]): bigint {
  const distinct = [...new Set(types)];
  if (distinct.length === 1) return distinct[0]!;
  const onlyWriteBackAndThrough = distinct.every((type) => type === MTRR.WRBACK || type === MTRR.WRTHROUGH);
  return onlyWriteBackAndThrough ? MTRR.WRTHROUGH : MTRR.UNCACHABLE;
}

/**
 * Memory type of a physical range by the variable MTRRs. Fixed ones, for the first MiB, are not part of the model.
 *
 * @param end first byte after the range
 * @returns MTRR.INVALID and uniform while MTRRs are off; nobody has turned them on unless a script or a machine says so
 * @kernel arch/x86/kernel/cpu/mtrr/generic.c mtrr_type_lookup()
 */
export function mtrrTypeLookup(ctx: KernelContext, start: bigint, end: bigint): MtrrType {
  if (variable(ctx, ENABLED) === 0n) return { type: MTRR.INVALID, uniform: true };
  const ranges = rangesOf(ctx);
  const cuts = ranges.flatMap(({ base, size }) => [base, base + size]).filter((cut) => start < cut && cut < end);
  const starts = [...new Set([start, ...cuts])];
  const types = starts.map((at) => {
    const covering = ranges.filter(({ base, size }) => base <= at && at < base + size).map(({ type }) => type);
    return covering.length === 0 ? variable(ctx, DEFAULT_TYPE) : combine(covering);
  });
  return { type: combine(types), uniform: new Set(types).size === 1 };
}
