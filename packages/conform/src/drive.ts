import { cacheModes, physAddr, vaddr } from '@kwind/x86';
import type { CaptureCall } from '@kwind/events';
import {
  checkEarlyIoremapLeak,
  cleanupHighmap,
  earlyIoremapInit,
  earlyIoremapInner,
  earlyIoremapReset,
  earlyIoremapSetup,
  earlyIounmap,
  earlySetFixmap,
  flushTlbKernelRange,
  initMemMapping,
  ioremapCaller,
  ioremapPageRange,
  iounmap,
  memInit,
  nativeSetFixmap,
  type ByteRange,
  type KernelContext,
} from '@kwind/kernel';
import { allocationOf, runResourceCall, type ResourcePointers } from '@kwind/recorder';

/** What a call needs beside its arguments. */
export interface DriveContext {
  readonly pointers: ResourcePointers;
  /** RAM by the kernel's memory map, to the byte. */
  readonly ram: readonly ByteRange[];
}

const index = (value: bigint): number => Number(BigInt.asUintN(32, value));

type Driver = (ctx: KernelContext, args: readonly bigint[], call: CaptureCall, more: DriveContext) => void;

const resource: Driver = (ctx, _, call, { pointers }) => void runResourceCall(ctx, pointers, call);

/** How many arguments a call must have been recorded with, and how the model runs it. */
const drivers: Readonly<Record<string, readonly [nrArgs: number, run: Driver]>> = {
  early_ioremap_init: [0, (ctx) => earlyIoremapInit(ctx)],
  early_ioremap_setup: [0, (ctx) => earlyIoremapSetup(ctx)],
  early_ioremap_reset: [0, (ctx) => earlyIoremapReset(ctx)],
  check_early_ioremap_leak: [0, (ctx) => void checkEarlyIoremapLeak(ctx)],
  __early_ioremap: [3, (ctx, [phys, size, prot]) => void earlyIoremapInner(ctx, phys!, size!, prot!)],
  early_iounmap: [2, (ctx, [address, size]) => earlyIounmap(ctx, address!, size!)],
  __early_set_fixmap: [3, (ctx, [idx, phys, prot]) => earlySetFixmap(ctx, index(idx!), physAddr(phys!), prot!)],
  native_set_fixmap: [3, (ctx, [idx, phys, prot]) => nativeSetFixmap(ctx, index(idx!), physAddr(phys!), prot!)],
  request_resource: [2, resource],
  request_resource_conflict: [2, resource],
  insert_resource: [2, resource],
  insert_resource_conflict: [2, resource],
  insert_resource_expand_to_fit: [2, resource],
  reserve_region_with_split: [3, resource],
  __request_region: [3, resource],
  __release_region: [3, resource],
  release_resource: [1, resource],
  remove_resource: [1, resource],
  adjust_resource: [3, resource],
  allocate_resource: [5, resource],
  __ioremap_caller: [
    3,
    (ctx, [phys, size, mode]) => void ioremapCaller(ctx, phys!, size!, cacheModes[index(mode!)] ?? 'UC-'),
  ],
  iounmap: [1, (ctx, [address]) => iounmap(ctx, address!)],
  ioremap_page_range: [
    4,
    (ctx, [start, end, phys, prot]) => void ioremapPageRange(ctx, vaddr(start!), vaddr(end!), phys!, prot!),
  ],
  flush_tlb_kernel_range: [2, (ctx, [start, end]) => flushTlbKernelRange(ctx, vaddr(start!), vaddr(end!))],
  cleanup_highmap: [0, (ctx) => cleanupHighmap(ctx)],
  init_mem_mapping: [0, (ctx, _, __, { ram }) => initMemMapping(ctx, ram)],
  mem_init: [0, (ctx) => memInit(ctx)],
};

/** Whether the model runs calls of this function. */
export const isModelled = (fn: string): boolean => Object.hasOwn(drivers, fn);

/** Whether a call was recorded with what the model needs to run it; direct mapping needs the memory map as well. */
export function canDrive(call: CaptureCall, ram: readonly ByteRange[]): boolean {
  if (!isModelled(call.fn) || call.args.length < drivers[call.fn]![0]) return false;
  if (call.fn === 'allocate_resource') return allocationOf(call) !== undefined;
  return call.fn !== 'init_mem_mapping' || ram.length > 0;
}

/** Run a call on the model, with the arguments that the kernel's had. */
export function drive(ctx: KernelContext, call: CaptureCall, more: DriveContext): void {
  drivers[call.fn]![1](ctx, call.args, call, more);
}
