import type { SourceFormat } from './sniff.ts';

/** A format that this room reads. */
export interface ImportFormat {
  readonly id: Exclude<SourceFormat, 'unknown'>;
  readonly title: string;
  /** How a person makes such a file. */
  readonly madeBy: string;
  /** `calls` go through the kernel model, which decides what happened; `facts` are what a kernel did. */
  readonly gives: 'calls' | 'facts';
}

export const importFormats: readonly ImportFormat[] = [
  {
    id: 'boot-log',
    title: 'dmesg or serial console of a kernel booted with early_ioremap_debug',
    madeBy:
      'boot with early_ioremap_debug ignore_loglevel log_buf_len=4M, then dmesg > boot.log; or log the serial console',
    gives: 'calls',
  },
  {
    id: 'capture',
    title: 'calls of a real kernel that a tracer saw, one JSON object a line',
    madeBy: 'gdb, bpftrace or another tracer that prints the format of packages/importers/src/capture/FORMAT.md',
    gives: 'facts',
  },
];
