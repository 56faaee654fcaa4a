import { describeFixmap, fixIdx, fixToVirtUnchecked, type FixIdx } from '@kwind/x86';
import { walk, type MachineView } from '@kwind/state';
import type { Cursor, Timeline } from '@kwind/timeline';
import type { FixmapRow, FixmapView } from '../answers.ts';
import { entryInfo } from '../explain.ts';
import { placeOf } from '../place.ts';

/** Every index, falling addresses: mapped ones each a row, neighbours of one owner that map nothing one row together. */
export function fixmapView(timeline: Timeline, { position, state }: Cursor): FixmapView {
  const rows = describeFixmap(state.profile).flatMap(({ name, first, last }) => rowsOf(state, name, first, last));
  return { type: 'fixmap', at: placeOf(timeline, position), rows };
}

function rowsOf(view: MachineView, name: string, first: FixIdx, last: FixIdx): readonly FixmapRow[] {
  const rows: FixmapRow[] = [];
  let emptyFrom = -1;
  const close = (end: number): void => {
    if (emptyFrom >= 0) rows.push(rowOf(view, name, emptyFrom, end, null));
    emptyFrom = -1;
  };
  for (let index: number = first; index <= last; index++) {
    const mapped = mappingOf(view, index);
    if (mapped === null) {
      if (emptyFrom < 0) emptyFrom = index;
      continue;
    }
    close(index - 1);
    rows.push(rowOf(view, name, index, index, mapped));
  }
  close(last);
  return rows;
}

function rowOf(view: MachineView, name: string, first: number, last: number, mapped: FixmapRow['mapped']): FixmapRow {
  const at = (index: number): bigint => fixToVirtUnchecked(view.profile, fixIdx(index));
  return { name, first, last, vaddr: at(first), lowest: at(last), mapped };
}

function mappingOf(view: MachineView, index: number): FixmapRow['mapped'] {
  const found = walk(view, fixToVirtUnchecked(view.profile, fixIdx(index)));
  if (found.kind !== 'mapped') return null;
  return { phys: found.phys, entry: entryInfo(found.leaf, found.steps.at(-1)!.entry) };
}
