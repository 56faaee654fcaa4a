/*
 * Whether what was read from a file is what it claims to be. A checkpoint whose text was altered may still be valid JSON;
 * folding on from it would end in a TypeError, or in a wrong answer.
 */
type Is = (value: unknown) => boolean;

const isObject = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

const big: Is = (value) => typeof value === 'bigint';
const int: Is = Number.isSafeInteger;
const text: Is = (value) => typeof value === 'string';
const flag: Is = (value) => typeof value === 'boolean';
const list =
  (is: Is): Is =>
  (value) =>
    Array.isArray(value) && value.every(is);
const dictionary =
  (is: Is): Is =>
  (value) =>
    isObject(value) && Object.values(value).every(is);

/** Just these fields, no more and no fewer. */
function record(fields: Readonly<Record<string, Is>>): Is {
  const known = Object.entries(fields);
  return (value) =>
    isObject(value) &&
    known.every(([name, is]) => Object.hasOwn(value, name) && is(value[name])) &&
    Object.keys(value).length === known.length;
}

const slot = record({ virt: big, prevSize: big, prevMap: big, phys: big, pages: int, claimedBy: int });
const translation = record({ vaddr: big, phys: big, size: big, prot: big, filledBy: int });
const call = record({ seq: int, fn: text, args: list(big), text, caller: text, origin: text });
const memtype = record({ start: big, end: big, type: text });
const node = record({
  id: big,
  start: big,
  end: big,
  name: text,
  flags: big,
  desc: int,
  parent: big,
  children: list(big),
  freed: flag,
});

/** The text of a checkpoint: control state but for its slices, counters, open calls from the outermost. */
export const isSmall = record({
  control: record({
    registers: dictionary(big),
    variables: dictionary(big),
    phase: text,
    slots: list(slot),
    tlb: dictionary(translation),
    trouble: record({ warnings: int, bugs: int, faults: int, last: int }),
  }),
  counters: record({ pageFlushes: int, flushes: int, calls: int }),
  calls: list(call),
});

/** The slices of the control state that are stored by themselves. */
export const isSlice: Readonly<Record<'resources' | 'e820' | 'reserved' | 'vmalloc' | 'memtypes', Is>> = {
  resources: record({
    nodes: dictionary(node),
    created: int,
    waiters: list(record({ id: big, parent: big, flags: big })),
  }),
  e820: list(record({ start: big, size: big, type: int })),
  reserved: list(record({ start: big, end: big, name: text })),
  vmalloc: record({
    areas: list(record({ start: big, end: big, phys: big, flags: int, pages: int, caller: text, claimedBy: int })),
    lazy: list(record({ start: big, end: big, releasedBy: int })),
  }),
  memtypes: record({ noted: list(memtype), pages: list(memtype) }),
};
