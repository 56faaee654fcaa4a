import { bare8 } from './hex.ts';

/**
 * IORESOURCE_* flags of a struct resource.
 * @kernel include/linux/ioport.h
 */
export const IORESOURCE = {
  TYPE_BITS: 0x1f00n,
  IO: 0x100n,
  MEM: 0x200n,
  REG: 0x300n,
  IRQ: 0x400n,
  DMA: 0x800n,
  BUS: 0x1000n,
  PREFETCH: 0x2000n,
  READONLY: 0x4000n,
  CACHEABLE: 0x8000n,
  RANGELENGTH: 0x1_0000n,
  SHADOWABLE: 0x2_0000n,
  SIZEALIGN: 0x4_0000n,
  STARTALIGN: 0x8_0000n,
  MEM_64: 0x10_0000n,
  WINDOW: 0x20_0000n,
  MUXED: 0x40_0000n,
  EXT_TYPE_BITS: 0x100_0000n,
  SYSRAM: 0x100_0000n,
  SYSTEM_RAM: 0x100_0200n,
  SYSRAM_DRIVER_MANAGED: 0x200_0000n,
  SYSRAM_MERGEABLE: 0x400_0000n,
  EXCLUSIVE: 0x800_0000n,
  DISABLED: 0x1000_0000n,
  UNSET: 0x2000_0000n,
  AUTO: 0x4000_0000n,
  BUSY: 0x8000_0000n,
} as const;

/** IORES_DESC_*: what a range is used for, in kernels whose struct resource has a `desc`. */
export const IORES_DESC = {
  NONE: 0,
  CRASH_KERNEL: 1,
  ACPI_TABLES: 2,
  ACPI_NV_STORAGE: 3,
  PERSISTENT_MEMORY: 4,
  PERSISTENT_MEMORY_LEGACY: 5,
  DEVICE_PRIVATE_MEMORY: 6,
  RESERVED: 7,
  SOFT_RESERVED: 8,
  CXL: 9,
} as const;

/** The two trees, as the kernel's root resources. */
export type ResourceTreeName = 'iomem' | 'ioport';

/**
 * A resource is known by a number that stands for its pointer. Those of simulated nodes are made up: 64 bytes apart, as
 * the structs are in 6.1, in a part of the address space that the kernel leaves unused. A capture keeps the real ones.
 */
const FIRST_RESOURCE = 0xffff_e900_0000_0000n;
const RESOURCE_SIZE = 0x40n;

/** The pointer of the `n`-th resource that a boot makes; the two roots are the first. */
export const resourcePointer = (n: number): bigint => FIRST_RESOURCE + BigInt(n) * RESOURCE_SIZE;
export const IOPORT_RESOURCE = resourcePointer(0);
export const IOMEM_RESOURCE = resourcePointer(1);
export const resourceRoots: Readonly<Record<ResourceTreeName, bigint>> = {
  iomem: IOMEM_RESOURCE,
  ioport: IOPORT_RESOURCE,
};

/** What of a struct resource is printed. */
export interface ResourceRange {
  readonly start: bigint;
  /** Last byte, inclusive. */
  readonly end: bigint;
  readonly flags: bigint;
}

type Printer = (value: bigint) => string;
const hexOfWidth =
  (digits: number): Printer =>
  (value) =>
    `0x${value.toString(16).padStart(digits, '0')}`;

/** Word and number format by type; the first that fits counts. Numbers without a type are printed as memory is. */
const kinds: readonly (readonly [bit: bigint, word: string, print: Printer])[] = [
  [IORESOURCE.IO, 'io ', hexOfWidth(4)],
  [IORESOURCE.MEM, 'mem', hexOfWidth(8)],
  [IORESOURCE.IRQ, 'irq', (value) => value.toString()],
  [IORESOURCE.DMA, 'dma', (value) => value.toString()],
  [IORESOURCE.BUS, 'bus', (value) => value.toString(16).padStart(2, '0')],
];

const suffixes: readonly (readonly [bit: bigint, word: string])[] = [
  [IORESOURCE.MEM_64, ' 64bit'],
  [IORESOURCE.PREFETCH, ' pref'],
  [IORESOURCE.WINDOW, ' window'],
  [IORESOURCE.DISABLED, ' disabled'],
];

/**
 * A resource as `%pR` prints it, `[mem 0xfebc0000-0xfebdffff pref]`, or (`raw`) as `%pr` does, with the flags as a number:
 * `[mem 0xfebc0000-0xfebdffff flags 0x2200]`.
 * @kernel lib/vsprintf.c resource_string()
 */
export function resourceString({ start, end, flags }: ResourceRange, form: 'decoded' | 'raw' = 'decoded'): string {
  const kind = kinds.find(([bit]) => (flags & bit) !== 0n);
  const print = kind?.[2] ?? hexOfWidth(8);
  const decoded = form === 'decoded' && kind !== undefined;
  const unset = decoded && (flags & IORESOURCE.UNSET) !== 0n;
  const range = start === end ? print(start) : `${print(start)}-${print(end)}`;
  const numbers = unset ? `size ${print(BigInt.asUintN(64, end - start + 1n))}` : range;
  const tail = decoded
    ? suffixes.map(([bit, word]) => ((flags & bit) !== 0n ? word : '')).join('')
    : ` flags 0x${flags.toString(16)}`;
  return `[${kind?.[1] ?? '???'} ${numbers}${tail}]`;
}

/** `%#010llx-%#010llx` in brackets: `[mem 0x00000000-0x00000fff]`. */
export const memRange = (start: bigint, end: bigint): string => `[mem 0x${bare8(start)}-0x${bare8(end)}]`;
