import {
  acpiPciRootAdd,
  isPci,
  pciArchInit,
  pcibiosResourceSurvey,
  pciMmcfgLateInsertResources,
  platformDevices,
} from '../arch/x86/pci/pci.ts';
import { lapicInsertResource } from '../arch/x86/kernel/apic/apic.ts';
import { hpetInsertResource, hpetResources } from '../arch/x86/kernel/hpet.ts';
import { ioremap } from '../arch/x86/mm/ioremap_variants.ts';
import type { Machine } from '../boot/machine.ts';
import { call, type KernelContext } from '../context.ts';
import { dmiInit } from '../drivers/firmware/dmi_scan.ts';
import { cmosDoProbe } from '../drivers/rtc/rtc_cmos.ts';
import { requestMemRegion, requestRegion } from '../kernel/resource/region.ts';
import { checkEarlyIoremapLeak } from '../mm/early_ioremap.ts';
import { enterPhase } from '../step.ts';

type Initcalls = (ctx: KernelContext, machine: Machine) => void;

const subsys: Initcalls = (ctx, machine) => {
  const windows = acpiPciRootAdd(ctx, machine);
  platformDevices(ctx, machine);
  dmiInit(ctx, machine);
  pcibiosResourceSurvey(ctx, machine, windows);
};

/** Ranges that nobody but their user knows of. */
const claims: Initcalls = (ctx, machine) => {
  for (const { name, space, start, size } of machine.claims) {
    if (space === 'io') requestRegion(ctx, start, size, name);
    else requestMemRegion(ctx, start, size, name);
  }
};

/** A driver of a device requests its range, and maps it when it is memory. */
const drivers: Initcalls = (ctx, machine) => {
  for (const { name, space, start, size, driver } of machine.devices) {
    if (driver === undefined) continue;
    const body = (): void => {
      if (space === 'io') return void requestRegion(ctx, start, size, driver);
      if (requestMemRegion(ctx, start, size, driver) !== null) ioremap(ctx, start, size);
    };
    call(ctx, isPci({ name, space, start, size }) ? 'pci_device_probe' : 'platform_probe', [], body, `name="${name}"`);
  }
};

const device: Initcalls = (ctx, machine) => {
  hpetResources(ctx, machine);
  drivers(ctx, machine);
  cmosDoProbe(ctx, 0x70n, 8n, 'rtc0');
};

const late: Initcalls = (ctx, machine) => {
  hpetInsertResource(ctx, machine);
  if (machine.acpi.length > 0 || machine.ioapics.length > 0) lapicInsertResource(ctx);
  checkEarlyIoremapLeak(ctx);
  pciMmcfgLateInsertResources(ctx, machine);
};

/** By level, as the macros that mark them are called. */
const levels: readonly (readonly [string, Initcalls])[] = [
  ['arch_initcall', pciArchInit],
  ['subsys_initcall', subsys],
  ['fs_initcall', claims],
  ['device_initcall', device],
  ['late_initcall', late],
];

/**
 * Drivers and subsystems, level by level. Within a level the order is that of linking, here that of captured boots.
 *
 * @emits phase.entered for each level
 * @kernel init/main.c do_initcalls()
 */
export function doInitcalls(ctx: KernelContext, machine: Machine): void {
  call(ctx, 'do_initcalls', [], () => {
    for (const [level, run] of levels) {
      enterPhase(ctx, level);
      run(ctx, machine);
    }
  });
}
