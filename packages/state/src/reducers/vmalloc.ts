import { hex, isCacheMode, ToolError, type CacheMode } from '@kwind/x86';
import type { MemtypeRange } from '../vmalloc.ts';
import type { MachineWriter } from '../writer.ts';
import type { Reducers } from './types.ts';

type VmallocEvent =
  | 'area.claimed'
  | 'area.released'
  | 'area.purged'
  | 'memory.reserved'
  | 'memtype.reserved'
  | 'memtype.freed'
  | 'memtype.pages-marked'
  | 'memtype.conflicted';

const HINT = 'The trace is damaged or was put together from different boots; run kwind verify on it.';

export const vmallocReducers: Reducers<VmallocEvent> = {
  'area.claimed': (m, e) => {
    const { areas } = m.edit().vmalloc;
    const at = areas.findIndex((area) => area.start > e.start);
    const area = {
      start: e.start,
      end: e.end,
      phys: e.phys,
      flags: e.flags,
      pages: e.pages,
      caller: e.caller,
      claimedBy: e.seq,
    };
    areas.splice(at < 0 ? areas.length : at, 0, area);
  },
  'area.released': (m, e) => {
    const { areas, lazy } = m.edit().vmalloc;
    takeOut(areas, e.start, 'area in use');
    lazy.push({ start: e.start, end: e.end, releasedBy: e.seq });
  },
  'area.purged': (m, e) => takeOut(m.edit().vmalloc.lazy, e.start, 'area given up'),
  'memory.reserved': (m, e) => {
    m.edit().reserved.push({ start: e.start, end: e.end, name: e.name });
  },
  'memtype.reserved': (m, e) => {
    const { noted } = m.edit().memtypes;
    const at = noted.findIndex((known) => known.start > e.start || (known.start === e.start && known.end > e.end));
    noted.splice(at < 0 ? noted.length : at, 0, { start: e.start, end: e.end, type: typeOf(e.held) });
  },
  'memtype.freed': (m, e) => dropNote(m, e.start, e.end),
  'memtype.pages-marked': (m, e) => markPages(m, { start: e.start, end: e.end, type: typeOf(e.after) }),
  'memtype.conflicted': () => {},
};

const typeOf = (text: string): CacheMode => {
  if (isCacheMode(text)) return text;
  throw new ToolError('event/corrupt', `an event names a memory type "${text}".`, HINT);
};

function takeOut(areas: { start: bigint }[], start: bigint, what: string): void {
  const at = areas.findIndex((area) => area.start === start);
  if (at < 0) throw new ToolError('event/corrupt', `an event names an ${what} at ${hex(start)}, there is none.`, HINT);
  areas.splice(at, 1);
}

/** Drop the note of exactly this range; without one, cut the note that ends here, as an unmapped tail does. */
function dropNote(machine: MachineWriter, start: bigint, end: bigint): void {
  const { noted } = machine.edit().memtypes;
  const exact = noted.findIndex((known) => known.start === start && known.end === end);
  if (exact >= 0) {
    noted.splice(exact, 1);
    return;
  }
  const tail = noted.find((known) => known.start < start && known.end === end);
  if (!tail)
    throw new ToolError(
      'event/corrupt',
      `an event frees a memory type of ${hex(start)} to ${hex(end)}, none is noted.`,
      HINT,
    );
  tail.end = start;
}

function markPages(machine: MachineWriter, marked: MemtypeRange): void {
  const memtypes = machine.edit().memtypes;
  const rest = memtypes.pages.flatMap((range): MemtypeRange[] => {
    if (range.end <= marked.start || range.start >= marked.end) return [{ ...range }];
    const before = range.start < marked.start ? [{ ...range, end: marked.start }] : [];
    const after = range.end > marked.end ? [{ ...range, start: marked.end }] : [];
    return [...before, ...after];
  });
  const all = marked.type === 'WB' ? rest : [...rest, marked];
  memtypes.pages = all.toSorted((a, b) => (a.start < b.start ? -1 : 1));
}
