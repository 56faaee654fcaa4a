import type { Capture, CaptureCall } from '@kwind/events';
import type { KernelProfile } from '@kwind/x86';
import type { GivenReason } from './report.ts';
import { isPageFlush, scopeOfFlush } from './names.ts';
import { withUntraced } from './groups.ts';
import type { Effect } from './effect.ts';

/** Why an effect of the model need not have a record. */
export interface Excuse {
  readonly reason: GivenReason;
  readonly what: string;
}

/** What kind of record shows an effect: a function's name where there is one, else a class of functions. */
function hookOf(fn: string): string {
  if (isPageFlush(fn)) return 'tlb.page-flushed';
  const scope = scopeOfFlush(fn);
  return scope === undefined ? fn : `tlb.flushed ${scope}`;
}

const levelFunctions = {
  pte: ['native_set_pte'],
  pmd: ['native_set_pmd', 'native_set_pte'],
  pud: ['native_set_pud', 'native_set_pte'],
  p4d: ['native_set_p4d'],
  pgd: ['native_set_pgd', 'native_set_p4d'],
} as const;

function hooksFor({ kind }: Effect): readonly string[] {
  const level = /^(pte|pmd|pud|p4d|pgd)\./.exec(kind)?.[1] as keyof typeof levelFunctions | undefined;
  if (level) return levelFunctions[level];
  return kind === 'cr3.loaded' ? ['native_write_cr3'] : [kind];
}

/**
 * Which functions a capture's tracer saw at all, and which it still saw inside calls of a kind after the kernel had patched
 * its paravirt calls. What was never seen cannot be compared; what was seen once must be seen again.
 */
export class Hooks {
  readonly #profile: KernelProfile;
  readonly #seen = new Set<string>();
  readonly #returned = new Set<string>();
  readonly #seenInsideLate = new Set<string>();
  readonly #patchedFrom: number;

  constructor(profile: KernelProfile, { calls }: Capture, isDriven: (call: CaptureCall) => boolean) {
    this.#profile = profile;
    this.#patchedFrom = findCall(calls, 'alternative_instructions')?.n ?? -1;
    this.#look(calls, undefined, isDriven);
  }

  #look(
    calls: readonly CaptureCall[],
    driven: CaptureCall | undefined,
    isDriven: (call: CaptureCall) => boolean,
  ): void {
    for (const call of driven ? calls : withUntraced(calls)) {
      const hook = hookOf(call.fn);
      this.#seen.add(hook);
      if (call.result !== undefined) this.#returned.add(call.fn);
      if (driven && this.#isPatched(call.n)) this.#seenInsideLate.add(`${driven.fn} ${hook}`);
      this.#look(call.inner, driven ?? (isDriven(call) ? call : undefined), isDriven);
    }
  }

  /** Calls of paravirt functions may have been patched away by the time of this record. */
  #isPatched(n: number): boolean {
    return n > this.#patchedFrom;
  }

  #isReturnSeen(fn: string): boolean {
    return this.#returned.has(fn);
  }

  /** Why the kernel's side of an effect that the model has in `call` could not be seen; undefined when it should have been. */
  excuse(effect: Effect, call: CaptureCall): Excuse | undefined {
    const { kind, values } = effect;
    if (kind.startsWith('returned ') || kind === 'slot.claimed')
      return this.#excuseResult(kind === 'slot.claimed' ? call.fn : kind.slice('returned '.length));
    if (call.fn === 'iounmap' && kind === 'pte.written' && values[2] === 0n) {
      return {
        reason: 'cleared-in-place',
        what: 'entries that iounmap() clears are exchanged in place, which is no call; that they are cleared follows from the model',
      };
    }
    const hooks = hooksFor(effect);
    if (hooks.every((hook) => !this.#seen.has(hook)))
      return { reason: 'not-traced', what: `nobody traced what would show ${kind} (${hooks.join(', ')})` };
    const isParavirt = kind.startsWith('tlb.') || /^p(?:te|md|ud|4d|gd)\./.test(kind);
    const wasSeen = hooks.some((hook) => this.#seenInsideLate.has(`${call.fn} ${hook}`));
    if (!isParavirt || wasSeen || !this.#isPatched(call.n)) return undefined;
    return {
      reason: 'patched',
      what: `${kind} inside ${call.fn}() is not seen any more once alternative_instructions() has patched the calls of ${this.#profile.kernel}`,
    };
  }

  #excuseResult(fn: string): Excuse | undefined {
    return this.#isReturnSeen(fn)
      ? undefined
      : {
          reason: 'result-not-seen',
          what: `no return of ${fn}() is in the capture, so what it returned is not compared`,
        };
  }
}

function findCall(calls: readonly CaptureCall[], fn: string): CaptureCall | undefined {
  for (const call of calls) {
    const found = call.fn === fn ? call : findCall(call.inner, fn);
    if (found) return found;
  }
  return undefined;
}
