import type { TraceReader } from '@kwind/events';
import { profile as profileOf, ToolError, type KernelProfile } from '@kwind/x86';
import { apartOf, type Apart } from './apart.ts';
import { Canon } from './canon.ts';
import { Column } from './column.ts';
import { Comparison } from './compare.ts';
import { haveSameChain } from './divergence.ts';
import { EventsAt } from './events-at.ts';
import { isIndependent, joinMoves } from './moves.ts';
import type { Open, Side } from './sides.ts';
import type { Difference, DiffOptions, DiffRange, Slide, TraceDiff } from './types.ts';

/** The kernel build that a trace is of. */
export const buildOf = ({ header }: TraceReader): KernelProfile => profileOf(header.profile, header.options);

interface Sides {
  readonly a: Side;
  readonly b: Side;
  readonly apart: Apart;
}

function sidesOf(a: TraceReader, b: TraceReader, options: DiffOptions, ranges: { a: DiffRange; b: DiffRange }): Sides {
  const [left, right] = [buildOf(a), buildOf(b)];
  const apart = apartOf(left, right);
  const only = options.only && new Set(options.only);
  const side = (
    reader: TraceReader,
    build: KernelProfile,
    range: DiffRange,
    aliases: ReadonlyMap<number, string>,
  ): Side => {
    const canon = new Canon(reader, build, apart, options.ignore ?? [], aliases);
    return { events: new EventsAt(reader), canon, column: new Column(reader, canon, range, only) };
  };
  const none = new Map<number, string>();
  const [sideA, sideB] = [side(a, left, ranges.a, none), side(b, right, ranges.b, none)];
  // Roots that nothing names stand for each other in the order in which they come, but for those in the same place.
  const [strangersA, strangersB] = [strangersOf(sideA, sideB), strangersOf(sideB, sideA)];
  if (strangersA.size === 0 || strangersB.size === 0) return { a: sideA, b: sideB, apart };
  return { a: side(a, left, ranges.a, strangersA), b: side(b, right, ranges.b, strangersB), apart };
}

/** Names for the roots of one side that the other does not have. */
function strangersOf(one: Side, other: Side): Map<number, string> {
  const known = new Set(other.canon.tables.strangers.map(({ frame }) => frame));
  const unknown = one.canon.tables.strangers.filter(({ frame }) => !known.has(frame));
  return new Map(unknown.map(({ frame }, i) => [frame, `root without a name ${i + 1}`]));
}

/**
 * What differs between two histories, call by call and then event by event; places that differ for no reason of their own
 * (where the kernel lay, which pages it allocated, where within a function a call stands) are taken out first.
 * The other way round, it gives the mirror image of the same report.
 *
 * @throws ToolError position/invalid for a range that ends before it starts
 */
export function diffTraces(a: TraceReader, b: TraceReader, options: DiffOptions = {}): TraceDiff {
  const range = options.range ?? { a: { from: 0, to: a.length }, b: { from: 0, to: b.length } };
  if (range.a.from > range.a.to || range.b.from > range.b.to)
    throw new ToolError('position/invalid', 'a range ends before it starts.', 'Turn it round.');
  const events = { a: range.a.to - range.a.from, b: range.b.to - range.b.from };
  const patches = { a: 0, b: 0 };
  const none = { same: true, differences: [], tolerated: 0, slides: [], rebuilt: false, patches, events };
  if (!options.range && haveSameChain(a, b)) return none;
  const sides = sidesOf(a, b, options, range);
  const order = orderOf(sides.a.column, sides.b.column);
  const { slides, rebuilt } = sides.apart;
  const common = {
    slides: [...slides, ...drawnSlides(sides)],
    rebuilt,
    patches: { a: sides.a.canon.rows.patches, b: sides.b.canon.rows.patches },
    events,
  };
  if (order === 0) return { ...none, ...common };
  // An alignment has to choose among equals; taken in the same order both ways, it chooses alike.
  const turned = order > 0;
  const found = differencesOf(turned ? sides.b : sides.a, turned ? sides.a : sides.b, options);
  sides.a.events.close();
  sides.b.events.close();
  const differences = turned ? found.differences.map(mirrored) : found.differences;
  return { ...common, same: differences.length === 0, differences, tolerated: found.tolerated };
}

/** Whether two histories come to the same, as {@link diffTraces} compares them. */
export const areEqual = (a: TraceReader, b: TraceReader, options: DiffOptions = {}): boolean =>
  diffTraces(a, b, options).same;

function differencesOf(a: Side, b: Side, options: DiffOptions): { differences: Difference[]; tolerated: number } {
  const ends = { a: a.column.range.to, b: b.column.range.to };
  const found = new Comparison(a, b).differences(ends);
  const joined = joinMoves(found);
  const kept = options.tolerateReorder
    ? joined.filter((one) => one.kind !== 'moved' || !isIndependent(one, found, b))
    : joined;
  const sorted = kept.map(cleaned).toSorted((x, y) => x.at.a + x.at.b - y.at.a - y.at.b);
  return { differences: sorted, tolerated: joined.length - kept.length };
}

const cleaned = ({ whole: _whole, gone: _gone, ...one }: Open): Difference => ({
  ...one,
  inside: one.inside.map((inner) => cleaned(inner)),
});

const kinds = { 'only-a': 'only-b', 'only-b': 'only-a', moved: 'moved', changed: 'changed' } as const;

/** The same difference, seen from the other side. */
export function mirrored({ kind, a, b, at, fields, inside, rejoin, ...rest }: Difference): Difference {
  return {
    ...rest,
    kind: kinds[kind],
    ...(b && { a: b }),
    ...(a && { b: a }),
    at: { a: at.b, b: at.a },
    fields: fields.map((field) => ({ name: field.name, a: field.b, b: field.a })),
    inside: inside.map(mirrored),
    ...(rejoin && { rejoin: { a: rejoin.b, b: rejoin.a } }),
  };
}

/** 0 when both say the same; else which comes first, in an order that does not depend on which is A. */
function orderOf(a: Column, b: Column): number {
  let [i, j] = [0, 0];
  for (;;) {
    while (i < a.hashes.length && a.hashes[i] === 0) i++;
    while (j < b.hashes.length && b.hashes[j] === 0) j++;
    if (i >= a.hashes.length || j >= b.hashes.length) break;
    if (a.hashes[i] !== b.hashes[j]) return a.hashes[i]! < b.hashes[j]! ? -1 : 1;
    i++;
    j++;
  }
  return Number(i < a.hashes.length) - Number(j < b.hashes.length);
}

/** Where each side's boot drew the address at which it patches text. */
function drawnSlides({ a, b }: Sides): Slide[] {
  const [left, right] = [a.canon.tables.drawnAddress(), b.canon.tables.drawnAddress()];
  if (left === undefined || right === undefined || left === right) return [];
  return [{ what: 'address for patching text', a: left, b: right }];
}
