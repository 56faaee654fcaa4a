import { PAGE_SIZE, physAddr, u64, vaddr, type Vaddr } from '../address.ts';
import { ToolError } from '../errors.ts';
import { buildFixmapTable } from '../fixmap-table.ts';
import { hex, hex16 } from '../hex.ts';
import type { FixmapTable, KernelProfile } from '../profile.ts';
import { powerOnPatTypes, PTE } from '../pte.ts';
import type { Overrides } from './overrides.ts';
import type { ProfileSpec, RegionBases } from './spec.ts';

const NR_FIX_BTMAPS = 64;
const FIX_BTMAPS_SLOTS = 8;
const FIXADDR_TOP = 0xffff_ffff_ff7f_f000n;
const START_KERNEL_MAP = 0xffff_ffff_8000_0000n;
const MODULES_END = 0xffff_ffff_ff00_0000n;
const KERNEL_IMAGE_SIZE = 0x2000_0000n;
const KERNEL_IMAGE_SIZE_RANDOMIZED = 0x4000_0000n;
/** QEMU's default CPU; a server on bare metal typically has 46. */
const PHYS_BITS = 40;
const ALL_PTE_BITS = 0xffff_ffff_ffff_ffffn;
const SINGLE_PAGE_FLUSH_CEILING = 33;
/** PG AM WP NE ET MP PE. */
const CR0 = 0x8005_0033n;
/** NXE LMA LME SCE. */
const EFER = 0xd01n;
const EFER_NXE = 1n << 11n;
const CR4_LA57 = 1n << 12n;
const CR4_PGE = 1n << 7n;

type Config = Readonly<Record<string, boolean>>;

function basesFor(spec: ProfileSpec, la57: boolean): RegionBases {
  if (!la57) return spec.bases[4];
  if (spec.bases[5]) return spec.bases[5];
  throw new ToolError(
    'option/invalid',
    `la57=y: profile ${spec.name} is of a kernel that knows 4 levels only.`,
    'Take a profile from linux-4.14 on, or leave la57 out.',
  );
}

function configFor(spec: ProfileSpec, over: Overrides): Config {
  const config = { ...spec.config, ...over.config };
  if (over.la57 !== true) return config;
  if (over.config['CONFIG_X86_5LEVEL'] === false) {
    throw new ToolError('option/invalid', 'la57=y needs CONFIG_X86_5LEVEL=y.', 'Leave one of the two options out.');
  }
  return { ...config, CONFIG_X86_5LEVEL: true };
}

/** Link-time symbols move with the image; the ones given by hand are where they are, as in a running kernel's symbol list. */
function symbolsFor(spec: ProfileSpec, over: Overrides): Record<string, Vaddr> {
  const distance = over.kaslr ?? 0n;
  const moved = Object.entries(spec.symbols).map(([name, address]) => [name, vaddr(address + distance)] as const);
  const given = Object.entries(over.symbols).map(([name, address]) => [name, vaddr(address)] as const);
  return Object.fromEntries([...moved, ...given]);
}

const fixmapFor = (spec: ProfileSpec, config: Config, nrCpus: number): FixmapTable =>
  buildFixmapTable({
    rows: spec.fixmapRows,
    config,
    nrCpus,
    nrFixBtmaps: NR_FIX_BTMAPS,
    fixBtmapsSlots: FIX_BTMAPS_SLOTS,
  });

/** Where things lie: what KASLR, the paging depth and the size of the fixmap move. */
function placesFor(spec: ProfileSpec, over: Overrides, config: Config, fixmap: FixmapTable) {
  const base = basesFor(spec, over.la57 === true);
  const kernelImageSize = config['CONFIG_RANDOMIZE_BASE'] === true ? KERNEL_IMAGE_SIZE_RANDOMIZED : KERNEL_IMAGE_SIZE;
  const belowFixmap = FIXADDR_TOP - BigInt(fixmap.endOfFixed + 1) * PAGE_SIZE;
  return {
    pageOffset: vaddr(over.pageOffset ?? base.pageOffset),
    earlyPageOffset: vaddr(base.pageOffset),
    vmallocStart: vaddr(over.vmallocStart ?? base.vmallocStart),
    startKernelMap: vaddr(START_KERNEL_MAP),
    kernelImageSize,
    modulesVaddr: vaddr(START_KERNEL_MAP + kernelImageSize),
    modulesEnd: vaddr(spec.modulesEndFollowsFixmap ? belowFixmap : MODULES_END),
    // A virtual slide alone leaves the image where it is in memory, so phys_base takes it back.
    physBase: physAddr(u64(over.physBase ?? -(over.kaslr ?? 0n))),
    symbols: symbolsFor(spec, over),
  };
}

/** What the CPU does not have, no entry may have; Global pages are found missing later, in init_mem_mapping(). */
function masksFor(over: Overrides): Pick<KernelProfile, 'supportedPteMask' | 'defaultKernelPteMask' | 'nx' | 'pge'> {
  const [nx, pge] = [over.nx ?? true, over.pge ?? true];
  const supported = nx ? ALL_PTE_BITS : ALL_PTE_BITS & ~PTE.NX;
  const isGlobal = pge && over.pti !== true;
  return { nx, pge, supportedPteMask: supported, defaultKernelPteMask: isGlobal ? supported : supported & ~PTE.GLOBAL };
}

/** Control registers when C code starts. */
function registersFor(spec: ProfileSpec, over: Overrides): Pick<KernelProfile, 'cr0' | 'cr4' | 'efer'> {
  const cr4 = over.la57 === true ? spec.cr4 | CR4_LA57 : spec.cr4;
  return {
    cr0: CR0,
    cr4: over.pge === false ? cr4 & ~CR4_PGE : cr4,
    efer: over.nx === false ? EFER & ~EFER_NXE : EFER,
  };
}

/** Refuse overrides that no machine could have, before they show up as strange addresses much later. */
function checkPlaces(profile: KernelProfile, over: Overrides): void {
  const refuse = (what: string, hint: string): never => {
    throw new ToolError('option/invalid', what, hint);
  };
  if (over.kaslr && profile.config['CONFIG_RANDOMIZE_BASE'] !== true) {
    refuse(
      `kaslr=${hex(over.kaslr)} needs CONFIG_RANDOMIZE_BASE, which is off in ${profile.name}.`,
      'Add CONFIG_RANDOMIZE_BASE=y.',
    );
  }
  const end = profile.symbols['_end'] ?? profile.startKernelMap;
  const limit = profile.startKernelMap + profile.kernelImageSize;
  if (end < profile.startKernelMap || end > limit) {
    refuse(
      `the kernel image would end at ${hex16(end)}, outside its area of ${hex(profile.kernelImageSize)} bytes.`,
      'kaslr is a distance, not an address; give a smaller one.',
    );
  }
  if (profile.pageOffset >= profile.vmallocStart) {
    refuse(
      `page_offset ${hex16(profile.pageOffset)} is not below vmalloc_start ${hex16(profile.vmallocStart)}.`,
      'With KASLR both move: give both.',
    );
  }
  const text = profile.symbols['_text'] ?? profile.startKernelMap;
  const textPhys = u64(text - profile.startKernelMap + profile.physBase);
  if (textPhys >= 1n << BigInt(profile.physBits)) {
    refuse(
      `phys_base ${hex(BigInt.asIntN(64, profile.physBase))} puts the kernel image at physical ${hex(textPhys)}.`,
      "phys_base is the kernel's variable: physical minus virtual distance from the link address.",
    );
  }
}

/** What no override changes. */
const unchanged = (spec: ProfileSpec) => ({
  name: spec.name,
  title: spec.title,
  kernel: spec.kernel,
  fixmapPmdNum: spec.fixmapStatic.pmdNum,
  fixmapPmdTop: spec.fixmapStatic.pmdTop,
  prots: spec.prots,
  patTypes: spec.patTypes,
  earlyFixmapMask: spec.earlyFixmapMask,
  setFixmapMask: spec.setFixmapMask,
  earlySetup: spec.earlySetup,
  stateWarning: spec.stateWarning,
  systemStates: spec.systemStates,
  head: spec.head,
  pfnPteInverts: spec.pfnPteInverts,
  resource: spec.resource,
  e820: spec.e820,
  ioremap: spec.ioremap,
  boot: spec.boot,
  earlyRoot: spec.earlyRoot,
  finalRoot: spec.finalRoot,
});

/** One profile of a data file and the overrides; `texts` is what the overrides were read from. */
export function buildProfile(spec: ProfileSpec, over: Overrides, texts: readonly string[]): KernelProfile {
  const config = configFor(spec, over);
  const nrCpus = over.nrCpus ?? spec.nrCpus;
  const fixmap = fixmapFor(spec, config, nrCpus);
  const profile: KernelProfile = {
    ...unchanged(spec),
    overrides: [...texts],
    levels: over.la57 === true ? 5 : 4,
    nrCpus,
    config,
    mmu: config['CONFIG_MMU'] === true,
    fixmap,
    fixaddrTop: vaddr(FIXADDR_TOP),
    nrFixBtmaps: NR_FIX_BTMAPS,
    fixBtmapsSlots: FIX_BTMAPS_SLOTS,
    ...masksFor(over),
    physBits: over.physBits ?? PHYS_BITS,
    gbPages: over.gbPages ?? false,
    messages: over.noHashPointers === true ? { ...spec.messages, pointerFormat: 'raw' } : spec.messages,
    has: {
      ...spec.has,
      earlyMemremapProt: config['CONFIG_ARCH_USE_MEMREMAP_PROT'] === true && spec.has.earlyMemremapProt,
    },
    tlb: {
      ...spec.tlb,
      cpuHasInvlpg: over.cpuHasInvlpg ?? true,
      invlpgKeepsGlobal: over.invlpgKeepsGlobal ?? false,
      singlePageFlushCeiling: SINGLE_PAGE_FLUSH_CEILING,
    },
    pat: over.pat ?? true,
    ...(over.pat === false ? { patTypes: powerOnPatTypes } : {}),
    ...registersFor(spec, over),
    ...placesFor(spec, over, config, fixmap),
  };
  checkPlaces(profile, over);
  return profile;
}
