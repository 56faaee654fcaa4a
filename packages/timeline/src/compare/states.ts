import type { TraceReader } from '@kwind/events';
import { resourceTree, slots, tlbEntries, vmapAreas, type MachineState, type ResourceView } from '@kwind/state';
import { hex } from '@kwind/x86';
import { Timeline } from '../timeline.ts';
import { align } from './align.ts';
import { apartOf } from './apart.ts';
import { Canon } from './canon.ts';
import { buildOf } from './diff.ts';
import { hashText } from './hash.ts';
import { compareRuns, mappedRuns, runText } from './mapped.ts';
import type { Places } from './places.ts';
import type { TraceDiff } from './types.ts';

/** A line of one machine's description, and in which of the two it stands. */
export interface StateLine {
  readonly side: 'both' | 'a' | 'b';
  readonly text: string;
}

/** One part of the machine that differs. */
export interface StateSection {
  readonly what: 'boot' | 'slots' | 'mappings' | 'areas' | 'tlb' | 'iomem' | 'ioport';
  /** In order; lines of both are what is around, or above in a tree. */
  readonly lines: readonly StateLine[];
}

/** Two machines compared at a position each. */
export interface StateDiff {
  readonly at: { readonly a: number; readonly b: number };
  readonly sections: readonly StateSection[];
}

interface Machine {
  readonly state: MachineState;
  readonly places: Places;
}

const addressText = (places: Places, value: bigint): string => {
  places.place('page', Number(value & 0xffff_ffffn), Number(value >> 32n));
  return places.text();
};

const treeLines = (node: ResourceView): string[] =>
  node.children.flatMap((child) => [
    `${'  '.repeat(child.depth)}${hex(child.start)}-${hex(child.end)} : ${child.name === '' ? '(null)' : child.name}`,
    ...treeLines(child),
  ]);

const bootLines = ({ state: { control } }: Machine): string[] => {
  const { warnings, bugs, faults } = control.trouble;
  return [`phase ${control.phase}`, `warnings ${warnings}`, `bugs ${bugs}`, `faults ${faults}`];
};

const slotLines = ({ state, places }: Machine): string[] =>
  slots(state).flatMap(({ slot, inUse, phys, prevSize, pages }) =>
    inUse ? [`slot ${slot}  phys ${addressText(places, phys)} size ${hex(prevSize)} pages ${pages}`] : [],
  );

const areaLines = ({ state, places }: Machine): string[] =>
  vmapAreas(state).map(
    ({ start, size, phys, kind }) =>
      `${addressText(places, start)}  size ${hex(size)} ${kind} phys ${addressText(places, phys)}`,
  );

const tlbLines = ({ state, places }: Machine): string[] =>
  tlbEntries(state).map(
    ({ vaddr, phys, stale }) =>
      `${addressText(places, vaddr)} -> ${addressText(places, phys)}${stale ? '  stale' : ''}`,
  );

function lineDiff(left: readonly string[], right: readonly string[]): StateLine[] {
  const gaps = align(Uint32Array.from(left, hashText), Uint32Array.from(right, hashText));
  const lines: StateLine[] = [];
  let i = 0;
  for (let g = 0; g <= gaps.length; g += 4) {
    const last = g === gaps.length;
    for (const end = last ? left.length : gaps.at(g); i < end; i++) lines.push({ side: 'both', text: left[i]! });
    if (last) break;
    for (const text of left.slice(gaps.at(g), gaps.at(g + 1))) lines.push({ side: 'a', text });
    for (const text of right.slice(gaps.at(g + 2), gaps.at(g + 3))) lines.push({ side: 'b', text });
    i = gaps.at(g + 1);
  }
  return lines;
}

/** Lines that differ; of the rest only those above them in the tree. */
function treeDiff(left: readonly string[], right: readonly string[]): StateLine[] {
  const lines = lineDiff(left, right);
  const depthOf = ({ text }: StateLine): number => text.length - text.trimStart().length;
  let above = -1;
  const kept: StateLine[] = [];
  for (const line of lines.toReversed()) {
    const depth = depthOf(line);
    if (line.side === 'both' && depth >= above) continue;
    kept.push(line);
    above = line.side === 'both' ? depth : Math.max(above, depth);
  }
  return kept.reverse();
}

function mappedLines(a: Machine, b: Machine): StateLine[] {
  return compareRuns(mappedRuns(a.state, a.places), mappedRuns(b.state, b.places)).flatMap((one) => [
    ...(one.a ? [{ side: 'a' as const, text: runText(one.a, a.places) }] : []),
    ...(one.b ? [{ side: 'b' as const, text: runText(one.b, b.places) }] : []),
  ]);
}

function sectionsOf(a: Machine, b: Machine): StateSection[] {
  const tree = (name: 'iomem' | 'ioport'): StateLine[] =>
    treeDiff(treeLines(resourceTree(a.state, name)), treeLines(resourceTree(b.state, name)));
  const plain = (lines: (machine: Machine) => string[]): StateLine[] =>
    lineDiff(lines(a), lines(b)).filter(({ side }) => side !== 'both');
  const all: StateSection[] = [
    { what: 'boot', lines: plain(bootLines) },
    { what: 'slots', lines: plain(slotLines) },
    { what: 'mappings', lines: mappedLines(a, b) },
    { what: 'areas', lines: plain(areaLines) },
    { what: 'tlb', lines: plain(tlbLines) },
    { what: 'iomem', lines: tree('iomem') },
    { what: 'ioport', lines: tree('ioport') },
  ];
  return all.filter(({ lines }) => lines.length > 0);
}

/** Where two histories first differ: the positions just after it. Undefined when they do not. */
export function firstPlace({ differences: [first] }: TraceDiff): { a: number; b: number } | undefined {
  return first && { a: first.a ? first.a.end + 1 : first.at.a, b: first.b ? first.b.end + 1 : first.at.b };
}

/** Compares the two machines at a position each, as often as asked. Addresses are as in {@link diffTraces}. */
export function stateComparison(
  a: TraceReader,
  b: TraceReader,
): (at: { readonly a: number; readonly b: number }) => StateDiff {
  const [left, right] = [buildOf(a), buildOf(b)];
  const apart = apartOf(left, right);
  const side = (reader: TraceReader, build: typeof left): { timeline: Timeline; places: Places } => ({
    timeline: new Timeline(reader, build),
    places: new Canon(reader, build, apart, [], new Map()).places,
  });
  const [one, other] = [side(a, left), side(b, right)];
  return (at) => ({
    at,
    sections: sectionsOf(
      { state: one.timeline.stateAt(at.a), places: one.places },
      { state: other.timeline.stateAt(at.b), places: other.places },
    ),
  });
}
