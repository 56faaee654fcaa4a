import { codeOfType, type EventType, type EventView } from '@kwind/events';
import type { RawBatch } from '@kwind/events/raw';
import type { KernelProfile } from '@kwind/x86';
import type { Moment, Rule, Watch } from '../types.ts';
import { kindOf, NR_KINDS } from './entry-kind.ts';

export interface Watcher<W> {
  readonly rule: Rule;
  readonly watch: W;
}
export type EntryWatcher = Watcher<NonNullable<Watch['entry']>>;
export type EventWatcher = Watcher<(event: EventView, moment: Moment) => void>;
type EndWatcher = Watcher<NonNullable<Watch['end']>>;

export const ENTERED = codeOfType('call.entered' satisfies EventType);
export const RETURNED = codeOfType('call.returned' satisfies EventType);

const nobody: readonly EventWatcher[] = [];

/** Who of the rules wants to see what. */
export class Watchers {
  /** By kind of store: most stores are nobody's business. */
  readonly entries: readonly EntryWatcher[][] = Array.from({ length: NR_KINDS }, () => []);
  readonly ends: EndWatcher[] = [];
  readonly #events: EventWatcher[][] = [];
  /** Who wants calls of one function, by code; those who want all calls stand in `#events`. */
  readonly #calls: Record<number, Map<string, EventWatcher[]>> = { [ENTERED]: new Map(), [RETURNED]: new Map() };
  /** The same by the number that a function's name has in one batch. */
  readonly #known: Record<number, (readonly EventWatcher[] | undefined)[]> = { [ENTERED]: [], [RETURNED]: [] };

  constructor(profile: KernelProfile, rules: readonly Rule[]) {
    for (const rule of rules) this.#engage(rule, rule.start(profile));
  }

  /** Names have other numbers in each batch. */
  enterBatch(): void {
    this.#known[ENTERED] = [];
    this.#known[RETURNED] = [];
  }

  /** Who wants an event that is no store; `nameOf` reads the name of the function of row i, if it is a call. */
  ofEvent({ codes, offsets, words }: RawBatch, i: number, nameOf: (i: number) => string): readonly EventWatcher[] {
    const code = codes[i]!;
    const known = this.#known[code];
    if (!known) return this.#events[code] ?? nobody;
    // The name is the first field of both brackets.
    const name = words[offsets[i]!]!;
    return (known[name] ??= this.#ofCall(code, nameOf(i)));
  }

  #ofCall(code: number, fn: string): readonly EventWatcher[] {
    const [all, own] = [this.#events[code] ?? nobody, this.#calls[code]!.get(fn) ?? nobody];
    return all.length === 0 ? own : [...all, ...own];
  }

  #engage(rule: Rule, watch: Watch): void {
    if (watch.entry) {
      for (const [number, watchers] of this.entries.entries())
        if (watch.wants?.(kindOf(number)) ?? true) watchers.push({ rule, watch: watch.entry });
    }
    if (watch.end) this.ends.push({ rule, watch: watch.end });
    for (const [type, show] of Object.entries(watch.events ?? {}))
      (this.#events[codeOfType(type)] ??= []).push({ rule, watch: show as EventWatcher['watch'] });
    for (const [fn, { entered, returned }] of Object.entries(watch.calls ?? {})) {
      if (entered) this.#ofFunction(ENTERED, fn).push({ rule, watch: entered as EventWatcher['watch'] });
      if (returned) this.#ofFunction(RETURNED, fn).push({ rule, watch: returned as EventWatcher['watch'] });
    }
  }

  #ofFunction(code: number, fn: string): EventWatcher[] {
    const calls = this.#calls[code]!;
    const known = calls.get(fn) ?? [];
    calls.set(fn, known);
    return known;
  }
}
