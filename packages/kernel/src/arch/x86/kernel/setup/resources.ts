import { E820, IOMEM_RESOURCE, IOPORT_RESOURCE, IORESOURCE, paOf, type KernelProfile, type PhysAddr } from '@kwind/x86';
import { call, type KernelContext } from '../../../../context.ts';
import { insertResource } from '../../../../kernel/resource/insert.ts';
import { createNode } from '../../../../kernel/resource/node.ts';
import { requestResource } from '../../../../kernel/resource/request.ts';
import { printk } from '../../../../warn.ts';
import { e820MappedAll, e820RangeAdd, e820RangeRemove, e820RangeUpdate, e820UpdateTable } from '../e820/table.ts';

/** Ports that every PC has, by name, first and last port. */
const standardIoResources: readonly (readonly [name: string, start: bigint, end: bigint])[] = [
  ['dma1', 0x00n, 0x1fn],
  ['pic1', 0x20n, 0x21n],
  ['timer0', 0x40n, 0x43n],
  ['timer1', 0x50n, 0x53n],
  ['keyboard', 0x60n, 0x60n],
  ['keyboard', 0x64n, 0x64n],
  ['dma page reg', 0x80n, 0x8fn],
  ['pic2', 0xa0n, 0xa1n],
  ['dma2', 0xc0n, 0xdfn],
  ['fpu', 0xf0n, 0xffn],
];

/**
 * Claim the ports of the chips that every PC has, before any driver or bus.
 * @kernel arch/x86/kernel/setup.c reserve_standard_io_resources()
 */
export function reserveStandardIoResources(ctx: KernelContext): void {
  call(ctx, 'reserve_standard_io_resources', [], () => {
    for (const [name, start, end] of standardIoResources) {
      requestResource(
        ctx,
        IOPORT_RESOURCE,
        createNode(ctx, { name, start, end, flags: IORESOURCE.IO | IORESOURCE.BUSY }),
      );
    }
  });
}

/** Resource name, first symbol, and the symbol behind the last byte. */
type ImagePart = readonly [name: string, start: string, end: string];

const imageParts: Readonly<Record<KernelProfile['resource']['imageParts'], readonly ImagePart[]>> = {
  'with-rodata': [
    ['Kernel code', '_text', '_etext'],
    ['Kernel rodata', '__start_rodata', '__end_rodata'],
    ['Kernel data', '_sdata', '_edata'],
    ['Kernel bss', '__bss_start', '__bss_stop'],
  ],
  'without-rodata': [
    ['Kernel code', '_text', '_etext'],
    ['Kernel data', '_etext', '_edata'],
    ['Kernel bss', '__bss_start', '__bss_stop'],
  ],
};

/** Physical address of an image symbol: `__pa_symbol()`. */
const paSymbol = (profile: KernelProfile, name: string): PhysAddr => paOf(profile, profile.symbols[name]!)!;

/**
 * Insert the kernel's own resources: code, rodata (6.x), data, bss, as far as the profile knows the symbols. The System
 * RAM around them is inserted later and becomes their parent.
 * @kernel arch/x86/kernel/setup.c setup_arch()
 */
export function insertKernelResources(ctx: KernelContext): void {
  const { profile } = ctx;
  const flags = IORESOURCE.BUSY | (profile.resource.sysram ? IORESOURCE.SYSTEM_RAM : IORESOURCE.MEM);
  for (const [name, first, behind] of imageParts[profile.resource.imageParts]) {
    if (profile.symbols[first] === undefined || profile.symbols[behind] === undefined) continue;
    const [start, end] = [paSymbol(profile, first), paSymbol(profile, behind) - 1n];
    insertResource(ctx, IOMEM_RESOURCE, createNode(ctx, { name, start, end, flags }));
  }
}

/**
 * Make sure that the kernel image lies in RAM, whatever the firmware says.
 * @kernel arch/x86/kernel/setup.c e820_add_kernel_range()
 */
export function e820AddKernelRange(ctx: KernelContext): void {
  call(ctx, 'e820_add_kernel_range', [], () => {
    const [start, end] = [paSymbol(ctx.profile, '_text'), paSymbol(ctx.profile, '_end')];
    if (e820MappedAll(ctx, start, end)) return;
    printk(ctx, 'WARNING', `.text .data .bss are not marked as ${ctx.profile.e820.ramConstant}!`);
    e820RangeRemove(ctx, start, end - start, E820.RAM, false);
    e820RangeAdd(ctx, start, end - start, E820.RAM);
  });
}

const BIOS_BEGIN = 0xa_0000n;
const BIOS_END = 0x10_0000n;

/**
 * Take the first page, and the hole between 640 KiB and 1 MiB, out of the RAM that the firmware reports.
 * @kernel arch/x86/kernel/setup.c trim_bios_range()
 */
export function trimBiosRange(ctx: KernelContext): void {
  call(ctx, 'trim_bios_range', [], () => {
    e820RangeUpdate(ctx, 0n, 0x1000n, E820.RAM, E820.RESERVED);
    e820RangeRemove(ctx, BIOS_BEGIN, BIOS_END - BIOS_BEGIN, E820.RAM, true);
    e820UpdateTable(ctx);
  });
}
