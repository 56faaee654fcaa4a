/** arch/x86/kernel/e820.c: the memory map, and the resources made of it. */
export { sanitizeEntries } from './e820/sanitize.ts';
export {
  e820MappedAll,
  e820PrintTable,
  e820RangeAdd,
  e820RangeRemove,
  e820RangeUpdate,
  e820UpdateTable,
} from './e820/table.ts';
export { e820MemorySetup, type FirmwareMemory } from './e820/memory_setup.ts';
export { e820ReserveResources, e820ReserveResourcesLate, e820SetupPciGap } from './e820/reserve.ts';
