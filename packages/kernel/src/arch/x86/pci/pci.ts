import { IOMEM_RESOURCE, IOPORT_RESOURCE, IORESOURCE } from '@kwind/x86';
import { lastOf, type Device, type Machine, type NamedRange, type Range } from '../../../boot/machine.ts';
import { call, type KernelContext } from '../../../context.ts';
import { insertResource, insertResourceConflict } from '../../../kernel/resource/insert.ts';
import { createNode, nodeAt, printResource } from '../../../kernel/resource/node.ts';
import { requestRegion } from '../../../kernel/resource/region.ts';
import { requestResourceConflict } from '../../../kernel/resource/request.ts';
import { printk } from '../../../warn.ts';
import { ioapicInsertResources } from '../kernel/apic/io_apic.ts';
import { e820ReserveResourcesLate } from '../kernel/e820.ts';
import { ioremap } from '../mm/ioremap_variants.ts';

const BUS = 'PCI Bus 0000:00';
const pciName = /^[0-9a-f]{4}:[0-9a-f]{2}:[0-9a-f]{2}\.[0-7]$/;
export const isPci = ({ name }: NamedRange): boolean => pciName.test(name);

const rootOfSpace = { io: IOPORT_RESOURCE, mem: IOMEM_RESOURCE } as const;
const typeOfSpace = { io: IORESOURCE.IO, mem: IORESOURCE.MEM } as const;

const newResource = (ctx: KernelContext, range: NamedRange, flags = 0n): bigint =>
  createNode(ctx, {
    name: range.name,
    start: range.start,
    end: lastOf(range),
    flags: typeOfSpace[range.space] | flags,
  });

/** Configuration space by its two ports, and by memory if the firmware says where. @kernel arch/x86/pci/init.c pci_arch_init() */
export function pciArchInit(ctx: KernelContext, { mmconfig, windows }: Machine): void {
  if (windows.length === 0) return;
  call(ctx, 'pci_arch_init', [], () => {
    call(ctx, 'pci_direct_probe', [], () => void requestRegion(ctx, 0xcf8n, 8n, 'PCI conf1'));
    if (mmconfig) call(ctx, 'pci_mmcfg_arch_map', [], () => void ioremap(ctx, mmconfig.start, mmconfig.size));
  });
}

/** The windows of the host bridge. @kernel drivers/acpi/pci_root.c acpi_pci_root_create() */
export function acpiPciRootAdd(ctx: KernelContext, { windows }: Machine): readonly bigint[] {
  const made: bigint[] = [];
  call(ctx, 'acpi_pci_root_add', [], () => {
    for (const window of windows) {
      const id = newResource(ctx, { ...window, name: BUS }, IORESOURCE.WINDOW);
      if (insertResourceConflict(ctx, rootOfSpace[window.space], id) === null) made.push(id);
    }
  });
  return made;
}

/** Devices that are no PCI ones take their range wherever it lies. @kernel drivers/base/platform.c platform_device_add() */
export function platformDevices(ctx: KernelContext, { devices }: Machine): void {
  for (const device of devices) {
    if (isPci(device)) continue;
    call(
      ctx,
      'platform_device_add',
      [],
      () => void insertResource(ctx, rootOfSpace[device.space], newResource(ctx, device)),
    );
  }
}

/** Claim a BAR where the firmware put it: directly below the window that it lies in. @kernel drivers/pci/setup-res.c pci_claim_resource() */
function claim(ctx: KernelContext, device: Device, windows: readonly bigint[]): void {
  call(ctx, 'pci_claim_resource', [], () => {
    const id = newResource(ctx, device);
    const window = windows.find((one) => {
      const node = nodeAt(ctx, one)!;
      return (
        (node.flags & IORESOURCE.TYPE_BITS) === typeOfSpace[device.space] &&
        node.start <= device.start &&
        lastOf(device) <= node.end
      );
    });
    const text = printResource(nodeAt(ctx, id)!);
    if (window === undefined)
      return printk(ctx, 'INFO', `pci ${device.name}: can't claim ${text}: no compatible bridge window`);
    const conflict = requestResourceConflict(ctx, window, id);
    if (conflict === null) return;
    const other = nodeAt(ctx, conflict)!;
    printk(
      ctx,
      'INFO',
      `pci ${device.name}: can't claim ${text}: address conflict with ${other.name} ${printResource(other)}`,
    );
  });
}

/**
 * Claim what the firmware gave to devices, then insert what it merely reserved, then the I/O APICs.
 * @kernel arch/x86/pci/i386.c pcibios_resource_survey()
 */
export function pcibiosResourceSurvey(
  ctx: KernelContext,
  { devices, ioapics }: Machine,
  windows: readonly bigint[],
): void {
  call(ctx, 'pcibios_resource_survey', [], () => {
    for (const device of devices) if (isPci(device)) claim(ctx, device, windows);
    e820ReserveResourcesLate(ctx);
    ioapicInsertResources(ctx, ioapics);
  });
}

/** Last bus of a block with 1 MiB for each. */
const lastBus = ({ size }: Range): string => ((size >> 20n) - 1n).toString(16).padStart(2, '0');

/** @kernel arch/x86/pci/mmconfig-shared.c pci_mmcfg_late_insert_resources() */
export function pciMmcfgLateInsertResources(ctx: KernelContext, { mmconfig }: Machine): void {
  if (!mmconfig) return;
  call(ctx, 'pci_mmcfg_late_insert_resources', [], () => {
    const name = `PCI MMCONFIG 0000 [bus 00-${lastBus(mmconfig)}]`;
    insertResource(ctx, IOMEM_RESOURCE, newResource(ctx, { ...mmconfig, name, space: 'mem' }, IORESOURCE.BUSY));
  });
}
