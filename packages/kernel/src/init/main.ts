import { IOPORT_RESOURCE, IORESOURCE } from '@kwind/x86';
import { irqInitPercpuIrqstack } from '../arch/x86/kernel/irq_64.ts';
import { setupArch } from '../arch/x86/kernel/setup.ts';
import { hpetEnable } from '../arch/x86/kernel/hpet.ts';
import { freeInitmem } from '../arch/x86/mm/free_initmem.ts';
import { ioremapCache } from '../arch/x86/mm/ioremap_variants.ts';
import { memInit } from '../arch/x86/mm/mem_init.ts';
import { efiEnterVirtualMode } from '../arch/x86/platform/efi/efi.ts';
import { acpiTable, type Machine } from '../boot/machine.ts';
import { call, type KernelContext } from '../context.ts';
import { createNode } from '../kernel/resource/node.ts';
import { requestResource } from '../kernel/resource/request.ts';
import { setSystemState } from '../kernel/system_state.ts';
import { vmallocInit } from '../mm/vmalloc.ts';
import { enterPhase, step } from '../step.ts';
import { setVariable } from '../variables.ts';
import { doInitcalls } from './initcalls.ts';

/** The page allocator, then virtual areas. @kernel init/main.c mm_init(); mm/mm_init.c mm_core_init() */
function mmInit(ctx: KernelContext): void {
  step(ctx, ctx.profile.boot.mmInit, () => {
    memInit(ctx);
    vmallocInit(ctx);
  });
}

/** The console on a VGA claims its ports. @kernel drivers/video/console/vgacon.c vgacon_startup() */
function consoleInit(ctx: KernelContext, { firmware }: Machine): void {
  step(ctx, 'console_init', () => {
    if (firmware !== 'bios') return;
    call(ctx, 'vgacon_startup', [], () => {
      const ports = createNode(ctx, { name: 'vga+', start: 0x3c0n, end: 0x3dfn, flags: IORESOURCE.IO });
      requestResource(ctx, IOPORT_RESOURCE, ports);
    });
  });
}

/** From now on tables are mapped by ioremap(), and those that are always needed stay mapped. @kernel drivers/acpi/bus.c acpi_early_init() */
function acpiEarlyInit(ctx: KernelContext, machine: Machine): void {
  step(ctx, 'acpi_early_init', () => {
    for (const name of ['FACP', 'DSDT']) {
      const table = acpiTable(machine, name);
      if (table)
        call(
          ctx,
          'acpi_os_map_iomem',
          [table.start, table.size],
          () => void ioremapCache(ctx, table.start, table.size),
        );
    }
  });
}

/** Set system_state if this kernel has that state. */
function reach(ctx: KernelContext, state: string): void {
  if (ctx.profile.systemStates.includes(state)) setSystemState(ctx, state);
}

/** The first process: drivers, then everything that only the boot needed goes. @kernel init/main.c kernel_init() */
function kernelInit(ctx: KernelContext, machine: Machine): void {
  call(ctx, 'kernel_init', [], () => {
    if (machine.cpus > 1) setVariable(ctx, 'num_online_cpus', BigInt(machine.cpus));
    doInitcalls(ctx, machine);
    reach(ctx, 'SYSTEM_FREEING_INITMEM');
    enterPhase(ctx, 'free_initmem');
    freeInitmem(ctx);
    reach(ctx, 'SYSTEM_RUNNING');
    enterPhase(ctx, 'running');
  });
}

/**
 * A whole boot, from the first C code that is not only x86's to the moment at which user space starts.
 * @kernel init/main.c start_kernel(), rest_init()
 */
export function startKernel(ctx: KernelContext, machine: Machine): void {
  call(ctx, 'start_kernel', [], () => {
    setupArch(ctx, machine);
    mmInit(ctx);
    step(ctx, 'init_IRQ', () => irqInitPercpuIrqstack(ctx));
    consoleInit(ctx, machine);
    acpiEarlyInit(ctx, machine);
    step(ctx, 'late_time_init', () => hpetEnable(ctx, machine));
    if (machine.firmware === 'uefi') enterPhase(ctx, 'efi_enter_virtual_mode');
    efiEnterVirtualMode(ctx, machine);
    reach(ctx, 'SYSTEM_SCHEDULING');
    kernelInit(ctx, machine);
  });
}
