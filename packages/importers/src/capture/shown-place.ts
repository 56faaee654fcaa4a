/** Something about the machine that a capture shows, as a `key=value` override of a profile, and by what. */
export interface ShownPlace {
  readonly option: string;
  readonly why: string;
}

export const START_KERNEL_MAP = 0xffff_ffff_8000_0000n;
export const PAGE = 4096n;
export const hex = (value: bigint): string => `0x${value.toString(16)}`;
