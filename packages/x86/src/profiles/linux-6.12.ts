import { bootFacts } from './boot.ts';
import { cr4, head } from './parts.ts';
import { ioremapRules } from './ioremap.ts';
import { linux6_1 } from './linux-6.1.ts';
import { protections } from './prots.ts';
import type { ProfileSpec } from './spec.ts';

/**
 * Debian 13. The same fixmap as 6.1, by the type data of the shipped kernel; what differs is listed here.
 * Symbol addresses are assumed, in the order head_64 lays them out.
 */
export const linux6_12: ProfileSpec = {
  ...linux6_1,
  name: 'linux-6.12',
  title: 'Debian 13: 6.12 amd64',
  kernel: '6.12',
  prots: protections('clean', false),
  earlySetup: 'warn-once',
  // The lines of the WARNs in this release were not recorded.
  messages: { ...linux6_1.messages, mapWarnLine: 0, unmapWarnLine: 0 },
  head: head.v6_12,
  ioremap: ioremapRules.v6_12,
  config: { ...linux6_1.config, CONFIG_X86_MPPARSE: true },
  boot: bootFacts.v6_12,
  cr4: cr4.paePsePge,
  symbols: {
    _text: 0xffff_ffff_8100_0000n,
    _etext: 0xffff_ffff_8220_0000n,
    init_top_pgt: 0xffff_ffff_8302_0000n,
    level3_ident_pgt: 0xffff_ffff_8302_2000n,
    level2_ident_pgt: 0xffff_ffff_8302_3000n,
    level4_kernel_pgt: 0xffff_ffff_8302_4000n,
    level3_kernel_pgt: 0xffff_ffff_8302_5000n,
    level2_kernel_pgt: 0xffff_ffff_8302_6000n,
    level2_fixmap_pgt: 0xffff_ffff_8302_7000n,
    level1_fixmap_pgt: 0xffff_ffff_8302_8000n,
    phys_base: 0xffff_ffff_8302_a010n,
    early_top_pgt: 0xffff_ffff_8373_6000n,
    early_dynamic_pgts: 0xffff_ffff_8373_8000n,
    __start_rodata: 0xffff_ffff_8220_0000n,
    __end_rodata: 0xffff_ffff_82be_0000n,
    _sdata: 0xffff_ffff_8300_0000n,
    _edata: 0xffff_ffff_8331_8000n,
    __bss_start: 0xffff_ffff_8395_b000n,
    bm_pte: 0xffff_ffff_8395_f000n,
    __bss_stop: 0xffff_ffff_83e0_0000n,
    _end: 0xffff_ffff_83e3_0000n,
  },
};
