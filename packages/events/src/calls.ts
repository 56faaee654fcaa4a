/**
 * A kernel call that somebody saw or wrote down, with what is claimed about its outcome: the second road into a trace.
 * The recorder runs it through the model and compares the claims.
 */
export interface CallRecord {
  /** Kernel name: `early_ioremap`, `__early_ioremap`, `early_iounmap`. */
  readonly fn: string;
  readonly args: readonly bigint[];
  /** Nearest return address as `symbol+0xoffset/0xsize`, or ''. */
  readonly caller: string;
  /** Further return addresses, nearest first. */
  readonly stack: readonly string[];
  /** `boot.log:118`: where it was said. */
  readonly origin: string;
  readonly claims: readonly Claim[];
}

/** One thing said about a call: `slot` is 3, `vaddr` is 0xffffffffff2c0a10. */
export interface Claim {
  readonly what: 'slot' | 'vaddr' | 'offset' | 'slotVirt' | 'pages' | 'line' | 'result';
  readonly value: bigint | string;
  readonly origin: string;
}
