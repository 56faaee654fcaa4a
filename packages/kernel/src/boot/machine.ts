import type { E820Entry } from '@kwind/x86';
import type { OptionRom } from '../arch/x86/kernel/probe_roms.ts';

/** Physical bytes. */
export interface Range {
  readonly start: bigint;
  readonly size: bigint;
}

export type Space = 'io' | 'mem';

/** An ACPI table by its signature; `RSDP`, and `RSDT` or `XSDT`, are where the search begins. */
export interface AcpiTable extends Range {
  readonly name: string;
}

/** Parts of what UEFI hands over, by what the kernel uses them for. */
export const efiAreas = ['memmap', 'setup-data', 'systab', 'vendor', 'config', 'memattr', 'smbios'] as const;
export type EfiAreaName = (typeof efiAreas)[number];
export interface EfiArea extends Range {
  readonly name: EfiAreaName;
}

/** A range that a bus, a device or a driver has. */
export interface NamedRange extends Range {
  readonly name: string;
  readonly space: Space;
}

/** A device's range: a PCI device's BAR when it is named `0000:00:1f.2`, else what the firmware describes. */
export interface Device extends NamedRange {
  /** Requests the range, and maps it when it is memory. */
  readonly driver?: string;
}

/** The structure that leads to the table of processors which came before ACPI. */
export interface MpTable {
  readonly floating: bigint;
  readonly table?: Range;
}

/** All that a boot finds out about the hardware and the firmware. */
export interface Machine {
  readonly name: string;
  readonly firmware: 'bios' | 'uefi';
  readonly cpus: number;
  /** Kernel parameters, in their order. */
  readonly cmdline: readonly string[];
  /** The firmware's list, in its order; it may overlap. */
  readonly e820: readonly E820Entry[];
  readonly roms: readonly OptionRom[];
  readonly dmi?: Range;
  /** `none`: the platform is known to have none, and nobody looks. Undefined: the kernel looks in vain. */
  readonly mp?: MpTable | 'none';
  /** In the order in which the root table lists them. */
  readonly acpi: readonly AcpiTable[];
  readonly efi: readonly EfiArea[];
  readonly ioapics: readonly bigint[];
  readonly hpet?: bigint;
  readonly mmconfig?: Range;
  /** What the PCI host bridge passes on. */
  readonly windows: readonly Omit<NamedRange, 'name'>[];
  readonly devices: readonly Device[];
  /** Busy ranges that drivers and firmware code request. */
  readonly claims: readonly NamedRange[];
}

/** A machine of which nothing is known. */
export const bareMachine = (name: string): Machine => ({
  name,
  firmware: 'bios',
  cpus: 1,
  cmdline: [],
  e820: [],
  roms: [],
  acpi: [],
  efi: [],
  ioapics: [],
  windows: [],
  devices: [],
  claims: [],
});

export const acpiTable = ({ acpi }: Machine, name: string): AcpiTable | undefined =>
  acpi.find((table) => table.name === name);
export const efiArea = ({ efi }: Machine, name: EfiAreaName): EfiArea | undefined =>
  efi.find((area) => area.name === name);

/** Last byte. */
export const lastOf = ({ start, size }: Range): bigint => start + size - 1n;
