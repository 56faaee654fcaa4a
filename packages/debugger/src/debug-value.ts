/** What an expression came to. */
export type DebugValue =
  /** `show`: counts and numbers of things read best in decimal, places and bits in hex; binary where it was asked for. */
  | { readonly kind: 'number'; readonly value: bigint; readonly show: 'hex' | 'dec' | 'bin' }
  | { readonly kind: 'boolean'; readonly value: boolean }
  | { readonly kind: 'text'; readonly value: string }
  /** There is none: the size of a page that is not mapped. */
  | { readonly kind: 'none' }
  | {
      readonly kind: 'record';
      readonly name: string;
      readonly fields: readonly { readonly name: string; readonly value: DebugValue }[];
    }
  | { readonly kind: 'list'; readonly items: readonly DebugValue[]; readonly leftOut: number }
  /** It cannot be said here: a division by zero. Only displays answer with it; `print` refuses. */
  | { readonly kind: 'error'; readonly message: string };
