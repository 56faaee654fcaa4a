import type { KernelProfile } from '@kwind/x86';
import type { KernelContext } from './context.ts';

/** What a parameter is called and how it reads in C: `phys_addr`, `unsigned long`. */
export interface Parameter {
  readonly name: string;
  readonly type: string;
  /** Value when the caller leaves it out; a parameter without one is required. */
  readonly fallback?: bigint;
}

/** A simulated function as scripts, imports and the debugger's `call` see it. */
export interface KernelFunction {
  /** The kernel's own name. */
  readonly name: string;
  readonly params: readonly Parameter[];
  /** What the result is, so that it can be printed: a pointer, a number, or nothing. */
  readonly returns: 'pointer' | 'int' | 'void';
  /** Kernel path of the file it lives in; '' for what is no function of the kernel: an instruction, an access. */
  readonly file: string;
  /** One sentence. */
  readonly doc: string;
  /** Why this profile's kernel has no such function, or undefined when it has. */
  readonly missing?: (ctx: { readonly profile: KernelProfile }) => string | undefined;
  /** `args` are the numbers in their order, `texts` the strings in theirs: parameters of type `const char *`. */
  run(ctx: KernelContext, args: readonly bigint[], texts: readonly string[]): bigint | null | void;
}
