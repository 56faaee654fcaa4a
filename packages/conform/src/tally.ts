import { hex, type KernelProfile } from '@kwind/x86';
import type { CaptureCall } from '@kwind/events';
import type { Pair } from './align.ts';
import { effectText, type Effect } from './effect.ts';
import type { GivenList } from './given-list.ts';
import type { Hooks } from './hooks.ts';
import type { ConformDisagreement, KindAgreement } from './report.ts';

/** Counts what agrees, and keeps what does not. */
export class Tally {
  readonly disagreements: ConformDisagreement[] = [];
  readonly #kinds = new Map<string, { agreed: number; total: number }>();
  readonly #profile: KernelProfile;
  readonly #hooks: Hooks;
  readonly #given: GivenList;

  constructor(profile: KernelProfile, hooks: Hooks, given: GivenList) {
    this.#profile = profile;
    this.#hooks = hooks;
    this.#given = given;
  }

  agreement(): readonly KindAgreement[] {
    return [...this.#kinds].map(([kind, sum]) => ({ kind, ...sum }));
  }

  /** What of the model's effects can be compared; one that nobody could have seen is given. */
  comparable(effects: readonly Effect[], call: CaptureCall): readonly Effect[] {
    return effects.filter((effect) => {
      const excuse = this.#hooks.excuse(effect, call);
      if (excuse) this.#given.add(excuse.reason, excuse.what, call.n);
      return !excuse;
    });
  }

  /**
   * Count the effects of a driven call, side by side; both sides must have the same.
   * @param isLast the capture ends inside the call, or right behind it: what the model did later cannot have been seen
   */
  compare(pairs: readonly Pair[], call: CaptureCall, isLast = false): void {
    const injected = skippedInside(call);
    const seenUpTo = isLast ? pairs.findLastIndex(({ kernel }) => kernel !== undefined) : pairs.length;
    for (const [i, { kernel, model }] of pairs.entries()) {
      if (i > seenUpTo)
        this.#given.add(
          'cut',
          `the capture ends inside ${call.fn}(); what it did after that is not known`,
          call.lastRecord,
        );
      else if (kernel?.repeats === true && !model)
        this.#given.add(
          'recorded-twice',
          `a record of ${kernel.kind} inside ${call.fn}() stands twice in a row, with the same arguments and stack and nothing in between: a tracer that stops at a breakpoint can report one call twice`,
          kernel.n,
        );
      else if (!kernel && injected)
        this.#given.add(
          'injected',
          `the tracer made ${injected.fn}() return at once inside ${call.fn}(); what it would have done is missing`,
          injected.n,
        );
      else this.#count({ kernel, model }, call);
    }
  }

  #count({ kernel, model }: Pair, call: CaptureCall): void {
    const { kind } = (kernel ?? model)!;
    const isSame =
      kernel !== undefined &&
      model !== undefined &&
      effectText(this.#profile, kernel) === effectText(this.#profile, model);
    this.add(kind, isSame);
    if (isSame) return;
    const text = (side: Pair['kernel']): string => (side ? effectText(this.#profile, side) : '');
    this.differ({ kind, n: kernel?.n ?? call.n, kernel: text(kernel), model: text(model) }, call);
  }

  add(kind: string, agrees: boolean): void {
    const sum = this.#kinds.get(kind) ?? { agreed: 0, total: 0 };
    this.#kinds.set(kind, { agreed: sum.agreed + (agrees ? 1 : 0), total: sum.total + 1 });
  }

  differ(about: Pick<ConformDisagreement, 'kind' | 'n' | 'kernel' | 'model'>, call: CaptureCall): void {
    this.disagreements.push({
      ...about,
      origin: call.origin,
      call: callText(call),
      callRecord: call.n,
      callers: call.stack,
    });
  }
}

function skippedInside(call: CaptureCall): CaptureCall | undefined {
  for (const inner of call.inner) {
    const found = inner.end === 'skipped' ? inner : skippedInside(inner);
    if (found) return found;
  }
  return undefined;
}

/** `__early_ioremap(0xf0000, 0x10000, 0x8000000000000163)`. */
export function callText({ fn, args, name, resources }: CaptureCall): string {
  const structs = resources
    .filter(({ root }) => root === undefined)
    .map(({ start, end, name: own }) => `${own === '' ? 'a struct' : own} ${hex(start)}-${hex(end)}`);
  return `${fn}(${[...args.map((value) => hex(value)), ...(name === undefined ? [] : [JSON.stringify(name)])].join(', ')})${structs.length === 0 ? '' : ` with ${structs.join(', ')}`}`;
}
