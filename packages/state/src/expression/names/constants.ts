import { FIXMAP_PAGE_CLEAR, fixaddrSize, fixaddrStart, fixmapEnumerators, PAGE_MASK, PAGE_SHIFT, PAGE_SIZE, PMD_SIZE, PTE, PTRS_PER_PTE, PUD_SIZE, type KernelProfile } from '@kwind/x86';
import type { Declaration } from '../scope.ts';
import { addressType, numberType, type Type } from '../values.ts';

const constant = (name: string, value: bigint, type: Type, doc: string): Declaration => ({
  name,
  doc,
  group: 'constants',
  type,
  get: () => value,
});

/** Names of entry bits as the kernel spells them. */
const entryBits: Readonly<Record<string, bigint>> = {
  _PAGE_PRESENT: PTE.PRESENT,
  _PAGE_RW: PTE.RW,
  _PAGE_USER: PTE.USER,
  _PAGE_PWT: PTE.PWT,
  _PAGE_PCD: PTE.PCD,
  _PAGE_ACCESSED: PTE.ACCESSED,
  _PAGE_DIRTY: PTE.DIRTY,
  _PAGE_PSE: PTE.PSE,
  _PAGE_PAT: PTE.PAT,
  _PAGE_GLOBAL: PTE.GLOBAL,
  _PAGE_NX: PTE.NX,
};

function sizes(profile: KernelProfile): readonly Declaration[] {
  const total = BigInt(profile.nrFixBtmaps * profile.fixBtmapsSlots);
  return [
    constant('PAGE_SHIFT', BigInt(PAGE_SHIFT), numberType, 'Bits of an offset in a page.'),
    constant('PAGE_SIZE', PAGE_SIZE, addressType, 'Bytes of a page.'),
    constant('PAGE_MASK', PAGE_MASK, addressType, 'Keeps all but the offset in a page.'),
    constant('PMD_SIZE', PMD_SIZE, addressType, 'Bytes that a pmd entry covers.'),
    constant('PUD_SIZE', PUD_SIZE, addressType, 'Bytes that a pud entry covers.'),
    constant('PTRS_PER_PTE', BigInt(PTRS_PER_PTE), numberType, 'Entries of a table.'),
    constant('NR_FIX_BTMAPS', BigInt(profile.nrFixBtmaps), numberType, 'Pages of an early_ioremap window.'),
    constant('FIX_BTMAPS_SLOTS', BigInt(profile.fixBtmapsSlots), numberType, 'Number of early_ioremap windows.'),
    constant('TOTAL_FIX_BTMAPS', total, numberType, 'Pages of all early_ioremap windows.'),
    constant('NR_CPUS', BigInt(profile.nrCpus), numberType, 'CPUs the kernel was built for.'),
  ];
}

const places = (profile: KernelProfile): readonly Declaration[] => [
  constant('FIXADDR_TOP', profile.fixaddrTop, addressType, 'Address of fixmap index 0.'),
  constant('FIXADDR_START', fixaddrStart(profile), addressType, 'Lowest address that virt_to_fix() accepts.'),
  constant('FIXADDR_SIZE', fixaddrSize(profile), addressType, 'Bytes from fixmap index 0 to the last permanent one.'),
  constant('PAGE_OFFSET', profile.pageOffset, addressType, 'Where the direct map starts.'),
  constant('VMALLOC_START', profile.vmallocStart, addressType, 'Where the vmalloc area starts.'),
  constant('MODULES_VADDR', profile.modulesVaddr, addressType, 'Where the modules area starts.'),
  constant('MODULES_END', profile.modulesEnd, addressType, 'Where the modules area ends.'),
  constant('__START_KERNEL_map', profile.startKernelMap, addressType, 'Where the mapping of the kernel image starts.'),
];

/** The constants of a kernel build by their kernel names: fixmap indices, protections, states, sizes, places, symbols. */
export function kernelConstants(profile: KernelProfile): readonly Declaration[] {
  const { prots, symbols, systemStates } = profile;
  const all = [
    ...[...fixmapEnumerators(profile)].map(([name, idx]) => constant(name, BigInt(idx), numberType, 'Fixmap index.')),
    ...Object.entries(prots).map(([name, bits]) => constant(name, bits, addressType, 'Protection: the bits of an entry.')),
    constant('FIXMAP_PAGE_CLEAR', FIXMAP_PAGE_CLEAR, addressType, 'Protection that clears an entry.'),
    ...Object.entries(entryBits).map(([name, bit]) => constant(name, bit, addressType, 'Bit of an entry.')),
    ...systemStates.map((name, i) => constant(name, BigInt(i), numberType, 'Value of system_state.')),
    ...sizes(profile),
    ...places(profile),
    ...Object.entries(symbols).map(([name, at]) => constant(name, at, addressType, 'Address of a symbol of the kernel image.')),
  ];
  return all;
}
