import { IORESOURCE } from '@kwind/x86';

/** Ports whose bits 8 and 9 are set may be decoded by ISA cards that look at ten bits only. */
const ISA_ALIASES = 0x300n;
const ALIAS_STEP = 0x400n;
const BIOS_END = 0x10_0000n;

/**
 * Where a PCI device's range may start at the earliest: ports off the aliases of ISA cards, memory above the first MiB.
 * @kernel arch/x86/pci/i386.c pcibios_align_resource()
 */
export function pcibiosAlignResource(start: bigint, flags: bigint): bigint {
  if ((flags & IORESOURCE.IO) !== 0n)
    return (start & ISA_ALIASES) === 0n ? start : (start + ALIAS_STEP - 1n) & -ALIAS_STEP;
  return (flags & IORESOURCE.MEM) !== 0n && start < BIOS_END ? BIOS_END : start;
}
