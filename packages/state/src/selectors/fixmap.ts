import { fixToVirtUnchecked, fixIdx, type FixmapEntry, type Vaddr } from '@kwind/x86';
import type { MachineView } from '../machine.ts';
import { walk, type Walk } from './walk.ts';

export interface FixmapUse {
  readonly entry: FixmapEntry;
  readonly index: number;
  readonly vaddr: Vaddr;
  readonly walk: Walk;
}

/** Each index of the permanent table with what its page translates to now. */
export function fixmapUses(view: MachineView): readonly FixmapUse[] {
  return view.profile.fixmap.entries.flatMap((entry) =>
    Array.from({ length: entry.pages }, (_, page) => {
      const index = entry.index + page;
      const vaddr = fixToVirtUnchecked(view.profile, fixIdx(index));
      return { entry, index, vaddr, walk: walk(view, vaddr) };
    }),
  );
}
