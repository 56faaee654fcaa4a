import type { E820FunctionNames, KernelProfile } from '@kwind/x86';
import {
  e820PrintTable,
  e820RangeAdd,
  e820RangeRemove,
  e820RangeUpdate,
  e820ReserveResources,
  e820ReserveResourcesLate,
  e820SetupPciGap,
  e820UpdateTable,
} from '../arch/x86/kernel/e820.ts';
import {
  e820AddKernelRange,
  insertKernelResources,
  reserveStandardIoResources,
  trimBiosRange,
} from '../arch/x86/kernel/setup/resources.ts';
import { call, type KernelContext } from '../context.ts';
import type { KernelFunction } from '../function.ts';
import { declare } from './declare.ts';
import { declareWithTexts } from './texts.ts';

const E820 = 'arch/x86/kernel/e820.c';
const SETUP = 'arch/x86/kernel/setup.c';

/** A type as the kernel's 32-bit number. */
const typeOf = (value: bigint): number => Number(value & 0xffff_ffffn);

type Body = (ctx: KernelContext, args: readonly bigint[]) => bigint | void;

/** A function under both its names: the one up to 4.11 and the one since. */
function renamed(
  which: keyof E820FunctionNames,
  names: readonly [string, string],
  params: string,
  doc: string,
  body: Body,
): KernelFunction[] {
  const missing = (name: string) => (profile: KernelProfile) =>
    profile.e820.names[which] === name ? undefined : `${profile.name} calls it ${profile.e820.names[which]}().`;
  const returns = which === 'rangeUpdate' || which === 'rangeRemove' ? 'u64' : which === 'updateTable' ? 'int' : 'void';
  return names.map((name) =>
    declare(
      `${returns} ${name}(${params})`,
      { file: E820, doc, withoutMmu: true, missing: missing(name) },
      (ctx, ...args) => body(ctx, args),
    ),
  );
}

const printTable = (['e820_print_map', 'e820__print_table'] as const).map((name) =>
  declareWithTexts(
    `void ${name}(const char *who)`,
    {
      file: E820,
      doc: 'Print the memory map, a line an entry.',
      withoutMmu: true,
      missing: (profile) =>
        profile.e820.names.printTable === name
          ? undefined
          : `${profile.name} calls it ${profile.e820.names.printTable}().`,
    },
    (ctx, _, [who]) => e820PrintTable(ctx, who!),
  ),
);

const table: readonly KernelFunction[] = [
  ...renamed(
    'rangeAdd',
    ['e820_add_region', 'e820__range_add'],
    'u64 start, u64 size, int type',
    'Add a range to the memory map.',
    (ctx, [start, size, type]) => e820RangeAdd(ctx, start!, size!, typeOf(type!)),
  ),
  ...renamed(
    'rangeUpdate',
    ['e820_update_range', 'e820__range_update'],
    'u64 start, u64 size, unsigned old_type, unsigned new_type',
    'Give a range of one type another.',
    (ctx, [start, size, before, after]) => e820RangeUpdate(ctx, start!, size!, typeOf(before!), typeOf(after!)),
  ),
  ...renamed(
    'rangeRemove',
    ['e820_remove_range', 'e820__range_remove'],
    'u64 start, u64 size, unsigned old_type, int checktype',
    'Take a range out of the memory map.',
    (ctx, [start, size, type, check]) => e820RangeRemove(ctx, start!, size!, typeOf(type!), check !== 0n),
  ),
  ...renamed(
    'updateTable',
    ['sanitize_e820_map', 'e820__update_table'],
    '',
    'Sort the memory map and resolve overlaps.',
    (ctx) => e820UpdateTable(ctx),
  ),
  ...printTable,
];

const setup: readonly KernelFunction[] = [
  ...renamed(
    'reserveResources',
    ['e820_reserve_resources', 'e820__reserve_resources'],
    '',
    'Make resources of the memory map and insert those that nobody may claim.',
    (ctx) => e820ReserveResources(ctx),
  ),
  ...renamed(
    'reserveResourcesLate',
    ['e820_reserve_resources_late', 'e820__reserve_resources_late'],
    '',
    'Insert the rest of them, and buffers behind RAM.',
    (ctx) => e820ReserveResourcesLate(ctx),
  ),
  ...renamed(
    'setupGap',
    ['e820_setup_gap', 'e820__setup_pci_gap'],
    'unsigned long max_pfn = 0',
    'Choose where PCI may put devices.',
    (ctx, [maxPfn]) => e820SetupPciGap(ctx, maxPfn!),
  ),
  declare(
    'void trim_bios_range()',
    { file: SETUP, doc: 'Take the first page and the BIOS hole out of RAM.', withoutMmu: true },
    (ctx) => trimBiosRange(ctx),
  ),
  declare(
    'void e820_add_kernel_range()',
    { file: SETUP, doc: 'Make sure that the kernel image lies in RAM.', withoutMmu: true },
    (ctx) => e820AddKernelRange(ctx),
  ),
  declare(
    'void reserve_standard_io_resources()',
    { file: SETUP, doc: 'Claim the I/O ports that every PC has.', withoutMmu: true },
    (ctx) => reserveStandardIoResources(ctx),
  ),
  declare(
    'void insert_kernel_resources()',
    { file: '', doc: "What setup_arch() does for the kernel's code, data and bss.", withoutMmu: true },
    (ctx) => call(ctx, 'insert_kernel_resources', [], () => insertKernelResources(ctx)),
  ),
];

/** The memory map and what setup_arch() makes of it. */
export const e820Functions: readonly KernelFunction[] = [...table, ...setup];
