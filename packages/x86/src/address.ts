import type { Brand } from './brand.ts';

/** 64-bit virtual byte address, unsigned. */
export type Vaddr = Brand<bigint, 'Vaddr'>;
/** Physical byte address, unsigned. Arguments of kernel calls may exceed what a CPU can address; the kernel checks. */
export type PhysAddr = Brand<bigint, 'PhysAddr'>;
/** Page frame number, `physAddr >> 12`; at most 52 bits, so exact in a double. */
export type Pfn = Brand<number, 'Pfn'>;
/** Virtual page number, `vaddr >> 12`; at most 52 bits, so exact in a double. */
export type Vpn = Brand<number, 'Vpn'>;
/** Index in `enum fixed_addresses`. Index n is the page at FIXADDR_TOP − n · 4096. */
export type FixIdx = Brand<number, 'FixIdx'>;
/** Number of one of the early_ioremap windows, 0 to 7. */
export type Slot = Brand<number, 'Slot'>;
/** Number of an event, counted from 0. */
export type Seq = Brand<number, 'Seq'>;
/** A place between events: the state after the first n events. 0 is power-on. */
export type Position = Brand<number, 'Position'>;

export const PAGE_SHIFT = 12;
export const PAGE_SIZE = 4096n;
export const PMD_SIZE = 0x20_0000n;
export const PUD_SIZE = 0x4000_0000n;
/** Mask that keeps all but the low 12 bits of a 64-bit value. */
export const PAGE_MASK = 0xffff_ffff_ffff_f000n;
const OFFSET_MASK = 0xfffn;
const U64 = 64;

export const u64 = (value: bigint): bigint => BigInt.asUintN(U64, value);
export const vaddr = (value: bigint): Vaddr => u64(value) as Vaddr;
export const physAddr = (value: bigint): PhysAddr => u64(value) as PhysAddr;
export const pfn = (value: number): Pfn => value as Pfn;
export const fixIdx = (value: number): FixIdx => value as FixIdx;
export const slot = (value: number): Slot => value as Slot;
export const seq = (value: number): Seq => value as Seq;
export const position = (value: number): Position => value as Position;

export const vpnOf = (address: Vaddr): Vpn => Number(address >> 12n) as Vpn;
export const vaddrOfVpn = (page: Vpn): Vaddr => (BigInt(page) << 12n) as Vaddr;
export const pfnOf = (address: PhysAddr): Pfn => Number(address >> 12n) as Pfn;
export const physOfPfn = (frame: Pfn): PhysAddr => (BigInt(frame) << 12n) as PhysAddr;
export const offsetInPage = (address: bigint): bigint => address & OFFSET_MASK;

/** Round up to a page boundary in 64-bit arithmetic: wraps to 0 as the kernel's PAGE_ALIGN() does. */
export const pageAlign = (value: bigint): bigint => u64(value + OFFSET_MASK) & PAGE_MASK;

/** True when bits 63 down to 47 (4 levels) or 56 (5 levels) are all equal. */
export function isCanonical(address: bigint, levels: 4 | 5): boolean {
  const bits = levels === 5 ? 57 : 48;
  return u64(BigInt.asIntN(bits, address)) === address;
}
