import { deepStrictEqual } from 'node:assert/strict';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { IOMEM_RESOURCE, IORESOURCE, profile } from '@kwind/x86';
import { given } from '@kwind/testkit';
import { checkInvariants, resourceById, resourceTree, type ResourceView } from '@kwind/state';
import type { KernelContext } from '../context.ts';
import { minus } from '../errno.ts';
import {
  adjustResource,
  insertResource,
  insertResourceExpandToFit,
  releaseRegionBelow,
  releaseResource,
  removeResource,
  requestRegionBelow,
  requestResource,
  reserveRegionWithSplit,
  resource,
} from './resource.ts';

/*
 * The same trees once more, as plain nested intervals that are rebuilt at each step. It knows no lists and no order of
 * looking: what a range meets is found by filtering all children.
 */
interface Interval {
  readonly id: bigint;
  readonly low: bigint;
  readonly high: bigint;
  readonly busy: boolean;
  readonly inner: readonly Interval[];
}

const meets = (a: Interval, b: Interval): boolean => a.low <= b.high && b.low <= a.high;
const holds = (outer: Interval, one: Interval): boolean => outer.low <= one.low && one.high <= outer.high;
const same = (a: Interval, b: Interval): boolean => a.low === b.low && a.high === b.high;
const sorted = (list: readonly Interval[]): Interval[] =>
  list.toSorted((a, b) => (a.low < b.low ? -1 : a.low > b.low ? 1 : 0));
const withInner = (one: Interval, inner: readonly Interval[]): Interval => ({ ...one, inner: sorted(inner) });
const without = (list: readonly Interval[], gone: readonly Interval[]): Interval[] =>
  list.filter((one) => !gone.includes(one));

/** The tree with `change` done at one node; null when `change` refuses. */
function at(tree: Interval, id: bigint, change: (node: Interval) => Interval | null): Interval | null {
  if (tree.id === id) return change(tree);
  for (const child of tree.inner) {
    if (!find(child, id)) continue;
    const changed = at(child, id, change);
    return changed && withInner(tree, [...without(tree.inner, [child]), changed]);
  }
  return null;
}

function find(tree: Interval, id: bigint): Interval | undefined {
  return tree.id === id ? tree : tree.inner.map((child) => find(child, id)).find((found) => found !== undefined);
}

const fits = (node: Interval, one: Interval): boolean => one.low <= one.high && holds(node, one);

function claim(node: Interval, one: Interval): Interval | null {
  return fits(node, one) && !node.inner.some((child) => meets(child, one))
    ? withInner(node, [...node.inner, one])
    : null;
}

function insert(node: Interval, one: Interval): Interval | null {
  if (!fits(node, one)) return null;
  const met = node.inner.filter((child) => meets(child, one));
  const around = met.find((child) => holds(child, one) && !same(child, one));
  if (around) {
    const changed = insert(around, one);
    return changed && withInner(node, [...without(node.inner, [around]), changed]);
  }
  if (!met.every((child) => holds(one, child))) return null;
  // A resource that is inserted over others forgets what it held itself.
  return withInner(node, [...without(node.inner, met), met.length > 0 ? withInner(one, met) : one]);
}

function region(node: Interval, one: Interval): Interval | null {
  if (!fits(node, one)) return null;
  const met = node.inner.filter((child) => meets(child, one));
  if (met.length === 0) return withInner(node, [...node.inner, one]);
  const [first] = met;
  if (first!.busy) return null;
  const changed = region(first!, one);
  return changed && withInner(node, [...without(node.inner, [first!]), changed]);
}

function releaseExactly(node: Interval, low: bigint, high: bigint): Interval | null {
  const around = node.inner.find((child) => child.low <= low && high <= child.high);
  if (!around) return null;
  if (around.busy)
    return around.low === low && around.high === high ? withInner(node, without(node.inner, [around])) : null;
  const changed = releaseExactly(around, low, high);
  return changed && withInner(node, [...without(node.inner, [around]), changed]);
}

/** Free pieces of a range among the children, low to high; none above a child that reaches the end of the range. */
function freePieces(node: Interval, low: bigint, high: bigint): (readonly [bigint, bigint])[] {
  const pieces: (readonly [bigint, bigint])[] = [];
  let from = low;
  for (const child of node.inner.filter((one) => one.low <= high && one.high >= low)) {
    if (child.low > from) pieces.push([from, child.low - 1n]);
    from = child.high + 1n;
  }
  return from <= high ? [...pieces, [from, high]] : pieces;
}

/** Points that show signed arithmetic and lost bits, in rising order: eight around each place. */
const places = [0n, 0x1000n, 0x1_0000_0000n - 4n, 0x8000_0000_0000_0000n - 4n, 0xffff_ffff_ffff_fff8n];
const points = places.flatMap((place) => Array.from({ length: 8 }, (_, i) => place + BigInt(i)));

const range = fc
  .tuple(
    fc.nat(points.length - 1),
    fc.oneof({ weight: 4, arbitrary: fc.nat(3) }, { weight: 1, arbitrary: fc.nat(points.length - 1) }),
  )
  .map(([from, length]): [bigint, bigint] => [points[from]!, points[Math.min(from + length, points.length - 1)]!]);

type Step = {
  readonly do: string;
  readonly range: readonly [bigint, bigint];
  readonly pick: number;
  readonly busy: boolean;
};
const steps = fc.array(
  fc.record({
    do: fc.constantFrom(
      ...['request', 'insert', 'region'].flatMap((one) => [one, one, one, one]),
      'expand',
      'releaseRegion',
      'release',
      'remove',
      'adjust',
      'adjust',
      'split',
    ),
    range,
    pick: fc.nat(1000),
    busy: fc.boolean(),
  }),
  { minLength: 5, maxLength: 60, size: 'max' },
);

const u64 = (value: bigint): bigint => BigInt.asUintN(64, value);
const shape = (node: {
  readonly id: bigint;
  readonly low: bigint;
  readonly high: bigint;
  readonly inner: readonly Interval[];
}): unknown => [node.id, node.low, node.high, node.inner.map(shape)];
const shapeOfView = (node: ResourceView): unknown => [node.id, node.start, node.end, node.children.map(shapeOfView)];

const everyNode = (node: Interval): Interval[] => [node, ...node.inner.flatMap(everyNode)];

/** Both trees, moved together by one step at a time. */
class Pair {
  readonly k: KernelContext;
  tree: Interval = { id: IOMEM_RESOURCE, low: 0n, high: points.at(-1)!, busy: false, inner: [] };
  /** Released with what was below them, ready to be linked again. */
  readonly loose: Interval[] = [];

  constructor(k: KernelContext) {
    this.k = k;
  }

  #pick(pick: number, withRoot: boolean): Interval | undefined {
    const nodes = everyNode(this.tree).slice(withRoot ? 0 : 1);
    return nodes[pick % Math.max(1, nodes.length)];
  }

  #fresh({ range: [low, high], busy, pick }: Step): Interval {
    const again = pick % 4 === 0 ? this.loose.pop() : undefined;
    if (again) return again;
    const flags = IORESOURCE.MEM | (busy ? IORESOURCE.BUSY : 0n);
    return { id: resource(this.k, { start: low, end: high, name: 'r', flags }), low, high, busy, inner: [] };
  }

  readonly outcomes = new Map<string, number>();

  #note(what: string, done: boolean): void {
    const key = `${what} ${done ? 'done' : 'refused'}`;
    this.outcomes.set(key, (this.outcomes.get(key) ?? 0) + 1);
  }

  #accept(changed: Interval | null): bigint {
    if (changed) this.tree = changed;
    return changed ? 0n : minus('EBUSY');
  }

  step(step: Step): void {
    const { k } = this;
    const [low, high] = step.range;
    const size = u64(high - low + 1n);
    switch (step.do) {
      case 'request': {
        const [root, one] = [this.#pick(step.pick, true)!.id, this.#fresh(step)];
        const code = this.#accept(at(this.tree, root, (node) => claim(node, one)));
        deepStrictEqual(requestResource(k, root, one.id), code);
        this.#note(step.do, code === 0n);
        return;
      }
      case 'insert': {
        const [root, one] = [this.#pick(step.pick, true)!.id, this.#fresh(step)];
        const code = this.#accept(at(this.tree, root, (node) => insert(node, one)));
        deepStrictEqual(insertResource(k, root, one.id), code);
        this.#note(step.do, code === 0n);
        return;
      }
      case 'expand':
        return this.#expand(step);
      case 'region': {
        const found = requestRegionBelow(k, IOMEM_RESOURCE, low, size, 'region');
        const one = { id: found ?? 0n, low, high, busy: true, inner: [] };
        // A region of 2^64 bytes has the size 0, which ends before it starts; below 0 that is the whole range again.
        deepStrictEqual(found === null ? minus('EBUSY') : 0n, this.#accept(region(this.tree, one)));
        this.#note(step.do, found !== null);
        return;
      }
      case 'releaseRegion': {
        // Mostly the range of something that is there.
        const there = step.pick % 3 === 0 ? undefined : this.#pick(step.pick, false);
        const [from, to] = there ? [there.low, there.high] : [low, high];
        releaseRegionBelow(k, IOMEM_RESOURCE, from, u64(to - from + 1n));
        this.#note('releaseRegion', this.#accept(releaseExactly(this.tree, from, to)) === 0n);
        return;
      }
      default:
        return this.#change(step);
    }
  }

  /** Grow over the lowest that is half overlapped, until none is. */
  #expand(step: Step): void {
    let one = this.#fresh(step);
    insertResourceExpandToFit(this.k, IOMEM_RESOURCE, one.id);
    for (;;) {
      const changed = insert(this.tree, one);
      if (changed) {
        this.tree = changed;
        return;
      }
      const { start, end } = resourceById(this.k.view, one.id)!;
      if (one.low === start && one.high === end) throw new Error('the kernel stopped growing');
      const level = levelOf(this.tree, one);
      const half = level.inner.find((child) => meets(child, one) && !holds(one, child))!;
      one = { ...one, low: half.low < one.low ? half.low : one.low, high: half.high > one.high ? half.high : one.high };
    }
  }

  #change({ do: what, range: [low, high], pick }: Step): void {
    const node = this.#pick(pick, false);
    if (what === 'split') return this.#split(low, high);
    if (!node) return;
    const above = (change: (parent: Interval) => Interval): Interval =>
      at(this.tree, everyNode(this.tree).find((one) => one.inner.includes(node))!.id, change)!;
    if (what === 'adjust') {
      const parent = everyNode(this.tree).find((one) => one.inner.includes(node))!;
      const moved = { ...node, low, high };
      const allowed =
        holds(parent, moved) &&
        without(parent.inner, [node]).every((other) => !meets(other, moved)) &&
        keepsPlace(parent, node, moved) &&
        node.inner.every((child) => holds(moved, child));
      if (allowed) this.tree = above((one) => withInner(one, [...without(one.inner, [node]), moved]));
      this.#note(what, allowed);
      deepStrictEqual(adjustResource(this.k, node.id, low, u64(high - low + 1n)), allowed ? 0n : minus('EBUSY'));
      return;
    }
    deepStrictEqual((what === 'release' ? releaseResource : removeResource)(this.k, node.id), 0n);
    this.tree = above((one) =>
      withInner(one, [...without(one.inner, [node]), ...(what === 'remove' ? node.inner : [])]),
    );
    this.loose.push(what === 'remove' ? { ...node, inner: [] } : node);
  }

  #split(low: bigint, high: bigint): void {
    reserveRegionWithSplit(this.k, IOMEM_RESOURCE, low, high, 'piece');
    const pieces = freePieces(this.tree, low, high);
    const made = resourceTree(this.k.view, 'iomem').children.filter((node) => !find(this.tree, node.id));
    deepStrictEqual(
      made.map((node) => [node.start, node.end, node.name, node.busy]),
      pieces.map(([from, to]) => [from, to, 'piece', true]),
    );
    this.tree = withInner(this.tree, [
      ...this.tree.inner,
      ...made.map((node) => ({ id: node.id, low: node.start, high: node.end, busy: true, inner: [] })),
    ]);
  }
}

/** Nobody jumps over a neighbour: the order of the list stays. */
const keepsPlace = (parent: Interval, node: Interval, moved: Interval): boolean =>
  without(parent.inner, [node]).every((other) => other.low < node.low === other.low < moved.low);

/** Where an insertion ends up: below everything that holds it and is not the same. */
function levelOf(tree: Interval, one: Interval): Interval {
  const around = tree.inner.find((child) => holds(child, one) && !same(child, one));
  return around ? levelOf(around, one) : tree;
}

describe('the resource trees', () => {
  it.each(['linux-insides', 'linux-6.1'])(
    'of %s are what plain nested intervals are, after any requests, inserts and releases',
    (name) => {
      let linked = 0;
      const outcomes = new Map<string, number>();
      fc.assert(
        fc.property(steps, (list) => {
          given(profile(name)).when((k) => {
            const pair = new Pair(k);
            for (const step of list) {
              pair.step(step);
              expect(shapeOfView(resourceTree(k.view, 'iomem'))).toEqual(shape(pair.tree));
            }
            expect(checkInvariants(k.view)).toEqual([]);
            linked = Math.max(linked, everyNode(pair.tree).length);
            for (const [what, times] of pair.outcomes) outcomes.set(what, (outcomes.get(what) ?? 0) + times);
          });
        }),
        { numRuns: 600 },
      );
      // Both ways of each were tried often enough to mean something.
      for (const what of ['request', 'insert', 'region', 'releaseRegion', 'adjust']) {
        for (const how of ['done', 'refused'])
          expect(outcomes.get(`${what} ${how}`) ?? 0, `${what} ${how}`).toBeGreaterThan(100);
      }
      expect(linked).toBeGreaterThan(12);
    },
  );
});
