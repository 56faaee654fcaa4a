import type { EventOf, EventType, EventView } from '@kwind/events';
import type { MachineState, MachineView } from '@kwind/state';
import type { KernelProfile } from '@kwind/x86';
import type { EntryKind } from './pass/entry-kind.ts';
import type { EntryRow } from './pass/entry-row.ts';
import type { Links } from './pass/links.ts';

/** How bad a broken rule is; the words are those of SARIF. */
export type Severity = 'error' | 'warning' | 'note';

/** A call that was open when something happened; `outer` is the call it was made from. */
export interface Frame {
  readonly seq: number;
  readonly fn: string;
  readonly args: readonly bigint[];
  readonly text: string;
  readonly caller: string;
  readonly stack: string;
  readonly origin: string;
  readonly outer: Frame | null;
}

/** A value that a finding shows beside its sentence: `tlb` is `phys 0xf0000 RW G NX`. */
export interface Detail {
  readonly name: string;
  readonly value: string;
}

/** A broken rule as a rule reports it. */
export interface Report {
  readonly message: string;
  /** Seqs of the events that began it and that showed it. */
  readonly first: number;
  readonly last: number;
  /** The innermost call that is to blame, or null when none was open. */
  readonly frame: Frame | null;
  readonly details?: readonly Detail[];
  /** Seqs of calls whose WARN or BUG says the same: it is not reported a second time. */
  readonly owns?: readonly number[];
}

/** A reported finding while the pass goes on: its span ends when somebody ends it, or with the trace. */
export interface OpenFinding {
  /** What was wrong is right again from just after event `seq` on. */
  end(seq: number): void;
  /** Event `seq` shows it again. */
  seen(seq: number): void;
  /** The WARN or BUG of this call says the same. */
  owns(call: number): void;
}

/** An event under examination, for rules. Its states are made when asked for. */
export interface Moment {
  readonly seq: number;
  readonly profile: KernelProfile;
  /** Innermost call around the event; for a call's own two brackets, that call. */
  readonly frame: Frame | null;
  readonly links: Links;
  /** The machine before the event, to look at until the rule returns: cheaper than a state that could be kept. */
  look(): MachineView;
  before(): MachineState;
  after(): MachineState;
  report(report: Report): OpenFinding;
}

type Show<T extends EventType> = (event: EventOf<T> & Pick<EventView, 'seq'>, moment: Moment) => void;

/** What a rule does during one pass. */
export interface Watch {
  /** Each store to a page-table entry; the row is valid during the call. */
  readonly entry?: (row: EntryRow, moment: Moment) => void;
  /** Which kinds of stores `entry` wants to see; all without it. Asked once for each kind, before the pass. */
  readonly wants?: (kind: EntryKind) => boolean;
  /** The event is valid during the call. */
  readonly events?: { readonly [T in EventType]?: Show<T> };
  /** By name, the functions whose calls are of interest: cheaper by far than all calls as `events`. */
  readonly calls?: Readonly<
    Record<string, { readonly entered?: Show<'call.entered'>; readonly returned?: Show<'call.returned'> }>
  >;
  /** After the last event; the moment's states are the last one. */
  readonly end?: (moment: Moment) => void;
}

/** One rule of a healthy boot. */
export interface Rule {
  /** As users type it: `stale-tlb`. */
  readonly name: string;
  readonly severity: Severity;
  /** What is wrong when it is broken, in a few words. */
  readonly title: string;
  /** Why it matters and what to look at, in sentences. */
  readonly explanation: string;
  /** Where the kernel or the manual says so. */
  readonly source: string;
  /** A fresh watch for each pass. */
  readonly start: (profile: KernelProfile) => Watch;
}

/** The call that is to blame: the outermost one, which is what a person wrote or logged. */
export interface Culprit {
  readonly seq: number;
  readonly fn: string;
  readonly args: readonly bigint[];
  readonly caller: string;
  readonly origin: string;
  /** Functions from the outermost call in. */
  readonly chain: readonly string[];
}

/** A broken rule, with all that a person needs to look at it. */
export interface Finding {
  readonly rule: string;
  readonly severity: Severity;
  readonly message: string;
  readonly first: number;
  readonly last: number;
  /** Positions at which it held: half-open. */
  readonly span: { readonly from: number; readonly to: number };
  /** Still so when the trace ended. */
  readonly lasting: boolean;
  readonly culprit: Culprit | null;
  readonly details: readonly Detail[];
  /** Why it was silenced, if it was. */
  readonly silenced?: string;
}
