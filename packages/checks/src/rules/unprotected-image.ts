import {
  coverageOf,
  hex16,
  isLeaf,
  isPresent,
  pfnOf,
  entryPhys,
  vaddr,
  walkLevels,
  type KernelProfile,
} from '@kwind/x86';
import { rootOf, type MachineView } from '@kwind/state';
import type { EntryRow } from '../pass/entry-row.ts';
import type { Frame, Moment, OpenFinding, Rule } from '../types.ts';

const protector = 'mark_rodata_ro';
const NX = 1n << 63n;
const RW = 2n;

/** Leaf entries of neighbouring pages that can be written and executed. */
interface OpenRange {
  readonly start: bigint;
  end: bigint;
  readonly keys: string[];
}

/** Who made an entry as it is. */
interface Store {
  readonly seq: number;
  readonly frame: Frame | null;
}

const keyOf = (table: number, index: number): string => `${table} ${index}`;

/** What of an address range can be written and executed; `start` and `end` lie on the borders of upper entries. */
function openRanges(view: MachineView, start: bigint, end: bigint): readonly OpenRange[] {
  const nrLevels = view.profile.levels;
  const order = walkLevels(nrLevels);
  const found: OpenRange[] = [];
  below(pfnOf(rootOf(view)), 0, 0n, false);
  return found;

  function below(table: number, depth: number, base: bigint, isReadOnly: boolean): void {
    const level = order[depth]!;
    const size = coverageOf(level, nrLevels);
    for (let index = 0; index < 512; index++) {
      const address = BigInt.asUintN(64, BigInt.asIntN(nrLevels === 5 ? 57 : 48, base + BigInt(index) * size));
      if (address + size <= start || address >= end) continue;
      const entry = view.pages.entry(table, index);
      if (!isPresent(entry) || (entry & NX) !== 0n) continue;
      const isProtected = isReadOnly || (entry & RW) === 0n;
      if (!isLeaf(level, entry)) below(pfnOf(entryPhys(level, entry)), depth + 1, address, isProtected);
      else if (!isProtected) add(address, address + size, keyOf(table, index));
    }
  }
  function add(from: bigint, to: bigint, key: string): void {
    const last = found.at(-1);
    if (last?.end !== from) found.push({ start: from, end: to, keys: [key] });
    else {
      last.end = to;
      last.keys.push(key);
    }
  }
}

const isInside = (profile: KernelProfile, address: bigint): boolean =>
  address >= profile.startKernelMap && address <= profile.modulesEnd;

/** What mark_rodata_ro() left open, and what was opened after it. */
class Image {
  readonly #stores = new Map<string, Store>();
  readonly #open = new Map<string, OpenFinding>();
  #isProtected = false;

  store(row: EntryRow, moment: Moment): void {
    const key = keyOf(row.table, row.index);
    this.#open.get(key)?.end(moment.seq);
    this.#open.delete(key);
    const isOpen = row.isLeaf && (row.after & RW) !== 0n && (row.after & NX) === 0n;
    if (!isOpen) return void this.#stores.delete(key);
    this.#stores.set(key, { seq: moment.seq, frame: moment.frame });
    if (!this.#isProtected) return;
    const [page] = moment.links.pagesOf(row);
    if (page !== undefined && isInside(moment.profile, BigInt.asUintN(64, moment.links.addressOf(page))))
      this.judge(moment);
  }

  protect(moment: Moment): void {
    this.#isProtected = true;
    this.judge(moment);
  }

  judge(moment: Moment): void {
    const { profile } = moment;
    const ranges = openRanges(moment.after(), profile.startKernelMap, profile.modulesEnd);
    for (const { start, end, keys } of ranges) {
      if (keys.every((key) => this.#open.has(key))) continue;
      const by = this.#stores.get(keys[0]!);
      const where = start < profile.modulesVaddr ? 'the kernel image' : 'the modules';
      const message = `${hex16(vaddr(start))} to ${hex16(vaddr(end - 1n))} in ${where} can be written and executed after ${protector}().`;
      const { seq: first, frame } = by ?? moment;
      const finding = moment.report({ message, first, last: moment.seq, frame });
      for (const key of keys) this.#open.set(key, finding);
    }
  }
}

/** The kernel image and the modules, once the boot has set their protections. */
export const unprotectedImage: Rule = {
  name: 'unprotected-image',
  severity: 'error',
  title: 'a page of the kernel image or of a module can be written and executed',
  explanation:
    'While the kernel boots its image is writable and executable throughout, and mark_rodata_ro() ends that. What it leaves open, and what is opened after it, lets whoever can write to it run code in the kernel. Only what comes after that call, or after a phase of its name, is judged: boots that kwind simulates and its shipped captures end before it, and so does a boot with rodata=off. Of those this rule says nothing; a script says `phase mark_rodata_ro`, and a capture has to go on that far, for it to look.',
  source: 'arch/x86/mm/init_64.c mark_rodata_ro(); arch/x86/mm/dump_pagetables.c ptdump_walk_pgd_level_checkwx()',
  start: () => {
    const image = new Image();
    let isInPhase = false;
    const leave = (moment: Moment): void => {
      if (isInPhase) image.protect(moment);
      isInPhase = false;
    };
    return {
      wants: ({ before, after }) =>
        [before, after].some(({ present, writable, noExec }) => present && writable && !noExec),
      entry: (row, moment) => image.store(row, moment),
      events: {
        // The phase is over when the next one begins, or with the trace.
        'phase.entered': ({ name }, moment) => {
          leave(moment);
          isInPhase = name === protector;
        },
      },
      calls: { [protector]: { returned: (_, moment) => image.protect(moment) } },
      end: leave,
    };
  },
};
