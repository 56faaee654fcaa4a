import { IOMEM_RESOURCE, IORESOURCE } from '@kwind/x86';
import { call, type KernelContext } from '../../../context.ts';
import { createNode } from '../../../kernel/resource/node.ts';
import { requestResource } from '../../../kernel/resource/request.ts';

/** A place between 0xc0000 and 0xf0000 that begins with a ROM's signature. */
export interface OptionRom {
  readonly start: bigint;
  /** Bytes by its header, a multiple of 512; 0 when it gives none. */
  readonly length: bigint;
  /** False when the bytes of that length do not add up to 0. */
  readonly checksum?: boolean;
}

const STEP = 2048n;
const VIDEO = { start: 0xc_0000n, end: 0xc_7fffn };
const ADAPTERS_START = 0xc_8000n;
const EXTENSION = { start: 0xe_0000n, end: 0xe_ffffn };
const SYSTEM = { start: 0xf_0000n, end: 0xf_ffffn };
const NR_ADAPTERS = 6;

function request(ctx: KernelContext, name: string, start: bigint, end: bigint): void {
  const flags = IORESOURCE.BUSY | IORESOURCE.READONLY | IORESOURCE.MEM;
  requestResource(ctx, IOMEM_RESOURCE, createNode(ctx, { name, start, end, flags }));
}

const isSound = ({ length, checksum = true }: OptionRom): boolean => length !== 0n && checksum;
const roundUp = (address: bigint): bigint => (address + STEP - 1n) & ~(STEP - 1n);

/** The video BIOS: the first signature below 0xc8000. Returns where it ends; its default end when there is none. */
function probeVideo(ctx: KernelContext, at: ReadonlyMap<bigint, OptionRom>): bigint {
  for (let start = VIDEO.start; start < ADAPTERS_START; start += STEP) {
    const rom = at.get(start);
    if (!rom) continue;
    const end = isSound(rom) ? start + rom.length - 1n : VIDEO.end;
    request(ctx, 'Video ROM', start, end);
    return end;
  }
  return VIDEO.end;
}

/** ROMs of plug-in cards, every 2 KiB up to `upper`. */
function probeAdapters(ctx: KernelContext, at: ReadonlyMap<bigint, OptionRom>, first: bigint, upper: bigint): void {
  let found = 0;
  for (let start = first; found < NR_ADAPTERS && start < upper; start += STEP) {
    const rom = at.get(start);
    if (!rom || !isSound(rom) || start + rom.length > upper) continue;
    const end = start + rom.length - 1n;
    request(ctx, 'Adapter ROM', start, end);
    found++;
    start = end & ~(STEP - 1n);
  }
}

/**
 * Claim the ROMs of a PC: video, system, extension, adapters.
 *
 * @param roms what a look at the memory would find
 * @kernel arch/x86/kernel/probe_roms.c probe_roms()
 */
export function probeRoms(ctx: KernelContext, roms: readonly OptionRom[]): void {
  call(ctx, 'probe_roms', [], () => {
    const at = new Map(roms.map((rom) => [rom.start, rom]));
    const behindVideo = roundUp(probeVideo(ctx, at) + 1n);
    request(ctx, 'System ROM', SYSTEM.start, SYSTEM.end);
    const extension = at.get(EXTENSION.start)?.checksum ?? at.has(EXTENSION.start);
    if (extension) request(ctx, 'Extension ROM', EXTENSION.start, EXTENSION.end);
    const upper = extension ? EXTENSION.start : SYSTEM.start;
    probeAdapters(ctx, at, behindVideo < ADAPTERS_START ? ADAPTERS_START : behindVideo, upper);
  });
}
