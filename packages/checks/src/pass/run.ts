import {
  codeOfType,
  isEntryCode,
  type BatchRows,
  type EventOf,
  type EventType,
  type EventView,
  type TraceReader,
} from '@kwind/events';
import { batchFromRaw, rawOf } from '@kwind/events/raw';
import type { MachineState } from '@kwind/state';
import type { KernelProfile } from '@kwind/x86';
import type { Finding, Frame, Moment, OpenFinding, Report, Rule, Watch } from '../types.ts';
import { EntryKinds, kindOf, NR_KINDS } from './entry-kind.ts';
import { EntryRow } from './entry-row.ts';
import { Findings } from './findings.ts';
import { Links } from './links.ts';
import { States } from './states.ts';

export interface PassOptions {
  /** Told after each batch how many events are done. */
  readonly onProgress?: (done: number) => void;
}

type EventWatcher = (event: EventView, moment: Moment) => void;
interface Watcher<W> {
  readonly rule: Rule;
  readonly watch: W;
}

/** The moment that all rules are shown, moved along by the pass. */
class MovingMoment implements Moment {
  readonly profile: KernelProfile;
  readonly links: Links;
  readonly #states: States;
  readonly #findings: Findings;
  seq = -1;
  frame: Frame | null = null;
  rule: Rule | undefined;

  constructor(reader: TraceReader, profile: KernelProfile, findings: Findings) {
    this.profile = profile;
    this.links = new Links(profile);
    this.#states = new States(reader, profile);
    this.#findings = findings;
  }

  before(): MachineState {
    return this.#states.at(this.seq);
  }
  after(): MachineState {
    // In this order, so that whoever asks for the state before it afterwards still finds it.
    this.before();
    return this.#states.at(this.seq + 1);
  }
  report(report: Report): OpenFinding {
    return this.#findings.add(this.rule!, report);
  }
}

/** One walk over a trace with all rules at once. */
class Pass {
  readonly #reader: TraceReader;
  readonly #findings = new Findings();
  readonly #moment: MovingMoment;
  readonly #row = new EntryRow();
  readonly #kinds: EntryKinds;
  /** By kind of store, who wants to see it: most stores are nobody's business. */
  readonly #entries: Watcher<NonNullable<Watch['entry']>>[][] = Array.from({ length: NR_KINDS }, () => []);
  readonly #events: Watcher<EventWatcher>[][] = [];
  readonly #ends: Watcher<NonNullable<Watch['end']>>[] = [];
  #open: Frame | null = null;

  constructor(reader: TraceReader, profile: KernelProfile, rules: readonly Rule[]) {
    this.#reader = reader;
    this.#moment = new MovingMoment(reader, profile, this.#findings);
    this.#kinds = new EntryKinds(profile);
    for (const rule of rules) this.#engage(rule, rule.start(profile));
  }

  run({ onProgress }: PassOptions): readonly Finding[] {
    const { length } = this.#reader;
    for (const rows of rowsOf(this.#reader)) {
      this.#batch(rows);
      onProgress?.(rows.firstSeq + rows.length);
    }
    if (length > 0) this.#each(this.#ends, (watch) => watch(this.#moment));
    return this.#findings.finish(length);
  }

  #batch({ firstSeq, length, raw }: BatchRows): void {
    const batch = batchFromRaw(firstSeq, [], raw);
    const { codes } = raw;
    for (let i = 0; i < length; i++) {
      const code = codes[i]!;
      this.#moment.seq = firstSeq + i;
      if (!isEntryCode(code)) {
        const watchers = this.#events[code];
        if (watchers || code === ENTERED || code === RETURNED) this.#event(code, watchers, batch.at(i));
        continue;
      }
      const watchers = this.#entries[this.#kinds.of(raw, i)]!;
      // Links follow the upper levels whoever watches.
      if (watchers.length > 0 || (code & 7) !== 0) this.#entry(watchers, this.#row.read(raw, i));
    }
  }

  #engage(rule: Rule, watch: Watch): void {
    if (watch.entry) {
      for (const [number, watchers] of this.#entries.entries())
        if (watch.wants?.(kindOf(number)) ?? true) watchers.push({ rule, watch: watch.entry });
    }
    if (watch.end) this.#ends.push({ rule, watch: watch.end });
    for (const [type, watcher] of Object.entries(watch.events ?? {})) {
      (this.#events[codeOfType(type)] ??= []).push({ rule, watch: watcher as EventWatcher });
    }
  }

  #entry(watchers: readonly Watcher<NonNullable<Watch['entry']>>[], row: EntryRow): void {
    this.#moment.frame = this.#open;
    for (const { rule, watch } of watchers) {
      this.#moment.rule = rule;
      watch(row, this.#moment);
    }
    this.#moment.links.follow(row);
  }

  #event(code: number, watchers: readonly Watcher<EventWatcher>[] | undefined, event: EventView): void {
    if (code === ENTERED) this.#open = frameOf(event as EventView & EventOf<'call.entered'>, this.#open);
    this.#moment.frame = this.#open;
    if (watchers) this.#each(watchers, (watch) => watch(event, this.#moment));
    if (code === RETURNED) this.#open = this.#open?.outer ?? null;
  }

  #each<W>(watchers: readonly Watcher<W>[], show: (watch: W) => void): void {
    for (const { rule, watch } of watchers) {
      this.#moment.rule = rule;
      show(watch);
    }
  }
}

const ENTERED = codeOfType('call.entered' satisfies EventType);
const RETURNED = codeOfType('call.returned' satisfies EventType);

/** A trace's rows from its first event on, by the fastest way that its store has. */
function* rowsOf(reader: TraceReader): Generator<BatchRows> {
  if (reader.rowsFrom) return yield* reader.rowsFrom(0);
  for (let seq = 0; seq < reader.length;) {
    const batch = reader.batchContaining(seq);
    yield { firstSeq: batch.firstSeq, length: batch.length, raw: rawOf(batch) };
    seq = batch.firstSeq + batch.length;
  }
}

function frameOf(event: EventOf<'call.entered'> & { readonly seq: number }, outer: Frame | null): Frame {
  const { seq, fn, args, text, caller, stack, origin } = event;
  return { seq, fn, args, text, caller, stack, origin, outer };
}

/** Check a whole trace against some rules in one pass. Findings come in the order in which they began. */
export function runRules(
  reader: TraceReader,
  profile: KernelProfile,
  rules: readonly Rule[],
  options: PassOptions = {},
): readonly Finding[] {
  return new Pass(reader, profile, rules).run(options);
}
