import type { KernelContext } from '../context.ts';
import type { KernelFunction } from '../function.ts';
import { declare } from './declare.ts';

/** Numbers and texts apart, each in their own order. */
type Run = (ctx: KernelContext, args: readonly bigint[], texts: readonly string[]) => bigint | null | void;

/** Declare a function that takes texts: `int f(const char *name, int n)`. A text that is left out is empty, which stands for NULL. */
export function declareWithTexts(head: string, about: Parameters<typeof declare>[1], run: Run): KernelFunction {
  const plain = declare(head, about, () => {});
  return Object.freeze({
    ...plain,
    run: (ctx, args, texts = []) => run(ctx, args, texts.length === 0 ? [''] : texts),
  } satisfies KernelFunction);
}
