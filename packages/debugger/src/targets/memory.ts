import {
  coverageOf,
  entryPhys,
  hex16,
  isLeaf,
  isPresent,
  pfnOf,
  shiftOf,
  ToolError,
  u64,
  walkLevels,
  type Level,
  type Vaddr,
} from '@kwind/x86';
import { effectiveProt, rootOf, tlbLookup, walk, type MachineState, type MachineView } from '@kwind/state';
import {
  either,
  entriesChange,
  entryAt,
  registerChanges,
  sourceOf,
  type EntrySpan,
  type Predicate,
} from '@kwind/timeline';
import type { TargetValue } from '../answers.ts';
import { entryInfo } from '../explain.ts';
import type { VaddrRange } from '../ranges.ts';
import { cachedInfo } from '../views/walk.ts';
import type { Target } from './target.ts';

const PAGE = 0x1000n;

/** Entries of every level that a translation in a range reads, as the tables stand. */
export function entriesFor(view: MachineView, range: VaddrRange): readonly EntrySpan[] {
  const spans: EntrySpan[] = [];
  collect(view, pfnOf(rootOf(view)), 0, 0n, range, spans);
  return spans;
}

function collect(
  view: MachineView,
  table: number,
  depth: number,
  base: bigint,
  range: VaddrRange,
  spans: EntrySpan[],
): void {
  const { levels } = view.profile;
  const level: Level = walkLevels(levels)[depth]!;
  const coverage = coverageOf(level, levels);
  let [first, last] = [512, -1];
  for (let index = 0; index < 512; index++) {
    const start = u64(BigInt.asIntN(levels === 5 ? 57 : 48, base + (BigInt(index) << shiftOf(level, levels))));
    if (start + coverage <= range.start || start >= range.end) continue;
    [first, last] = [Math.min(first, index), index];
    const entry = view.pages.entry(table, index);
    if (!isPresent(entry) || isLeaf(level, entry)) continue;
    collect(view, pfnOf(entryPhys(level, entry)), depth + 1, start, range, spans);
  }
  if (last >= 0) spans.push({ table, first, last });
}

/** What an address, or a page or more, translates to. */
export function translationTarget(title: string, range: VaddrRange): Target {
  return {
    title,
    follows: true,
    range,
    changes: (view) => either([entriesChange(entriesFor(view, range)), registerChanges('cr3')]),
    value: (_timeline, { state }) => translationAt(state, range.start as Vaddr),
  };
}

function translationAt(view: MachineView, address: Vaddr): TargetValue {
  const found = walk(view, address);
  if (found.kind !== 'mapped') return { kind: 'translation', phys: null, pageSize: 0n, flags: '' };
  return {
    kind: 'translation',
    phys: found.phys,
    pageSize: found.pageSize,
    flags: entryInfo(found.leaf, effectiveProt(found)).flags,
  };
}

/** One entry of a table: the one of a level that an address is translated by at `view`. */
export function entryTarget(view: MachineView, level: Level, address: Vaddr): Target {
  const found = walk(view, address);
  const step = found.kind === 'non-canonical' ? undefined : found.steps.find((one) => one.level === level);
  if (!step) {
    const hint = 'walk shows how far the tables go; goto a position where they go further.';
    throw new ToolError(
      'command/usage',
      `no ${level} entry translates ${hex16(address)} at position ${view.position}.`,
      hint,
    );
  }
  const { table, index } = step;
  return {
    title: `${level} ${hex16(address)}`,
    follows: false,
    range: level === 'pte' ? { start: address & ~(PAGE - 1n), end: (address & ~(PAGE - 1n)) + PAGE } : undefined,
    changes: () => entriesChange([entryAt(table, index)]),
    value: (_timeline, { state }) => ({ kind: 'entry', entry: entryInfo(level, state.pages.entry(table, index)) }),
    valueAfter: (event) => {
      if ('after' in event && 'table' in event) return { kind: 'entry', entry: entryInfo(level, event.after) };
      return event.type === 'table.allocated' ? { kind: 'entry', entry: entryInfo(level, 0n) } : undefined;
    },
  };
}

const tlbEvents = sourceOf('tlb.filled', 'tlb.flushed', 'tlb.page-flushed', 'tlb.evicted');

/** What the TLB holds for an address. */
export function tlbTarget(address: Vaddr): Target {
  const cachedAt = (view: MachineState) => tlbLookup(view.control.tlb, address);
  // The same fill is the same translation; states that were folded on different ways hold different objects of it.
  const changes: Predicate = {
    sources: tlbEvents,
    test: ({ before, after }) => cachedAt(before)?.filledBy !== cachedAt(after)?.filledBy,
  };
  return {
    title: `tlb ${hex16(address)}`,
    follows: false,
    changes: () => changes,
    value: (_timeline, { state }) => {
      const cached = cachedAt(state);
      if (!cached) return { kind: 'translation', phys: null, pageSize: 0n, flags: '' };
      const { flags } = cachedInfo(state, cached);
      return { kind: 'translation', phys: cached.phys + (address & (cached.size - 1n)), pageSize: cached.size, flags };
    },
  };
}
