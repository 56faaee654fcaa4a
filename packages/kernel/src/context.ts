import type { KernelProfile, Level, Pfn, Vaddr } from '@kwind/x86';
import type { BootEvent } from '@kwind/events';
import type { MachineView } from '@kwind/state';

/** Where a call came from: return addresses as symbols, and the script line, log line or record that asked for it. */
export interface CallSite {
  readonly caller: string;
  readonly stack: string;
  readonly origin: string;
}

export const noSite: CallSite = { caller: '', stack: '', origin: '' };

/**
 * What a real kernel decided outside everything that is modelled, where somebody knows: addresses that an allocator gave.
 * Each is asked right when the model would decide; undefined leaves it to the model.
 */
export interface GivenChoices {
  /** Pointer of the next `struct resource` that the kernel itself allocates. */
  resource?(): bigint | undefined;
  /** Frame of the next page table of a level. */
  table?(level: Level): Pfn | undefined;
  /** Where the next virtual area goes; `size` is without its guard page. */
  area?(size: bigint): Vaddr | undefined;
  /** The free 2 MiB that init_mem_mapping() starts from; `usual` is where the model would. */
  firstMapped?(usual: bigint): bigint | undefined;
}

/** What a simulated function gets: it looks at the machine and emits facts; it never changes anything itself. */
export interface KernelContext {
  readonly profile: KernelProfile;
  readonly view: MachineView;
  /** Record a fact. It is applied at once, so the next look sees it. Returns its seq. */
  emit(event: BootEvent): number;
  /** The site for the next call that is entered, and for that one only; {@link noSite} when nobody set one. */
  takeSite(): CallSite;
  /** Set while the calls of a capture are run; a script has none. */
  readonly given?: GivenChoices | undefined;
}

/** What a simulated kernel function may give back: a value, NULL, or nothing. */
type CallResult = bigint | null | void;

/**
 * Bracket `body` with call.entered and call.returned, so that a debugger can step over it and out of it.
 * NULL and void are recorded as 0. `text` names the arguments that are strings: `name="rtc"`. The bracket closes even if our own code fails in between.
 */
export function call<R extends CallResult>(
  ctx: KernelContext,
  fn: string,
  args: readonly bigint[],
  body: () => R,
  text = '',
): R {
  ctx.emit({ type: 'call.entered', fn, args, text, ...ctx.takeSite() });
  let result: CallResult = 0n;
  try {
    const value = body();
    result = value;
    return value;
  } finally {
    ctx.emit({ type: 'call.returned', fn, result: typeof result === 'bigint' ? result : 0n });
  }
}
