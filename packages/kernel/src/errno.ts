import { u64 } from '@kwind/x86';

/** Error numbers of the calls that are modelled. @kernel include/uapi/asm-generic/errno-base.h */
export const errno = {
  EPERM: 1n,
  ENOENT: 2n,
  EIO: 5n,
  ENXIO: 6n,
  ENOMEM: 12n,
  EBUSY: 16n,
  ENODEV: 19n,
  EINVAL: 22n,
  ENOSPC: 28n,
} as const;

/** `-EBUSY` as it stands in a register: unsigned 64-bit two's complement. */
export const minus = (name: keyof typeof errno): bigint => u64(-errno[name]);
