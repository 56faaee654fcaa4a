import type { FixmapRowName } from '../fixmap-table.ts';
import type { EarlyIoremapMessages, KernelProfile, ProtMask } from '../profile.ts';

/** Where the two movable regions start without KASLR. */
export interface RegionBases {
  readonly pageOffset: bigint;
  readonly vmallocStart: bigint;
}

/**
 * One data file's content: what a kernel build fixes. A {@link KernelProfile} is computed from it and the user's overrides.
 * Every number is of a build without KASLR.
 */
export interface ProfileSpec {
  readonly name: string;
  readonly title: string;
  readonly kernel: string;
  readonly nrCpus: number;
  readonly config: Readonly<Record<string, boolean>>;
  readonly fixmapRows: readonly FixmapRowName[];
  /** level1_fixmap_pgt pages and the level2_fixmap_pgt entry of the topmost. */
  readonly fixmapStatic: { readonly pmdNum: number; readonly pmdTop: number };
  readonly prots: Readonly<Record<string, bigint>>;
  readonly patTypes: KernelProfile['patTypes'];
  readonly earlyFixmapMask: ProtMask;
  readonly setFixmapMask: ProtMask;
  readonly earlySetup: KernelProfile['earlySetup'];
  readonly stateWarning: KernelProfile['stateWarning'];
  readonly systemStates: readonly string[];
  readonly messages: EarlyIoremapMessages;
  readonly has: KernelProfile['has'];
  readonly tlb: Omit<KernelProfile['tlb'], 'cpuHasInvlpg' | 'invlpgKeepsGlobal' | 'singlePageFlushCeiling'>;
  readonly head: KernelProfile['head'];
  readonly pfnPteInverts: boolean;
  readonly resource: KernelProfile['resource'];
  readonly e820: KernelProfile['e820'];
  readonly ioremap: KernelProfile['ioremap'];
  readonly boot: KernelProfile['boot'];
  readonly cr4: bigint;
  /** Bases with 4 levels, and with 5 where the series knows them. */
  readonly bases: { readonly 4: RegionBases; readonly 5?: RegionBases };
  /** True where MODULES_END is the page below the last fixmap instead of a constant (4.12 to 4.14). */
  readonly modulesEndFollowsFixmap: boolean;
  readonly symbols: Readonly<Record<string, bigint>>;
  readonly earlyRoot: string;
  readonly finalRoot: string;
}
