import { cacheModeName, hex, hex16 } from '@kwind/x86';
import { memtypeList, type MachineView } from '@kwind/state';

/** The line that pat_init() logs (4.4 and later): memory types of the eight slots, each padded to four columns. @kernel arch/x86/mm/pat/memtype.c __init_cache_modes() */
export function patConfiguration({ profile }: Pick<MachineView, 'profile'>): string {
  return `x86/PAT: Configuration [0-7]: ${profile.patTypes.map((name) => name.padEnd(4)).join('')}`;
}

/**
 * /sys/kernel/debug/x86/pat_memtype_list as a kernel of this build prints it: memory types that ioremap noted, ends exclusive.
 * @kernel arch/x86/mm/pat/memtype.c memtype_seq_show()
 */
export function patMemtypeList(view: MachineView): string {
  const isNew = view.profile.ioremap.memtypeList === 'mem';
  const lines = memtypeList(view).map(({ start, end, type }) =>
    isNew
      ? `PAT: [mem ${hex16(start)}-${hex16(end)}] ${cacheModeName(type)}\n`
      : `${cacheModeName(type)} @ ${hex(start)}-${hex(end)}\n`,
  );
  return `PAT memtype list:\n${lines.join('')}`;
}
