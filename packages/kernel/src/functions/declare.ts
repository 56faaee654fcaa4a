import type { KernelProfile } from '@kwind/x86';
import type { KernelContext } from '../context.ts';
import type { KernelFunction, Parameter } from '../function.ts';

/** Everything about a function but its name, parameters, result and body. */
interface About {
  readonly file: string;
  readonly doc: string;
  readonly missing?: (profile: KernelProfile) => string | undefined;
  /** Set for what a kernel without CONFIG_MMU has too. */
  readonly withoutMmu?: true;
}

/**
 * Declare a function by its C head: `void __iomem *early_ioremap(phys_addr_t phys_addr, unsigned long size)`.
 * A `*` before the name makes the result a pointer, `void` none, anything else a number. `= 0` after a parameter is
 * its value when it is left out.
 */
export function declare(
  head: string,
  about: About,
  run: (ctx: KernelContext, ...args: bigint[]) => bigint | null | void,
): KernelFunction {
  const match = /^(.*?)(\*?)(\w+)\((.*)\)$/.exec(head)!;
  const [, type, star, name, list] = match;
  const params = list === '' ? [] : list!.split(', ').map(parameter);
  return Object.freeze({
    name: name!,
    params: Object.freeze(params),
    returns: star === '*' ? 'pointer' : type!.trim() === 'void' ? 'void' : 'int',
    file: about.file,
    doc: about.doc,
    missing: ({ profile }: { readonly profile: KernelProfile }) =>
      profile.mmu || about.withoutMmu ? about.missing?.(profile) : `${name}() needs CONFIG_MMU, which is off.`,
    run: (ctx: KernelContext, args: readonly bigint[]) => run(ctx, ...args),
  } satisfies KernelFunction);
}

function parameter(text: string): Parameter {
  const [, type, name, fallback] = /^(.*?)(\w+)(?: = (\w+))?$/.exec(text)!;
  const plain = { name: name!, type: type!.trim() };
  return Object.freeze(fallback === undefined ? plain : { ...plain, fallback: BigInt(fallback) });
}
