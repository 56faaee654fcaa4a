import type { KernelFunction } from './function.ts';
import { bootFunctions } from './functions/boot.ts';
import { cpuFunctions } from './functions/cpu.ts';
import { e820Functions } from './functions/e820.ts';
import { earlyIoremapFunctions } from './functions/early-ioremap.ts';
import { fixmapFunctions } from './functions/fixmap.ts';
import { ioremapFunctions } from './functions/ioremap.ts';
import { rawFunctions } from './functions/raw.ts';
import { resourceFunctions } from './functions/resource.ts';

/** Every function that a script, an import or the debugger may call, of all kernels together. */
export const kernelFunctions: readonly KernelFunction[] = Object.freeze([
  ...earlyIoremapFunctions,
  ...fixmapFunctions,
  ...cpuFunctions,
  ...bootFunctions,
  ...resourceFunctions,
  ...e820Functions,
  ...ioremapFunctions,
  ...rawFunctions,
]);

const byName = new Map(kernelFunctions.map((fn) => [fn.name, fn]));

/** The function of a name; ask its `missing` whether a profile's kernel has it. */
export const findKernelFunction = (name: string): KernelFunction | undefined => byName.get(name);
