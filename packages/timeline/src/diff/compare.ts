import { ToolError } from '@kwind/x86';
import { align, type Pairs } from './align.ts';
import { Normaliser, type NormalField } from './normalise.ts';
import { treeOf, Words, type CallPart, type Part } from './tree.ts';
import type { Difference, DiffItem, DiffOptions, DiffSide, FieldChange, Slide, TraceDiff } from './types.ts';

type CallHere = Part & { readonly call: CallPart };
interface Gap {
  readonly a: readonly Part[];
  readonly b: readonly Part[];
  readonly rejoin?: { readonly a: number; readonly b: number };
}

/** What stands between pairs that belong together. */
function gapsOf(a: readonly Part[], b: readonly Part[], pairs: Pairs): Gap[] {
  const gaps: Gap[] = [];
  let [lowA, lowB] = [0, 0];
  for (const [placeA, placeB] of [...pairs, [a.length, b.length] as const]) {
    if (placeA > lowA || placeB > lowB) {
      const [nextA, nextB] = [a[placeA], b[placeB]];
      const rejoin = nextA && nextB ? { rejoin: { a: nextA.seq, b: nextB.seq } } : {};
      gaps.push({ a: a.slice(lowA, placeA), b: b.slice(lowB, placeB), ...rejoin });
    }
    [lowA, lowB] = [placeA + 1, placeB + 1];
  }
  return gaps;
}

/** Compares two trees, top down: what is equal is never looked into. */
class Comparison {
  readonly differences: Difference[] = [];
  tolerated = 0;
  readonly #a: { readonly side: DiffSide; readonly normaliser: Normaliser };
  readonly #b: { readonly side: DiffSide; readonly normaliser: Normaliser };
  readonly #tolerateReorder: boolean;

  constructor(
    a: { side: DiffSide; normaliser: Normaliser },
    b: { side: DiffSide; normaliser: Normaliser },
    options: DiffOptions,
  ) {
    this.#a = a;
    this.#b = b;
    this.#tolerateReorder = options.tolerateReorder === true;
  }

  parts(a: readonly Part[], b: readonly Part[], path: readonly string[]): void {
    const gaps = gapsOf(a, b, align(a.map(idOf), b.map(idOf)));
    const moved = this.#moved(gaps, path);
    for (const gap of gaps) {
      const rest = { ...gap, a: gap.a.filter((part) => !moved.has(part)), b: gap.b.filter((part) => !moved.has(part)) };
      this.#gap(rest, path, [keyOf, kindOf]);
    }
  }

  /** Calls that are missing here and there, and are the same. */
  #moved(gaps: readonly Gap[], path: readonly string[]): ReadonlySet<Part> {
    const moved = new Set<Part>();
    const spare = new Map<number, Part[]>();
    for (const part of gaps.flatMap((gap) => gap.b))
      if (part.call) spare.set(part.id, [...(spare.get(part.id) ?? []), part]);
    for (const part of gaps.flatMap((gap) => gap.a)) {
      const other = part.call ? spare.get(part.id)?.shift() : undefined;
      if (!other) continue;
      moved.add(part).add(other);
      if (this.#tolerateReorder) this.tolerated++;
      else
        this.differences.push({
          kind: 'moved',
          what: 'call',
          a: this.#itemA(part),
          b: this.#itemB(other),
          path,
          fields: [],
        });
    }
    return moved;
  }

  /** Pair what is left of a gap, by ever weaker likeness; what finds no partner is on one side only. */
  #gap(gap: Gap, path: readonly string[], likenesses: readonly ((part: Part) => number)[]): void {
    const [likeness, ...weaker] = likenesses;
    if (gap.a.length === 0 || gap.b.length === 0 || !likeness) return this.#alone(gap, path);
    const pairs = likeness === kindOf ? this.#sameKind(gap) : align(gap.a.map(likeness), gap.b.map(likeness));
    let [lowA, lowB] = [0, 0];
    for (const [placeA, placeB] of [...pairs, [gap.a.length, gap.b.length] as const]) {
      this.#gap({ ...gap, a: gap.a.slice(lowA, placeA), b: gap.b.slice(lowB, placeB) }, path, weaker);
      const [partA, partB] = [gap.a[placeA], gap.b[placeB]];
      if (partA && partB) this.#pair(partA, partB, gap, path);
      [lowA, lowB] = [placeA + 1, placeB + 1];
    }
  }

  /** Events of one type, calls of one function. */
  #sameKind({ a, b }: Gap): Pairs {
    const kind = (part: Part, { side }: { side: DiffSide }): string =>
      part.call ? `call ${part.call.fn}` : eventAt(side, part.seq).type;
    const words = new Words();
    return align(
      a.map((part) => words.of(kind(part, this.#a))),
      b.map((part) => words.of(kind(part, this.#b))),
    );
  }

  #pair(a: Part, b: Part, gap: Gap, path: readonly string[]): void {
    const fields = changes(this.#fieldsA(a), this.#fieldsB(b));
    const rejoin = gap.rejoin ? { rejoin: gap.rejoin } : {};
    if (!a.call || !b.call || fields.length > 0) {
      this.differences.push({
        kind: 'changed',
        what: a.call ? 'call' : 'event',
        a: this.#itemA(a),
        b: this.#itemB(b),
        path,
        fields,
        ...rejoin,
      });
      // A call with other arguments does other things: that it was called so is the news.
      return;
    }
    this.parts(a.call.parts, b.call.parts, [...path, a.call.title]);
  }

  #alone({ a, b, rejoin }: Gap, path: readonly string[]): void {
    const common = { path, fields: [], ...(rejoin && { rejoin }) };
    for (const part of a)
      this.differences.push({ kind: 'only-a', what: part.call ? 'call' : 'event', a: this.#itemA(part), ...common });
    for (const part of b)
      this.differences.push({ kind: 'only-b', what: part.call ? 'call' : 'event', b: this.#itemB(part), ...common });
  }

  #fieldsA = (part: Part): NormalField[] => this.#a.normaliser.fieldsOf(eventAt(this.#a.side, part.seq));
  #fieldsB = (part: Part): NormalField[] => this.#b.normaliser.fieldsOf(eventAt(this.#b.side, part.seq));
  #itemA = (part: Part): DiffItem => itemOf(part, this.#a.side, this.#a.normaliser);
  #itemB = (part: Part): DiffItem => itemOf(part, this.#b.side, this.#b.normaliser);
}

const idOf = (part: Part): number => part.id;
const keyOf = (part: Part): number => part.call?.key ?? -2 - part.id;
const kindOf = (part: Part): number => part.id;

function eventAt(
  { reader }: DiffSide,
  seq: number,
): ReturnType<ReturnType<DiffSide['reader']['batchContaining']>['at']> {
  const batch = reader.batchContaining(seq);
  return batch.at(seq - batch.firstSeq);
}

function itemOf(part: Part, side: DiffSide, normaliser: Normaliser): DiffItem {
  const event = eventAt(side, part.seq);
  const text = (part as CallHere).call?.title ?? normaliser.textOf(event);
  return { seq: part.seq, end: part.call?.end ?? part.seq, type: event.type, text };
}

const changes = (a: readonly NormalField[], b: readonly NormalField[]): FieldChange[] =>
  a.flatMap(({ name, text }) => {
    const other = b.find((field) => field.name === name)?.text ?? '';
    return other === text ? [] : [{ name, a: text, b: other }];
  });

function slidesOf(a: DiffSide, b: DiffSide): Slide[] {
  const places = ({ profile }: DiffSide): readonly (readonly [string, bigint])[] => [
    ['kernel image, physical', profile.physBase],
    ['kernel image', profile.symbols['_text'] ?? profile.startKernelMap],
    ['direct map', profile.pageOffset],
    ['vmalloc area', profile.vmallocStart],
  ];
  const there = new Map(places(b));
  return places(a).flatMap(([what, value]) =>
    there.get(what) === value ? [] : [{ what, a: value, b: there.get(what)! }],
  );
}

/**
 * What differs between two histories, call by call and then event by event; places that differ for no reason of their own
 * (where the kernel lay, which pages it allocated, where within a function a call stands) are taken out first.
 * @throws ToolError option/invalid for a field that no event has
 */
export function diffTraces(a: DiffSide, b: DiffSide, options: DiffOptions = {}): TraceDiff {
  const words = new Words();
  const slides = slidesOf(a, b);
  const apart = { slid: slides.length > 0, rebuilt: slides.length === 0 && !haveSameSymbols(a, b) };
  const [left, right] = [new Normaliser(a, options, apart), new Normaliser(b, options, apart)];
  const range = options.range ?? { a: { from: 0, to: a.reader.length }, b: { from: 0, to: b.reader.length } };
  if (range.a.from > range.a.to || range.b.from > range.b.to)
    throw new ToolError('position/invalid', 'a range ends before it starts.', 'Turn it round.');
  const comparison = new Comparison({ side: a, normaliser: left }, { side: b, normaliser: right }, options);
  comparison.parts(treeOf(a, left, words, options, range.a), treeOf(b, right, words, options, range.b), []);
  const differences = comparison.differences.toSorted((x, y) => placeOf(x) - placeOf(y));
  const events = { a: range.a.to - range.a.from, b: range.b.to - range.b.from };
  return { same: differences.length === 0, differences, tolerated: comparison.tolerated, slides, events };
}

const haveSameSymbols = (a: DiffSide, b: DiffSide): boolean =>
  Object.entries(a.profile.symbols).every(([name, value]) => b.profile.symbols[name] === value);

const placeOf = ({ a, b, rejoin }: Difference): number => a?.seq ?? (rejoin ? rejoin.a - 0.5 : (b?.seq ?? 0));
