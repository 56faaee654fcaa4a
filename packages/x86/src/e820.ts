import { bare16 } from './hex.ts';
import type { E820Facts } from './profile-resources.ts';

/**
 * Types of e820 entries. Firmware may give any other number.
 * @kernel arch/x86/include/asm/e820/types.h
 */
export const E820 = {
  RAM: 1,
  RESERVED: 2,
  ACPI: 3,
  NVS: 4,
  UNUSABLE: 5,
  PMEM: 7,
  PRAM: 12,
  RESERVED_KERN: 128,
  SOFT_RESERVED: 0xefff_ffff,
} as const;

/** A range of the memory map. */
export interface E820Entry {
  readonly start: bigint;
  /** Bytes; 0 in an entry that was emptied and awaits the next sanitising. */
  readonly size: bigint;
  readonly type: number;
}

/** An entry's type in the kernel's log. RESERVED_KERN prints as `usable`, so a log does not tell it from RAM. */
export const e820TypeText = (facts: E820Facts, type: number): string => facts.texts[type] ?? `type ${type}`;

/** Name of the resource that an entry of this type becomes. */
export const e820ResourceName = (facts: E820Facts, type: number): string =>
  facts.resourceNames[type] ?? facts.otherName;

/**
 * A line of the memory map as the kernel prints it: `BIOS-e820: [mem 0x0000000000000000-0x000000000009fbff] usable`.
 * @param who BIOS-e820, BIOS-e801, BIOS-88, user, extended
 */
export function printE820Line(facts: E820Facts, who: string, { start, size, type }: E820Entry): string {
  const end = BigInt.asUintN(64, start + size - 1n);
  return `${who}: [mem 0x${bare16(start)}-0x${bare16(end)}] ${e820TypeText(facts, type)}`;
}

/** What a line of the memory map says. */
export interface E820Line extends E820Entry {
  readonly who: string;
}

const line = /^(?:e820: )?([\w-]+): \[mem 0x([0-9a-f]{1,16})-0x([0-9a-f]{1,16})\] (.+)$/;

const typesByText: Readonly<Record<string, number>> = {
  usable: E820.RAM,
  reserved: E820.RESERVED,
  'ACPI data': E820.ACPI,
  'ACPI NVS': E820.NVS,
  unusable: E820.UNUSABLE,
  'soft reserved': E820.SOFT_RESERVED,
};

function typeOfText(text: string): number | undefined {
  const number = /^(?:type (\d{1,10})|persistent \(type (\d{1,10})\))$/.exec(text);
  const type = number ? Number(number[1] ?? number[2]) : typesByText[text];
  return type !== undefined && type <= 0xffff_ffff ? type : undefined;
}

/**
 * Read a line of the memory map, without the log's time stamp; what {@link printE820Line} prints, of any kernel.
 * @returns undefined when it is no such line, or its range ends before it starts
 */
export function parseE820Line(text: string): E820Line | undefined {
  const match = line.exec(text.trim());
  if (!match) return undefined;
  const [start, end] = [BigInt(`0x${match[2]!}`), BigInt(`0x${match[3]!}`)];
  const type = typeOfText(match[4]!.trim());
  if (type === undefined || end < start) return undefined;
  return { who: match[1]!, start, size: end - start + 1n, type };
}
