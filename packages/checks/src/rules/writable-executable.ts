import { hex16, paOf, vmallocEnd, type KernelProfile } from '@kwind/x86';
import { walk } from '@kwind/state';
import type { EntrySide } from '../pass/entry-kind.ts';
import type { EntryRow } from '../pass/entry-row.ts';
import type { Moment, OpenFinding, Rule } from '../types.ts';

const RW = 2;
const NX_HIGH = 0x8000_0000;
const EFER_NXE = 0x800n;
const PAGE = 4096n;

const isWritableExecutable = (row: EntryRow): boolean =>
  row.isLeaf && (row.afterLo & RW) !== 0 && (row.afterHi & NX_HIGH) === 0;

const isOpen = ({ present, writable, noExec }: EntrySide): boolean => present && writable && !noExec;

/** Which areas must never be so. The kernel image and modules have a rule of their own; early tables map what they must. */
function isGuarded(profile: KernelProfile, address: bigint, isFinalRoot: boolean): string | undefined {
  if (address > profile.modulesEnd && address <= profile.fixaddrTop + PAGE) return 'the fixmap area';
  if (address >= profile.vmallocStart && address < vmallocEnd(profile)) return 'the vmalloc area';
  return isFinalRoot && address >= profile.pageOffset && address < profile.vmallocStart ? 'the direct map' : undefined;
}

/** Memory that can be written and then run: what CONFIG_DEBUG_WX looks for once, at the end of the boot. */
export const writableExecutable: Rule = {
  name: 'writable-executable',
  severity: 'error',
  title: 'a page can be written and executed',
  explanation:
    'Whoever can write to such a page can run what was written. The kernel looks for such pages once, at the end of the boot (CONFIG_DEBUG_WX), and can neither say since when nor by whom. The kernel image and the modules are the business of unprotected-image.',
  source: 'arch/x86/mm/dump_pagetables.c ptdump_walk_pgd_level_checkwx()',
  start: (profile) => {
    const open = new Map<string, OpenFinding>();
    let [cr3, nxe] = [0n, false];
    const finalRoot = paOf(profile, profile.symbols[profile.finalRoot]!);
    const isFinal = (): boolean => cr3 === finalRoot;
    const judge = (row: EntryRow, moment: Moment): void => {
      if (!nxe) return;
      for (const page of moment.links.pagesOf(row)) {
        const address = moment.links.addressOf(page);
        const where = isGuarded(profile, address, isFinal());
        if (where === undefined) continue;
        const now = walk(moment.after(), address);
        if (now.kind !== 'mapped' || !now.effective.writable || now.effective.noExec) continue;
        const message = `${hex16(address)} in ${where} can be written and executed.`;
        const finding = moment.report({ message, first: moment.seq, last: moment.seq, frame: moment.frame });
        open.set(`${row.table} ${row.index}`, finding);
        return;
      }
    };
    return {
      wants: ({ before, after }) => isOpen(before) || isOpen(after),
      entry: (row, moment) => {
        if (open.size > 0) {
          const key = `${row.table} ${row.index}`;
          open.get(key)?.end(moment.seq);
          open.delete(key);
        }
        if (isWritableExecutable(row)) judge(row, moment);
      },
      events: {
        'cr3.loaded': ({ after }) => void (cr3 = after & PHYS),
        'register.written': ({ name, after }) => {
          if (name === 'efer') nxe = (after & EFER_NXE) !== 0n;
        },
      },
    };
  },
};

const PHYS = 0x000f_ffff_ffff_f000n;
