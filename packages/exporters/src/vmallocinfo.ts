import { bare16, hex16, type KernelProfile } from '@kwind/x86';
import { lazyAreas, VM, vmapAreas, type LazyArea, type MachineView, type VmapAreaView } from '@kwind/state';

export interface VmallocinfoOptions {
  /** Addresses as the placeholder that a kernel prints before its hashes have a seed, instead of raw. */
  readonly hashed?: boolean;
}

/** An area with more pages than this keeps the array of them in an area of its own. */
const POINTERS_PER_PAGE = 512;

/** A line of the file, by the address it is sorted by. */
interface Line {
  readonly start: bigint;
  readonly text: string;
}

/**
 * /proc/vmallocinfo as a kernel of this build prints it to root, byte for byte: a line an area, ends including the guard page.
 * Areas that wait for a purge are not in it (4.4), among the others (4.13 and later), or at the end (5.x and later).
 * On a build with NUMA all pages lie on node 0.
 * @kernel mm/vmalloc.c s_show(), show_purge_info()
 */
export function procVmallocinfo(view: MachineView, { hashed = false }: VmallocinfoOptions = {}): string {
  const { unpurged } = view.profile.ioremap.vmalloc;
  const pointer = (address: bigint): string => (hashed ? '0x(____ptrval____)' : `0x${bare16(address)}`);
  const head = (start: bigint, end: bigint): string =>
    `${pointer(start)}-${pointer(end)} ${String(end - start).padStart(7)}`;
  const used = vmapAreas(view).map((area): Line => ({
    start: area.start,
    text: `${head(area.start, area.end)}${tailOf(view.profile, area)}\n`,
  }));
  const waiting = (areas: readonly LazyArea[]): Line[] =>
    areas.map(({ start, end }) => ({ start, text: `${head(start, end)} unpurged vm_area\n` }));
  switch (unpurged) {
    case 'hidden':
      return textOf(used);
    case 'in-place':
      return textOf([...used, ...waiting(lazyAreas(view))].toSorted((a, b) => (a.start < b.start ? -1 : 1)));
    case 'at-end':
      return textOf([...used, ...waiting(lazyAreas(view, true))]);
  }
}

const textOf = (lines: readonly Line[]): string => lines.map(({ text }) => text).join('');

function tailOf(profile: KernelProfile, area: VmapAreaView): string {
  const has = (flag: number): boolean => (area.flags & flag) !== 0;
  const phys = profile.ioremap.vmalloc.infoPhys === 'pa' ? hex16(area.phys) : area.phys.toString(16);
  const parts = [
    area.caller,
    area.pages > 0 ? `pages=${area.pages}` : '',
    area.phys !== 0n ? `phys=${phys}` : '',
    has(VM.IOREMAP) ? 'ioremap' : '',
    has(VM.ALLOC) ? 'vmalloc' : '',
    has(VM.MAP) ? 'vmap' : '',
    area.pages > POINTERS_PER_PAGE ? 'vpages' : '',
    area.pages > 0 && profile.config['CONFIG_NUMA'] === true ? `N0=${area.pages}` : '',
  ];
  return parts
    .filter((part) => part !== '')
    .map((part) => ` ${part}`)
    .join('');
}
