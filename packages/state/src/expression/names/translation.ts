import { levels, PTE, vaddr } from '@kwind/x86';
import { tlbLookup, type TlbEntry } from '../../control.ts';
import type { MachineView } from '../../machine.ts';
import { isStale, tlbEntries, walk, type Effective, type Walk } from '../../selectors/index.ts';
import type { Declaration } from '../scope.ts';
import {
  addressType,
  booleanType,
  defineRecord,
  field,
  listOf,
  listValue,
  numberType,
  wordsType,
  type ListValue,
  type Value,
} from '../values.ts';
import { entryType } from './entries.ts';

const permission = (name: keyof Effective, doc: string) =>
  field<Walk>(booleanType, doc, (found) => found.kind === 'mapped' && found.effective[name]);
const stepsType = listOf(entryType, 'step');
const stepsOf = (found: Walk) => (found.kind === 'non-canonical' ? [] : found.steps);
const levelOf = (found: Walk): Value => {
  if (found.kind === 'mapped') return found.leaf;
  return found.kind === 'non-canonical' ? null : found.stoppedAt;
};

const walkType = defineRecord<Walk>('walk', {
  mapped: field(booleanType, 'Whether the walk ends in a page.', (found) => found.kind === 'mapped'),
  kind: field(
    wordsType(['mapped', 'not-present', 'reserved-bit', 'non-canonical']),
    'How the walk ends.',
    (found) => found.kind,
  ),
  phys: field(addressType, 'Physical address; no value when not mapped.', (found) =>
    found.kind === 'mapped' ? found.phys : null,
  ),
  page_size: field(addressType, 'Bytes of the page; no value when not mapped.', (found) =>
    found.kind === 'mapped' ? found.pageSize : null,
  ),
  level: field(wordsType(levels), 'Level of the page, or where the walk stopped.', levelOf),
  writable: permission('writable', 'RW at every level.'),
  user: permission('user', 'USER at every level.'),
  nx: permission('noExec', 'NX at any level.'),
  global: permission('global', 'G in the last entry.'),
  entry: field(entryType, 'The last entry that was read.', (found) => {
    const last = stepsOf(found).at(-1);
    return last ? entryType.of(last) : null;
  }),
  steps: field(stepsType, 'The entries read, from the root down.', (found) =>
    listValue(
      stepsType,
      stepsOf(found).map((step) => entryType.of(step)),
    ),
  ),
});

/** What the TLB holds for the address `asked`. */
interface Cached {
  readonly view: MachineView;
  readonly asked: bigint;
  readonly entry: TlbEntry | undefined;
}

const cached =
  (get: (entry: TlbEntry, subject: Cached) => Value) =>
  (subject: Cached): Value =>
    subject.entry ? get(subject.entry, subject) : null;
const bit = (mask: bigint, doc: string) =>
  field<Cached>(booleanType, doc, ({ entry }) => entry !== undefined && (entry.prot & mask) !== 0n);

const tlbType = defineRecord<Cached>('TLB entry', {
  present: field(booleanType, 'Whether a translation is cached.', ({ entry }) => entry !== undefined),
  phys: field(
    addressType,
    'Physical address that the TLB gives for the address asked; no value when none is cached.',
    cached((entry, { asked }) => entry.phys + (asked & (entry.size - 1n))),
  ),
  vaddr: field(
    addressType,
    'Where the cached page starts.',
    cached((entry) => entry.vaddr),
  ),
  size: field(
    addressType,
    'Bytes of the cached page.',
    cached((entry) => entry.size),
  ),
  stale: field(
    booleanType,
    'Whether the tables by now say otherwise.',
    ({ entry, view }) => entry !== undefined && isStale(view, entry),
  ),
  global: bit(PTE.GLOBAL, 'Whether a reload of CR3 leaves it.'),
  rw: bit(PTE.RW, 'RW at every level when it was filled.'),
  user: bit(PTE.USER, 'USER at every level when it was filled.'),
  nx: bit(PTE.NX, 'NX at any level when it was filled.'),
  dirty: bit(PTE.DIRTY, 'D when it was filled.'),
  value: field(
    addressType,
    'The effective bits that it holds.',
    cached((entry) => entry.prot),
  ),
  filled_by: field(
    numberType,
    'Number of its tlb.filled event.',
    cached((entry) => BigInt(entry.filledBy)),
  ),
});
const tlbListType = listOf(tlbType, 'va');

function tlbList(view: MachineView): ListValue {
  const { tlb } = view.control;
  return {
    kind: 'list',
    type: tlbListType,
    get length() {
      return Object.keys(tlb).length;
    },
    items: () => tlbEntries(view).map((entry) => tlbType.of({ view, asked: entry.vaddr, entry })),
    at: (asked) => tlbType.of({ view, asked, entry: tlbLookup(tlb, asked) }),
  };
}

const va = [{ name: 'va', type: addressType }];

/** What an address translates to, by the tables and by the TLB. */
export const translationNames: readonly Declaration[] = [
  {
    name: 'walk',
    doc: 'What the tables say about an address; the TLB is not looked at.',
    group: 'paging',
    type: walkType,
    params: va,
    get: ({ view }, [address]) => walkType.of(walk(view, vaddr(address as bigint))),
  },
  {
    name: 'phys_of',
    doc: 'Physical address by the tables; no value when not mapped.',
    group: 'paging',
    type: addressType,
    params: va,
    get: ({ view }, [address]) => {
      const found = walk(view, vaddr(address as bigint));
      return found.kind === 'mapped' ? found.phys : null;
    },
  },
  {
    name: 'tlb',
    doc: 'Cached translations, by the address they translate: tlb[va].present.',
    group: 'TLB',
    type: tlbListType,
    get: ({ view }) => tlbList(view),
  },
];
