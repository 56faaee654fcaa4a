import { e820Table, memtypeList, resourceList, type MachineState } from '@kwind/state';
import type { Change, RangeInfo } from './protocol.ts';

type Kind = Extract<Change, { kind: 'range' }>['what'];

/** Parts of the machine that are lists of ranges: how each is read, and under which name of the control state it stands. */
const lists: readonly {
  readonly what: Kind;
  readonly part: (state: MachineState) => unknown;
  readonly read: (state: MachineState) => ReadonlyMap<string, RangeInfo>;
}[] = [
  { what: 'iomem', part: ({ control }) => control.resources, read: (state) => resources(state, 'iomem') },
  { what: 'ioport', part: ({ control }) => control.resources, read: (state) => resources(state, 'ioport') },
  {
    what: 'e820',
    part: ({ control }) => control.e820,
    read: (state) =>
      keyed(
        e820Table(state),
        ({ start, index }) => `${start} ${index}`,
        ({ start, end, text }) => ({ start, end, name: text, depth: 0 }),
      ),
  },
  {
    what: 'vmalloc',
    part: ({ control }) => control.vmalloc.areas,
    read: (state) =>
      keyed(
        state.control.vmalloc.areas,
        ({ start }) => String(start),
        ({ start, end, caller }) => ({ start, end: end - 1n, name: caller, depth: 0 }),
      ),
  },
  {
    what: 'memtype',
    part: ({ control }) => control.memtypes.noted,
    read: (state) =>
      keyed(
        memtypeList(state),
        ({ start, end }) => `${start} ${end}`,
        ({ start, end, type }) => ({ start, end: end - 1n, name: type, depth: 0 }),
      ),
  },
];

/** Paths of the control state that {@link rangeChanges} tells about. */
export const isRangePath = (path: string): boolean =>
  /^(?:resources\b|e820\b|vmalloc\.areas\b|memtypes\.noted\b)/.test(path);

/** Ranges that came, went, or are otherwise now, by rising address of each list. */
export function rangeChanges(before: MachineState, after: MachineState): readonly Change[] {
  return lists.flatMap(({ what, part, read }) => {
    if (part(before) === part(after)) return [];
    const [old, now] = [read(before), read(after)];
    const keys = [...new Set([...old.keys(), ...now.keys()])].filter((key) => !isSame(old.get(key), now.get(key)));
    const changes = keys.map(
      (key) => ({ kind: 'range', what, before: old.get(key) ?? null, after: now.get(key) ?? null }) as const,
    );
    return changes.toSorted((a, b) => ((a.after ?? a.before)!.start < (b.after ?? b.before)!.start ? -1 : 1));
  });
}

/** A resource is the same one wherever it moves to: its pointer is its key. */
function resources(state: MachineState, tree: 'iomem' | 'ioport'): ReadonlyMap<string, RangeInfo> {
  return keyed(
    resourceList(state, tree),
    ({ id }) => String(id),
    ({ start, end, name, depth }) => ({ start, end, name, depth }),
  );
}

function keyed<T>(
  items: readonly T[],
  keyOf: (item: T) => string,
  infoOf: (item: T) => RangeInfo,
): ReadonlyMap<string, RangeInfo> {
  return new Map(items.map((item) => [keyOf(item), infoOf(item)]));
}

function isSame(a: RangeInfo | undefined, b: RangeInfo | undefined): boolean {
  return (
    a !== undefined &&
    b !== undefined &&
    a.start === b.start &&
    a.end === b.end &&
    a.name === b.name &&
    a.depth === b.depth
  );
}
