import { bare16, bare8, hex16 } from '@kwind/x86';
import type { KernelContext } from '../context.ts';

/** A physical address as early_ioremap's messages print it: `%pa` (6.x) or `%08llx` (up to 5.0). @kernel lib/vsprintf.c */
export const printPhys = (ctx: KernelContext, value: bigint): string =>
  ctx.profile.messages.physFormat === 'pa' ? hex16(value) : bare8(value);

/** `%p`: the raw pointer, or the placeholder of a hash that has no seed yet. @kernel lib/vsprintf.c pointer(), ptr_to_id() */
export const printPointer = (ctx: KernelContext, value: bigint): string =>
  ctx.profile.messages.pointerFormat === 'raw' ? bare16(value) : '(____ptrval____)';
