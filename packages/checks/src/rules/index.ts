import type { Rule } from '../types.ts';
import { earlyIoremapAfterInit } from './early-ioremap-after-init.ts';
import { fixmapIndex } from './fixmap-index.ts';
import { ioremapOfRam } from './ioremap-of-ram.ts';
import { kernelBug, kernelWarning, pageFault } from './kernel-trouble.ts';
import { leakedEarlyMapping } from './leaked-early-mapping.ts';
import { liveTableReplaced } from './live-table-replaced.ts';
import { memoryTypeAlias } from './memory-type-alias.ts';
import { reservedPteBits } from './reserved-bits.ts';
import { resourceConflict } from './resource-conflict.ts';
import { resourceReleasedTwice } from './resource-released-twice.ts';
import { slotMisuse } from './slot-misuse.ts';
import { staleTlb } from './stale-tlb.ts';
import { usedAfterUnmap } from './used-after-unmap.ts';
import { unprotectedImage } from './unprotected-image.ts';
import { writableExecutable } from './writable-executable.ts';

/** Every rule, in the order of `kwind check --list`. */
export const rules: readonly Rule[] = Object.freeze([
  leakedEarlyMapping,
  slotMisuse,
  usedAfterUnmap,
  staleTlb,
  writableExecutable,
  unprotectedImage,
  reservedPteBits,
  liveTableReplaced,
  memoryTypeAlias,
  ioremapOfRam,
  resourceConflict,
  resourceReleasedTwice,
  kernelWarning,
  kernelBug,
  pageFault,
  fixmapIndex,
  earlyIoremapAfterInit,
]);
