import {
  describeFlags,
  hex,
  hex16,
  isVmallocAddress,
  PHYSICAL_PAGE_MASK,
  PTE,
  fixIdx,
  fixToVirtUnchecked,
  type KernelProfile,
} from '@kwind/x86';
import { effectiveProt, walk } from '@kwind/state';
import type { EntryRow } from '../pass/entry-row.ts';
import type { Frame, Moment, OpenFinding, Rule } from '../types.ts';

const PRESENT = 1;
const RW = 2;
const ACCESSED_DIRTY = 0x60;
const GLOBAL = 0x100;
const NX_HIGH = 0x8000_0000;

/** A translation that the tables gave up and the CPU may still hold. */
interface Pending {
  readonly seq: number;
  readonly frame: Frame | null;
  /** First page, and how many the old translation covers. */
  readonly page: number;
  readonly pages: number;
  readonly old: bigint;
  readonly wasLink: boolean;
  readonly global: boolean;
  finding: OpenFinding | undefined;
}

/** Whether a store takes something from a present translation: another frame, fewer rights, another memory type, or all of it. */
function takesAway(row: EntryRow): boolean {
  if ((row.beforeLo & PRESENT) === 0) return false;
  const low = (row.beforeLo ^ row.afterLo) & ~ACCESSED_DIRTY;
  const high = row.beforeHi ^ row.afterHi;
  if (low === 0 && high === 0) return false;
  const onlyMoreRights =
    (low & ~RW) === 0 &&
    (row.beforeLo & RW) === 0 &&
    (high >>> 0 === 0 || (high >>> 0 === NX_HIGH && row.beforeHi >>> 31 === 1));
  const onlyExecutable = low === 0 && high >>> 0 === NX_HIGH && row.beforeHi >>> 31 === 1;
  return !onlyMoreRights && !onlyExecutable;
}

/** Translations that were changed and not flushed yet. */
class PendingPages {
  readonly #byPage = new Map<number, Pending>();
  readonly #large = new Map<number, Pending>();

  get isEmpty(): boolean {
    return this.#byPage.size === 0 && this.#large.size === 0;
  }
  add(pending: Pending): void {
    const map = pending.pages === 1 ? this.#byPage : this.#large;
    // The first one stays: what the CPU may hold is the oldest translation that nobody flushed.
    if (!map.has(pending.page)) map.set(pending.page, pending);
  }
  find(page: number): Pending | undefined {
    const small = this.#byPage.get(page);
    if (small) return small;
    for (const one of this.#large.values()) if (page >= one.page && page < one.page + one.pages) return one;
    return undefined;
  }
  /** Drop what a flush of this page drops; whole paging structures too, as INVLPG does. */
  dropPage(page: number, seq: number): void {
    this.#drop(this.#byPage, this.#byPage.get(page), seq);
    for (const one of this.#large.values()) {
      if (one.wasLink || (page >= one.page && page < one.page + one.pages)) this.#drop(this.#large, one, seq);
    }
  }
  dropAll(keepGlobal: boolean, seq: number): void {
    for (const map of [this.#byPage, this.#large])
      for (const one of map.values()) if (!keepGlobal || !one.global) this.#drop(map, one, seq);
  }
  #drop(map: Map<number, Pending>, one: Pending | undefined, seq: number): void {
    if (!one) return;
    one.finding?.end(seq);
    map.delete(one.page);
  }
}

const describe = (entry: bigint): string => `phys ${hex(entry & PHYSICAL_PAGE_MASK)} ${describeFlags('pte', entry)}`;

/** Areas whose unmapped pages are the business of the rule used-after-unmap. */
function isWindow(profile: KernelProfile, address: bigint): boolean {
  const { btmapBegin, btmapEnd } = profile.fixmap;
  const [low, high] = [fixToVirtUnchecked(profile, fixIdx(btmapBegin)), fixToVirtUnchecked(profile, fixIdx(btmapEnd))];
  return (address >= low && address <= high + 0xfffn) || isVmallocAddress(profile, address);
}

/** What the tables and a translation that nobody flushed say about a page, when they differ. */
function conflict(pending: Pending, address: bigint, moment: Moment): { now: string; old: string } | undefined {
  const now = walk(moment.before(), moment.links.addressOf(moment.links.pageOf(address)));
  if (now.kind !== 'mapped') {
    if (isWindow(moment.profile, address)) return undefined;
    return { now: 'not mapped', old: describe(pending.old) };
  }
  if (pending.wasLink) return undefined;
  const offset = BigInt(moment.links.pageOf(address) - pending.page) << 12n;
  const oldPhys = (pending.old & PHYSICAL_PAGE_MASK & ~(BigInt(pending.pages) * 4096n - 1n)) + offset;
  const prot = effectiveProt(now);
  const samePage = (now.phys & PHYSICAL_PAGE_MASK) === oldPhys;
  const lost = pending.old & ~prot & 2n;
  const gainedNx = prot & ~pending.old & (1n << 63n);
  if (samePage && lost === 0n && gainedNx === 0n) return undefined;
  return {
    now: describe((now.phys & PHYSICAL_PAGE_MASK) | prot),
    old: describe(oldPhys | (pending.old & ~PHYSICAL_PAGE_MASK & ~(pending.pages > 1 ? PTE.PSE : 0n))),
  };
}

function use(pending: PendingPages, address: bigint, how: string, moment: Moment): void {
  if (pending.isEmpty) return;
  const one = pending.find(moment.links.pageOf(address));
  if (!one) return;
  if (one.finding) return one.finding.seen(moment.seq);
  const differ = conflict(one, address, moment);
  if (!differ) return;
  const message = `${hex16(address)} was ${how} while the TLB may still hold its translation from before event #${one.seq + 1}: no flush came between.`;
  const details = [
    { name: 'tables', value: differ.now },
    { name: 'TLB', value: differ.old },
  ];
  one.finding = moment.report({ message, first: one.seq, last: moment.seq, frame: one.frame ?? moment.frame, details });
}

/** The window between a change of the tables and the flush that makes the CPU see it, if something was used in it. */
export const staleTlb: Rule = {
  name: 'stale-tlb',
  severity: 'error',
  title: 'a translation was used that no flush has renewed',
  explanation:
    'A present entry was changed or cleared, and before the page was used again nothing came that makes the CPU forget the old translation: INVLPG of the page, a load of CR3 if the entry is not global, a change of CR4.PGE. Whether the old one is still there is up to the CPU, so this may go well for years. More rights, and Accessed and Dirty, need no flush.',
  source: 'SDM 3A 4.10.4; arch/x86/mm/tlb.c',
  start: () => {
    const pending = new PendingPages();
    return {
      wants: ({ before }) => before.present,
      entry: (row, moment) => {
        if (!takesAway(row) || (!row.wasLeaf && !row.wasLink)) return;
        const places = moment.links.pagesOf(row);
        if (places.length === 0) return;
        const pages = moment.links.pagesAt(row.depth);
        const global = row.wasLeaf && (row.beforeLo & GLOBAL) !== 0;
        const same = { seq: moment.seq, frame: moment.frame, pages, old: row.before, wasLink: row.wasLink, global };
        for (const page of places) pending.add({ ...same, page, finding: undefined });
      },
      events: {
        'tlb.page-flushed': ({ vaddr }, { links, seq }) => pending.dropPage(links.pageOf(vaddr), seq),
        'tlb.evicted': ({ vaddr, reason }, { links, seq }) => {
          // A fault drops what is cached of its address; any other eviction is chance, and nobody may count on it.
          if (reason === 'fault') pending.dropPage(links.pageOf(vaddr), seq);
        },
        'tlb.flushed': ({ scope }, { seq }) => pending.dropAll(scope === 'non-global', seq),
        'memory.loaded': ({ vaddr, stale }, moment) =>
          use(pending, vaddr, stale ? 'read through the old translation' : 'read', moment),
        'memory.stored': ({ vaddr, stale }, moment) =>
          use(pending, vaddr, stale ? 'written through the old translation' : 'written', moment),
        'slot.claimed': ({ vaddr }, moment) => use(pending, vaddr, 'handed out', moment),
      },
    };
  },
};
