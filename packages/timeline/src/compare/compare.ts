import { codeOfType, specOfCode, type EventView } from '@kwind/events';
import { align } from './align.ts';
import type { Parts } from './column.ts';
import type { EventAt } from './events-at.ts';
import { likenesses, type Likeness } from './likeness.ts';
import type { Open, Part, Side } from './sides.ts';
import type { DiffItem, FieldChange } from './types.ts';

const ENTERED = codeOfType('call.entered');

/** More parts than this without a partner are told as one stretch. */
const MOST_APART = 4000;

/** Calls in calls that are looked into; no kernel stack holds so many, and deeper ones are told whole. */
const DEEPEST = 256;

/** The calls around a place, innermost first; each is put into words when a difference is found in it. */
interface Path {
  readonly around: Path | undefined;
  readonly a: number;
  readonly b: number;
  /** Whether both sides say it alike: then either tells, and the other need not be read. */
  readonly alike: boolean;
  readonly depth: number;
  said?: readonly string[];
}

interface Gap {
  readonly a: readonly Part[];
  readonly b: readonly Part[];
  /** Where it stands: the event after it, on each side. */
  readonly at: { readonly a: number; readonly b: number };
  readonly rejoin?: { readonly a: number; readonly b: number };
}

const partOf = ({ ids, seqs, from, calls }: Parts, i: number): Part => ({
  seq: seqs ? seqs[i]! : from + i,
  id: ids[i]!,
  call: calls ? calls[i]! - 1 : -1,
});

function slice(parts: Parts, from: number, to: number): Part[] {
  const found: Part[] = [];
  for (let i = from; i < to; i++) found.push(partOf(parts, i));
  return found;
}

function numbersOf(parts: readonly Part[], likeness: (part: Part) => number): Uint32Array {
  const numbers = new Uint32Array(parts.length);
  for (let i = 0; i < parts.length; i++) numbers[i] = likeness(parts[i]!);
  return numbers;
}

/** Compares two traces from the top: what is equal is never looked into. */
export class Comparison {
  readonly a: Side;
  readonly b: Side;
  readonly #likenesses: readonly Likeness[];

  constructor(a: Side, b: Side) {
    this.a = a;
    this.b = b;
    this.#likenesses = likenesses(a, b);
  }

  /** All differences, `ends` being what comes after both. */
  differences(ends: { a: number; b: number }): Open[] {
    const found: Open[] = [];
    this.#within(-1, -1, ends, undefined, found);
    return found;
  }

  /** The differences within a call on each side (−1: at the top), `ends` being what comes after them. */
  #within(callA: number, callB: number, ends: { a: number; b: number }, path: Path | undefined, found: Open[]): void {
    const [a, b] = [this.a.column.partsOf(callA), this.b.column.partsOf(callB)];
    const gaps = align(a.ids, b.ids);
    for (let g = 0; g < gaps.length; g += 4) {
      const [fromA, toA, fromB, toB] = [gaps.at(g), gaps.at(g + 1), gaps.at(g + 2), gaps.at(g + 3)];
      const meets = toA < a.ids.length && toB < b.ids.length;
      const at = {
        a: toA < a.ids.length ? partOf(a, toA).seq : ends.a,
        b: toB < b.ids.length ? partOf(b, toB).seq : ends.b,
      };
      const where = { at, ...(meets && { rejoin: at }) };
      if (toA - fromA + toB - fromB > MOST_APART)
        found.push(...this.#stretches(a, b, [fromA, toA, fromB, toB], where, path));
      else this.#gap({ a: slice(a, fromA, toA), b: slice(b, fromB, toB), ...where }, path, this.#likenesses, found);
    }
  }

  /** Pair what is left of a gap, by ever weaker likeness; what finds no partner is on one side only. */
  #gap(gap: Gap, path: Path | undefined, [likeness, ...weaker]: readonly Likeness[], found: Open[]): void {
    if (gap.a.length === 0 || gap.b.length === 0 || !likeness) return this.#alone(gap, path, found);
    const apart = align(numbersOf(gap.a, likeness.a), numbersOf(gap.b, likeness.b));
    let [i, j] = [0, 0];
    for (let g = 0; g <= apart.length; g += 4) {
      const last = g === apart.length;
      const [fromA, fromB] = last ? [gap.a.length, gap.b.length] : [apart.at(g), apart.at(g + 2)];
      for (; i < fromA; i++, j++) this.#pair(gap.a[i]!, gap.b[j]!, gap, path, found);
      if (last) break;
      const [toA, toB] = [apart.at(g + 1), apart.at(g + 3)];
      const at = { a: gap.a[toA]?.seq ?? gap.at.a, b: gap.b[toB]?.seq ?? gap.at.b };
      this.#gap({ ...gap, a: gap.a.slice(fromA, toA), b: gap.b.slice(fromB, toB), at }, path, weaker, found);
      [i, j] = [toA, toB];
    }
  }

  #pair(a: Part, b: Part, gap: Gap, path: Path | undefined, found: Open[]): void {
    const calls = a.call >= 0 && b.call >= 0;
    const depth = (path?.depth ?? 0) + 1;
    if (calls && depth > DEEPEST) return this.#alone({ ...gap, a: [a], b: [b] }, path, found);
    // Equal numbers are equal words: only what differs is read.
    const alike = calls && keyOf(this.a, a) === keyOf(this.b, b);
    const fields = alike ? [] : this.#changes(a, b);
    const inside: Open[] = fields.length === 0 ? found : [];
    const within = { around: path, a: a.seq, b: b.seq, alike, depth };
    if (calls) this.#within(a.call, b.call, this.#endsOf(a, b), within, inside);
    if (fields.length === 0) return;
    found.push({
      kind: 'changed',
      what: calls ? 'call' : 'event',
      a: this.#item(this.a, a),
      b: this.#item(this.b, b),
      at: { a: a.seq, b: b.seq },
      path: this.#pathOf(path, 'a'),
      fields,
      inside,
      ...(gap.rejoin && { rejoin: gap.rejoin }),
    });
  }

  #changes(a: Part, b: Part): FieldChange[] {
    return changes(this.a, this.a.events.at(a.seq), this.b, this.b.events.at(b.seq));
  }

  /** The calls around a place, outermost first; of those that both sides say alike, as the side says it that is read anyway. */
  #pathOf(path: Path | undefined, side: 'a' | 'b'): readonly string[] {
    if (!path) return [];
    return (path.said ??= [...this.#pathOf(path.around, side), this.#titleOf(path, side)]);
  }
  #titleOf(path: Path, side: 'a' | 'b'): string {
    const from = path.alike ? side : 'a';
    return titleOf(this[from], this[from].events.at(path[from]).event);
  }

  #endsOf = (a: Part, b: Part): { a: number; b: number } => ({
    a: this.a.column.calls.end(a.call),
    b: this.b.column.calls.end(b.call),
  });

  #alone({ a, b, at, rejoin }: Gap, path: Path | undefined, found: Open[]): void {
    const side = a.length > 0 ? 'a' : 'b';
    const common = { path: this.#pathOf(path, side), fields: [], inside: [], ...(rejoin && { rejoin }) };
    const nextB = b[0]?.seq ?? at.b;
    for (const part of a)
      found.push({
        kind: 'only-a',
        what: part.call >= 0 ? 'call' : 'event',
        a: this.#item(this.a, part),
        at: { a: part.seq, b: nextB },
        ...common,
        ...(part.call >= 0 && { whole: part.id, gone: part }),
      });
    for (const part of b)
      found.push({
        kind: 'only-b',
        what: part.call >= 0 ? 'call' : 'event',
        b: this.#item(this.b, part),
        at: { a: at.a, b: part.seq },
        ...common,
        ...(part.call >= 0 && { whole: part.id, gone: part }),
      });
  }

  #stretches(
    a: Parts,
    b: Parts,
    [fromA, toA, fromB, toB]: readonly [number, number, number, number],
    where: Pick<Gap, 'at' | 'rejoin'>,
    path: Path | undefined,
  ): Open[] {
    const said = this.#pathOf(path, fromA < toA ? 'a' : 'b');
    const common = { what: 'stretch' as const, path: said, fields: [], inside: [], ...where };
    const place = {
      a: fromA < toA ? partOf(a, fromA).seq : where.at.a,
      b: fromB < toB ? partOf(b, fromB).seq : where.at.b,
    };
    const stretch = (side: Side, parts: Parts, from: number, to: number): DiffItem => {
      const last = partOf(parts, to - 1);
      const item = this.#item(side, partOf(parts, from));
      const end = last.call >= 0 ? side.column.calls.end(last.call) : last.seq;
      return { ...item, end, text: `${end - item.seq + 1} events, from ${item.text} on` };
    };
    return [
      ...(fromA < toA ? [{ kind: 'only-a' as const, a: stretch(this.a, a, fromA, toA), ...common, at: place }] : []),
      ...(fromB < toB
        ? [{ kind: 'only-b' as const, b: stretch(this.b, b, fromB, toB), ...common, at: { a: where.at.a, b: place.b } }]
        : []),
    ];
  }

  #item(side: Side, part: Part): DiffItem {
    const { event, code } = side.events.at(part.seq);
    const isCall = part.call >= 0;
    return {
      seq: part.seq,
      end: isCall ? side.column.calls.end(part.call) : part.seq,
      type: event.type,
      text: isCall ? titleOf(side, event) : side.canon.textOf(event, code),
    };
  }
}

/** Of a call, what makes two the same call. */
const keyOf = ({ column }: Side, { seq }: Part): number => column.hashes[seq - column.range.from]!;

/** `fn(args)`. */
function titleOf({ canon }: Side, event: EventView): string {
  return event.type === 'call.entered' ? `${event.fn}(${canon.fieldOf(event, ENTERED, 'args') ?? ''})` : event.type;
}

function changes(a: Side, left: EventAt, b: Side, right: EventAt): FieldChange[] {
  const fields = a.canon.fieldsOf(left.event, left.code);
  const others = new Map(b.canon.fieldsOf(right.event, right.code).map(({ name, text }) => [name, text]));
  const found = fields.flatMap(({ name, text }) => {
    const other = others.get(name) ?? '';
    return other === text ? [] : [{ name, a: text, b: other }];
  });
  // A page that moved with its section of the image, in another build, is still the same page.
  if (found.length > 0 && left.code === right.code && isSameBySection(a, left, b, right)) return [];
  if (left.code === right.code) return found;
  return [{ name: 'type', a: specOfCode(left.code)!.type, b: specOfCode(right.code)!.type }, ...found];
}

function isSameBySection(a: Side, left: EventAt, b: Side, right: EventAt): boolean {
  return (['section', 'next'] as const).some((by) => {
    const others = b.canon.fieldsOf(right.event, right.code, by);
    return a.canon
      .fieldsOf(left.event, left.code, by)
      .every(({ name, text }, i) => others[i]?.name === name && others[i].text === text);
  });
}
