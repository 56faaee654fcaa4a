import { hex } from '@kwind/x86';
import { resourceTree, slots, tlbEntries, vmapAreas, type MachineState, type ResourceView } from '@kwind/state';
import { align } from './align.ts';
import { Words } from './tree.ts';

/** A line of one machine's description, and in which of the two it stands. */
export interface StateLine {
  readonly side: 'both' | 'a' | 'b';
  readonly text: string;
}

const treeLines = (node: ResourceView): string[] =>
  node.children.flatMap((child) => [
    `${'  '.repeat(child.depth + 1)}${hex(child.start)}-${hex(child.end)} : ${child.name === '' ? '(null)' : child.name}`,
    ...treeLines(child),
  ]);

/** What a person would compare of two machines: slots, areas, cached translations, trouble, both resource trees. */
function linesOf(state: MachineState): string[] {
  const { warnings, bugs, faults } = state.control.trouble;
  const { vmallocStart } = state.profile;
  return [
    `phase ${state.control.phase}`,
    `warnings ${warnings}, bugs ${bugs}, faults ${faults}`,
    ...slots(state)
      .filter(({ inUse }) => inUse)
      .map(({ slot, phys, prevSize, pages }) => `slot ${slot}  phys ${hex(phys)} size ${hex(prevSize)} pages ${pages}`),
    ...vmapAreas(state).map(
      ({ start, size, phys, kind }) =>
        `area vmalloc+${hex(start - vmallocStart)}  ${hex(size)} ${kind} phys ${hex(phys)}`,
    ),
    ...tlbEntries(state)
      .filter(({ stale }) => stale)
      .map(({ vaddr, phys }) => `stale translation ${hex(vaddr)}  phys ${hex(phys)}`),
    'iomem',
    ...treeLines(resourceTree(state, 'iomem')).map((line) => `  ${line}`),
    'ioport',
    ...treeLines(resourceTree(state, 'ioport')).map((line) => `  ${line}`),
  ];
}

/** Two machines line by line, as a diff. */
export function diffStates(a: MachineState, b: MachineState): StateLine[] {
  const [left, right] = [linesOf(a), linesOf(b)];
  const words = new Words();
  const pairs = align(
    left.map((line) => words.of(line)),
    right.map((line) => words.of(line)),
  );
  const lines: StateLine[] = [];
  let [lowA, lowB] = [0, 0];
  for (const [placeA, placeB] of [...pairs, [left.length, right.length] as const]) {
    for (; lowA < placeA; lowA++) lines.push({ side: 'a', text: left[lowA]! });
    for (; lowB < placeB; lowB++) lines.push({ side: 'b', text: right[lowB]! });
    if (placeA < left.length) lines.push({ side: 'both', text: left[placeA]! });
    [lowA, lowB] = [placeA + 1, placeB + 1];
  }
  return lines;
}
