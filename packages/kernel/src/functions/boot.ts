import { startup64 } from '../arch/x86/kernel/head_64.ts';
import { resetEarlyPageTables, x86StartKernel } from '../arch/x86/kernel/head64.ts';
import { call } from '../context.ts';
import type { KernelFunction } from '../function.ts';
import { setVariable } from '../variables.ts';
import { declare } from './declare.ts';

/** The way to C code, and the state of the system. */
export const bootFunctions: readonly KernelFunction[] = [
  declare(
    'void startup_64()',
    { file: 'arch/x86/kernel/head_64.S', doc: 'Static page tables and control registers.' },
    (ctx) => startup64(ctx),
  ),
  declare(
    'void x86_64_start_kernel()',
    { file: 'arch/x86/kernel/head64.c', doc: 'The first C code: early tables reset, final root joined.' },
    (ctx) => x86StartKernel(ctx),
  ),
  declare(
    'void reset_early_page_tables()',
    { file: 'arch/x86/kernel/head64.c', doc: "Empty the early root but for the kernel's own entry." },
    (ctx) => resetEarlyPageTables(ctx),
  ),
  declare(
    'void set_system_state(int state)',
    {
      file: '',
      doc: 'The assignment to system_state that start_kernel() and others make: SYSTEM_RUNNING and the like.',
      withoutMmu: true,
    },
    (ctx, state) => call(ctx, 'set_system_state', [state!], () => setVariable(ctx, 'system_state', state!)),
  ),
];
