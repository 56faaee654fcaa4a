import {
  describeFlags,
  entryPhys,
  indexAt,
  isLeaf,
  isPresent,
  levels,
  pfnOf,
  physAddr,
  PTE,
  vaddr,
  walkLevels,
  type Level,
  type Pte,
} from '@kwind/x86';
import type { MachineView } from '../../machine.ts';
import { rootOf } from '../../selectors/index.ts';
import type { Declaration } from '../scope.ts';
import {
  addressType,
  booleanType,
  defineRecord,
  field,
  numberType,
  stringType,
  wordsType,
  type Value,
} from '../values.ts';

/** An entry of a page table; `entry` is undefined where the walk to it ends early. */
export interface EntrySubject {
  readonly level: Level;
  readonly table?: number;
  readonly name?: string;
  readonly index?: number;
  readonly entry?: Pte;
}

const flag = (bit: bigint, doc: string) =>
  field<EntrySubject>(booleanType, doc, ({ entry }) => entry !== undefined && (entry & bit) !== 0n);
const ofEntry =
  (get: (entry: Pte, level: Level) => Value) =>
  ({ entry, level }: EntrySubject): Value =>
    entry === undefined ? null : get(entry, level);

export const entryType = defineRecord<EntrySubject>('page-table entry', {
  present: flag(PTE.PRESENT, 'P, bit 0. False too when the tables above do not lead to the entry.'),
  rw: flag(PTE.RW, 'RW, bit 1.'),
  user: flag(PTE.USER, 'USER, bit 2.'),
  pwt: flag(PTE.PWT, 'PWT, bit 3.'),
  pcd: flag(PTE.PCD, 'PCD, bit 4.'),
  accessed: flag(PTE.ACCESSED, 'A, bit 5.'),
  dirty: flag(PTE.DIRTY, 'D, bit 6.'),
  global: flag(PTE.GLOBAL, 'G, bit 8.'),
  nx: flag(PTE.NX, 'NX, bit 63.'),
  large: field(
    booleanType,
    'Whether it maps a 2 MiB or 1 GiB page itself.',
    ({ entry, level }) => entry !== undefined && level !== 'pte' && isPresent(entry) && isLeaf(level, entry),
  ),
  value: field(
    addressType,
    'All 64 bits; no value when the tables above do not lead to the entry.',
    ofEntry((entry) => entry),
  ),
  phys: field(
    addressType,
    'Physical address in it: of a page, or of the next table.',
    ofEntry((entry, level) => entryPhys(level, entry)),
  ),
  pfn: field(
    addressType,
    'Frame number in it.',
    ofEntry((entry, level) => BigInt(pfnOf(entryPhys(level, entry)))),
  ),
  flags: field(
    stringType,
    'The set flags in short, as walk prints them.',
    ofEntry((entry, level) => describeFlags(level, entry)),
  ),
  level: field(wordsType(levels), 'pte, pmd, pud, p4d or pgd.', ({ level }) => level),
  table: field(addressType, 'Physical address of its table.', ({ table }) =>
    table === undefined ? null : BigInt(table) << 12n,
  ),
  table_name: field(stringType, 'Symbol of its table, or "".', ({ name }) => name ?? null),
  index: field(numberType, 'Index in its table, 0 to 511.', ({ index }) =>
    index === undefined ? null : BigInt(index),
  ),
});

const MAX_FRAME = 1n << 40n;

/** Entry `index` of the table in a frame; the level of a page that is no known table is taken for pte. */
function entryAt(view: MachineView, tablePhys: bigint, index: bigint): Value {
  if (index > 511n || tablePhys >> 12n >= MAX_FRAME) return null;
  const table = pfnOf(physAddr(tablePhys));
  const info = view.pages.info(table);
  return entryType.of({
    level: info?.level || 'pte',
    table,
    name: info?.name ?? '',
    index: Number(index),
    entry: view.pages.entry(table, Number(index)),
  });
}

/** The entry that covers an address at one level, found from CR3. */
function entryFor(view: MachineView, wanted: Level, address: bigint): Value {
  const nrLevels = view.profile.levels;
  // With 4 levels the p4d is folded into the pgd.
  const target = wanted === 'p4d' && nrLevels === 4 ? 'pgd' : wanted;
  let table: number = pfnOf(rootOf(view));
  for (const level of walkLevels(nrLevels)) {
    const index = indexAt(level, vaddr(address), nrLevels);
    const entry = view.pages.entry(table, index);
    if (level === target)
      return entryType.of({ level: wanted, table, name: view.pages.info(table)?.name ?? '', index, entry });
    if (!isPresent(entry) || isLeaf(level, entry)) break;
    table = pfnOf(entryPhys(level, entry));
  }
  return entryType.of({ level: wanted });
}

const entryOf = (level: Level): Declaration => ({
  name: level,
  doc: `The ${level} entry that covers an address, found from CR3.`,
  group: 'paging',
  type: entryType,
  params: [{ name: 'va', type: addressType }],
  get: ({ view }, [address]) => entryFor(view, level, address as bigint),
});

export const entryNames: readonly Declaration[] = [
  ...levels.map(entryOf),
  {
    name: 'entry',
    doc: 'An entry by the physical address of its table and its index.',
    group: 'paging',
    type: entryType,
    params: [
      { name: 'table_phys', type: addressType },
      { name: 'index', type: numberType },
    ],
    get: ({ view }, [table, index]) => entryAt(view, table as bigint, index as bigint),
  },
];
