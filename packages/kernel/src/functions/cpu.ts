import { vaddr, type KernelProfile } from '@kwind/x86';
import {
  flushAll,
  flushGlobal,
  flushLocal,
  flushOneKernel,
  flushTlbKernelRange,
  loadPgd,
  writeCr3,
  writeCr4,
} from '../arch/x86/mm/tlb.ts';
import { fetchInstruction, load, store } from '../cpu/mmu.ts';
import { evict, invlpg, invpcid } from '../cpu/tlb.ts';
import type { KernelFunction } from '../function.ts';
import { declare } from './declare.ts';

const FILE = 'arch/x86/mm/tlb.c';
const HEADER = 'arch/x86/include/asm/tlbflush.h';

type TlbName = Exclude<keyof KernelProfile['tlb'], 'cpuHasInvlpg' | 'invlpgKeepsGlobal' | 'singlePageFlushCeiling'>;

/** A flush that is called otherwise in other kernels: `which` field of the profile holds the name it has. */
const renamed =
  (name: string, which: TlbName, also: (profile: KernelProfile) => boolean = () => false) =>
  (profile: KernelProfile): string | undefined =>
    profile.tlb[which] === name || also(profile) ? undefined : `${profile.name} calls it ${profile.tlb[which]}().`;

/** Up to 4.14 both names of the single-page flush exist: with paravirt one is the hook of the other. */
const hasSingle = (profile: KernelProfile): boolean => profile.tlb.flushOneKernel === '__flush_tlb_one';

const onePage = (
  name: string,
  which: TlbName,
  doc: string,
  also?: (profile: KernelProfile) => boolean,
): KernelFunction =>
  declare(
    `void ${name}(unsigned long addr)`,
    { file: which === 'flushOneKernel' ? HEADER : FILE, doc, missing: renamed(name, which, also) },
    (ctx, addr) => flushOneKernel(ctx, vaddr(addr!), name),
  );

const flushes: readonly KernelFunction[] = [
  onePage('__flush_tlb_one', 'flushOneKernel', 'Flush one page (up to 4.14).'),
  onePage('__flush_tlb_one_kernel', 'flushOneKernel', 'Flush one kernel page (4.15 to 5.x).'),
  onePage('flush_tlb_one_kernel', 'flushOneKernel', 'Flush one kernel page (6.x).'),
  onePage('__flush_tlb_single', 'flushOneNative', 'What __flush_tlb_one() ends in (up to 4.14).', hasSingle),
  onePage('__native_flush_tlb_single', 'flushOneNative', '__flush_tlb_single() on bare metal (up to 4.14).', hasSingle),
  onePage('__native_flush_tlb_one_user', 'flushOneNative', 'What __flush_tlb_one_kernel() ends in (4.15 to 5.x).'),
  onePage('native_flush_tlb_one_user', 'flushOneNative', 'What flush_tlb_one_kernel() ends in (6.x).'),
  declare(
    'void __flush_tlb()',
    { file: HEADER, doc: 'Reload CR3: drops what is not global (4.x).', missing: renamed('__flush_tlb', 'flushLocal') },
    (ctx) => flushLocal(ctx, '__flush_tlb'),
  ),
  declare(
    'void native_flush_tlb_local()',
    {
      file: FILE,
      doc: 'Reload CR3: drops what is not global (6.x).',
      missing: renamed('native_flush_tlb_local', 'flushLocal'),
    },
    (ctx) => flushLocal(ctx, 'native_flush_tlb_local'),
  ),
  declare(
    'void __flush_tlb_global()',
    {
      file: HEADER,
      doc: 'Toggle CR4.PGE: drops everything (4.x).',
      missing: renamed('__flush_tlb_global', 'flushGlobal'),
    },
    (ctx) => flushGlobal(ctx, '__flush_tlb_global'),
  ),
  declare(
    'void native_flush_tlb_global()',
    {
      file: FILE,
      doc: 'Toggle CR4.PGE: drops everything (6.x).',
      missing: renamed('native_flush_tlb_global', 'flushGlobal'),
    },
    (ctx) => flushGlobal(ctx, 'native_flush_tlb_global'),
  ),
  declare('void __flush_tlb_all()', { file: FILE, doc: 'Drop everything on this CPU.' }, (ctx) =>
    flushAll(ctx, '__flush_tlb_all'),
  ),
  declare(
    'void flush_tlb_kernel_range(unsigned long start, unsigned long end)',
    { file: FILE, doc: 'Drop a range, page by page up to 33 pages.' },
    (ctx, start, end) => flushTlbKernelRange(ctx, vaddr(start!), vaddr(end!)),
  ),
];

const registers: readonly KernelFunction[] = [
  declare(
    'void write_cr3(unsigned long val)',
    { file: 'arch/x86/include/asm/special_insns.h', doc: 'Load a root table.' },
    (ctx, value) => writeCr3(ctx, value!),
  ),
  declare(
    'void load_cr3(pgd_t *pgdir)',
    { file: 'arch/x86/include/asm/processor.h', doc: 'Load a root table by its kernel address: swapper_pg_dir.' },
    (ctx, pgdir) => loadPgd(ctx, vaddr(pgdir!)),
  ),
  declare(
    'void write_cr4(unsigned long val)',
    { file: 'arch/x86/kernel/cpu/common.c', doc: 'Write CR4; a changed PGE bit drops everything.' },
    (ctx, value) => writeCr4(ctx, value!),
  ),
];

const instructions: readonly KernelFunction[] = [
  declare(
    'void invlpg(unsigned long addr)',
    { file: '', doc: 'The instruction: drop one page.', withoutMmu: true },
    (ctx, addr) => invlpg(ctx, vaddr(addr!)),
  ),
  declare(
    'void invpcid(unsigned long type, unsigned long pcid = 0, unsigned long addr = 0)',
    {
      file: '',
      doc: 'The instruction: 0 one address, 1 one PCID, 2 all with global, 3 all but global.',
      withoutMmu: true,
    },
    (ctx, kind, pcid, addr) => invpcid(ctx, kind!, pcid!, vaddr(addr!)),
  ),
  declare(
    'phys_addr_t load(unsigned long vaddr)',
    { file: '', doc: 'Read a byte through the MMU.', withoutMmu: true },
    (ctx, address) => load(ctx, vaddr(address!)),
  ),
  declare(
    'phys_addr_t store(unsigned long vaddr)',
    { file: '', doc: 'Write a byte through the MMU.', withoutMmu: true },
    (ctx, address) => store(ctx, vaddr(address!)),
  ),
  declare(
    'phys_addr_t fetch(unsigned long vaddr)',
    { file: '', doc: 'Fetch an instruction through the MMU.', withoutMmu: true },
    (ctx, address) => fetchInstruction(ctx, vaddr(address!)),
  ),
  declare(
    'int evict(unsigned long vaddr)',
    { file: '', doc: 'Let the CPU drop a cached translation now, as it may at any time.', withoutMmu: true },
    (ctx, address) => evict(ctx, vaddr(address!)),
  ),
];

/** Flushes, control registers, and what the CPU does by itself. */
export const cpuFunctions: readonly KernelFunction[] = [...flushes, ...registers, ...instructions];
