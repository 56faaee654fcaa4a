import { isEntryCode, type BatchRows, type EventOf, type EventView, type TraceReader } from '@kwind/events';
import { batchFromRaw, rawOf } from '@kwind/events/raw';
import type { MachineState, MachineView } from '@kwind/state';
import type { KernelProfile } from '@kwind/x86';
import type { Finding, Frame, Moment, OpenFinding, Report, Rule } from '../types.ts';
import { EntryKinds } from './entry-kind.ts';
import { EntryRow } from './entry-row.ts';
import { Findings } from './findings.ts';
import { Links } from './links.ts';
import { OpenCalls } from './open-calls.ts';
import { States } from './states.ts';
import { ENTERED, RETURNED, Watchers, type EntryWatcher, type EventWatcher, type Watcher } from './watchers.ts';

export interface PassOptions {
  /** Told after each batch how many events are done. */
  readonly onProgress?: (done: number) => void;
}

/** The moment that all rules are shown, moved along by the pass. */
class MovingMoment implements Moment {
  readonly profile: KernelProfile;
  readonly links: Links;
  readonly calls: OpenCalls;
  readonly states: States;
  readonly #findings: Findings;
  seq = -1;
  rule: Rule | undefined;

  constructor(reader: TraceReader, profile: KernelProfile, findings: Findings) {
    this.profile = profile;
    this.links = new Links(profile);
    this.calls = new OpenCalls(reader);
    this.states = new States(reader, profile);
    this.#findings = findings;
  }

  get frame(): Frame | null {
    return this.calls.frame();
  }
  look(): MachineView {
    return this.states.viewAt(this.seq);
  }
  before(): MachineState {
    return this.states.at(this.seq);
  }
  after(): MachineState {
    // In this order, so that whoever asks for the state before it afterwards still finds it.
    this.before();
    return this.states.at(this.seq + 1);
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
  readonly #watchers: Watchers;

  constructor(reader: TraceReader, profile: KernelProfile, rules: readonly Rule[]) {
    this.#reader = reader;
    this.#moment = new MovingMoment(reader, profile, this.#findings);
    this.#kinds = new EntryKinds(profile);
    this.#watchers = new Watchers(profile, rules);
  }

  run({ onProgress }: PassOptions): readonly Finding[] {
    const { length } = this.#reader;
    for (const rows of rowsOf(this.#reader)) {
      this.#batch(rows);
      const done = rows.firstSeq + rows.length;
      // After the last batch the rules' last word may still be about its events.
      if (done < length) this.#moment.states.leave();
      onProgress?.(done);
    }
    if (length > 0) this.#each(this.#watchers.ends, (watch) => watch(this.#moment));
    return this.#findings.finish(length);
  }

  #batch(rows: BatchRows): void {
    const { firstSeq, length, raw } = rows;
    const batch = batchFromRaw(firstSeq, [], raw);
    const nameOf = (i: number): string => (batch.at(i) as EventOf<'call.entered'>).fn;
    const { states, calls } = this.#moment;
    states.enter(rows);
    calls.enter(batch);
    this.#watchers.enterBatch();
    const { codes } = raw;
    for (let i = 0; i < length; i++) {
      const code = codes[i]!;
      this.#moment.seq = firstSeq + i;
      if (!isEntryCode(code)) {
        if (code === ENTERED) calls.push(firstSeq + i);
        const watchers = this.#watchers.ofEvent(raw, i, nameOf);
        if (watchers.length > 0) this.#event(watchers, batch.at(i));
        if (code === RETURNED) calls.pop();
        continue;
      }
      const watchers = this.#watchers.entries[this.#kinds.of(raw, i)]!;
      // Links follow the upper levels whoever watches.
      if (watchers.length > 0 || (code & 7) !== 0) this.#entry(watchers, this.#row.read(raw, i));
    }
  }

  #entry(watchers: readonly EntryWatcher[], row: EntryRow): void {
    for (const { rule, watch } of watchers) {
      this.#moment.rule = rule;
      watch(row, this.#moment);
    }
    this.#moment.links.follow(row);
  }

  #event(watchers: readonly EventWatcher[], event: EventView): void {
    this.#each(watchers, (watch) => watch(event, this.#moment));
  }

  #each<W>(watchers: readonly Watcher<W>[], show: (watch: W) => void): void {
    for (const { rule, watch } of watchers) {
      this.#moment.rule = rule;
      show(watch);
    }
  }
}

/** A trace's rows from its first event on, by the fastest way that its store has. */
function* rowsOf(reader: TraceReader): Generator<BatchRows> {
  if (reader.rowsFrom) return yield* reader.rowsFrom(0);
  for (let seq = 0; seq < reader.length;) {
    const batch = reader.batchContaining(seq);
    yield { firstSeq: batch.firstSeq, length: batch.length, raw: rawOf(batch) };
    seq = batch.firstSeq + batch.length;
  }
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
