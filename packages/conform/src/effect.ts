import { hex, symbolAt, vaddr, type KernelProfile } from '@kwind/x86';

/** One thing that a call did, in terms in which kernel and model can be compared. */
export interface Effect {
  /** `pte.written`, `tlb.page-flushed`, `__early_set_fixmap`, `returned __early_ioremap`. */
  readonly kind: string;
  readonly values: readonly bigint[];
  readonly texts?: readonly string[];
  /** Record that shows it; −1 on the model's side. */
  readonly n: number;
  /** Its record says the same as the one right before it, inside which nothing happened: same function, arguments and stack. */
  readonly repeats?: boolean;
}

export const isSameEffect = (a: Effect, b: Effect): boolean =>
  a.kind === b.kind &&
  a.values.length === b.values.length &&
  a.values.every((value, i) => value === b.values[i]) &&
  (a.texts ?? []).every((text, i) => text === b.texts?.[i]);

/** How the values of a kind read. */
export function effectText(profile: KernelProfile, { kind, values, texts = [] }: Effect): string {
  if (/^p(?:te|md|ud|4d|gd)\./.test(kind)) {
    const [table = 0n, index = 0n, value = 0n] = values;
    const address = vaddr(BigInt.asUintN(64, (table << 12n) - profile.physBase + profile.startKernelMap));
    const name = table << 12n < profile.kernelImageSize ? symbolAt(profile, address) : undefined;
    return `${kind} ${name ?? `table ${hex(table << 12n)}`}[${index}] = ${hex(value)}`;
  }
  const all = [...values.map((value) => hex(value)), ...texts.map((text) => JSON.stringify(text))];
  return all.length === 0 ? kind : `${kind} ${all.join(', ')}`;
}
