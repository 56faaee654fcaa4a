import {
  e820Table,
  lazyAreas,
  memtypeList,
  resourceTree,
  vmapAreas,
  type MachineView,
  type MemtypeRange,
  type ResourceView,
} from '@kwind/state';
import type { Cursor, Timeline } from '@kwind/timeline';
import { assertNever } from '@kwind/x86';
import type { MachineInfo, MachineTopic, MemtypeRow, ResourceRow } from '../machine-answers.ts';
import { placeOf } from '../place.ts';

export interface KernelTextOptions {
  /** The reader has CAP_SYS_ADMIN. */
  readonly privileged: boolean;
}

/** Prints a part of the machine as a kernel does. */
export type KernelTexts = (topic: MachineTopic, view: MachineView, options: KernelTextOptions) => string;

/** Parts of the machine that a kernel shows in `/proc`, in debugfs or in its log. */
export function machineView(
  timeline: Timeline,
  { position, state }: Cursor,
  topic: MachineTopic,
  texts: KernelTexts,
  options: KernelTextOptions,
): MachineInfo {
  const shown = { at: placeOf(timeline, position), text: texts(topic, state, options) };
  switch (topic) {
    case 'iomem':
    case 'ioports': {
      const { children } = resourceTree(state, topic === 'iomem' ? 'iomem' : 'ioport');
      return { type: topic, ...shown, privileged: options.privileged, resources: children.map(resourceRow) };
    }
    case 'resources':
      return {
        type: topic,
        ...shown,
        privileged: options.privileged,
        iomem: resourceTree(state, 'iomem').children.map(resourceRow),
        ioports: resourceTree(state, 'ioport').children.map(resourceRow),
      };
    case 'vmalloc':
      return {
        type: topic,
        ...shown,
        areas: vmapAreas(state).map(areaOf),
        lazy: lazyAreas(state).map(({ start, end }) => ({ start, end })),
      };
    case 'e820':
      return {
        type: topic,
        ...shown,
        entries: e820Table(state).map(({ start, end, size, type, text }) => ({ start, end, size, kind: type, text })),
      };
    case 'pat':
      return {
        type: topic,
        ...shown,
        slots: state.profile.patTypes,
        noted: memtypeList(state).map(memtypeRow),
        pages: state.control.memtypes.pages.map(memtypeRow),
      };
    case 'ptdump':
      return { type: topic, ...shown };
    default:
      return assertNever(topic, 'topic');
  }
}

const areaOf = ({ start, end, kind, phys, pages, caller, claimedBy }: ReturnType<typeof vmapAreas>[number]) => ({
  start,
  end,
  kind,
  phys,
  pages,
  caller,
  claimedBy,
});

const memtypeRow = ({ start, end, type }: MemtypeRange): MemtypeRow => ({ start, end, memoryType: type });

const resourceRow = ({ name, start, end, flags, busy, depth, children }: ResourceView): ResourceRow => ({
  name,
  start,
  end,
  flags,
  busy,
  depth,
  children: children.map(resourceRow),
});
