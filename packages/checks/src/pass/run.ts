import { codeOfType, isEntryCode, type EventOf, type EventType, type EventView, type TraceReader } from '@kwind/events';
import { rawOf } from '@kwind/events/raw';
import type { MachineState } from '@kwind/state';
import type { KernelProfile } from '@kwind/x86';
import type { Finding, Frame, Moment, OpenFinding, Report, Rule, Watch } from '../types.ts';
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
  readonly #entries: Watcher<NonNullable<Watch['entry']>>[] = [];
  readonly #events: Watcher<EventWatcher>[][] = [];
  readonly #ends: Watcher<NonNullable<Watch['end']>>[] = [];
  #open: Frame | null = null;

  constructor(reader: TraceReader, profile: KernelProfile, rules: readonly Rule[]) {
    this.#reader = reader;
    this.#moment = new MovingMoment(reader, profile, this.#findings);
    for (const rule of rules) this.#engage(rule, rule.start(profile));
  }

  run({ onProgress }: PassOptions): readonly Finding[] {
    const { length } = this.#reader;
    for (let seq = 0; seq < length;) {
      const batch = this.#reader.batchContaining(seq);
      const raw = rawOf(batch);
      for (let i = 0; i < batch.length; i++) {
        this.#moment.seq = batch.firstSeq + i;
        if (isEntryCode(raw.codes[i]!)) this.#entry(this.#row.read(raw, i));
        else this.#event(raw.codes[i]!, () => batch.at(i));
      }
      seq = batch.firstSeq + batch.length;
      onProgress?.(seq);
    }
    if (length > 0) this.#each(this.#ends, (watch) => watch(this.#moment));
    return this.#findings.finish(length);
  }

  #engage(rule: Rule, watch: Watch): void {
    if (watch.entry) this.#entries.push({ rule, watch: watch.entry });
    if (watch.end) this.#ends.push({ rule, watch: watch.end });
    for (const [type, watcher] of Object.entries(watch.events ?? {})) {
      (this.#events[codeOfType(type)] ??= []).push({ rule, watch: watcher as EventWatcher });
    }
  }

  #entry(row: EntryRow): void {
    this.#moment.frame = this.#open;
    for (const { rule, watch } of this.#entries) {
      this.#moment.rule = rule;
      watch(row, this.#moment);
    }
    this.#moment.links.follow(row);
  }

  #event(code: number, view: () => EventView): void {
    const watchers = this.#events[code];
    const isEnter = code === ENTERED;
    if (!watchers && !isEnter && code !== RETURNED) return;
    const event = view();
    if (isEnter) this.#open = frameOf(event as EventView & EventOf<'call.entered'>, this.#open);
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
