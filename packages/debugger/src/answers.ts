import type { MachineInfo } from './machine-answers.ts';
import type { CallInfo, Change, DebugValue, EntryInfo, Happening, Place, SlotInfo } from './protocol.ts';
import type {
  Bookmark,
  BookmarksView,
  BreakpointRow,
  BreakpointsView,
  CallRow,
  CallsView,
  DisplaysView,
  EventInfoView,
  FixmapView,
  PageTableView,
  ProfileView,
  RegistersView,
  SlotsView,
  SummaryView,
  TlbInfoView,
  WalkView,
  WarningsView,
} from './view-answers.ts';

export type * from './view-answers.ts';

/** The views of `info TOPIC`, `walk` and `kwind show`. All are of one position. */
export type Info =
  | SummaryView
  | EventInfoView
  | SlotsView
  | FixmapView
  | WalkView
  | PageTableView
  | TlbInfoView
  | RegistersView
  | CallsView
  | WarningsView
  | ProfileView
  | MachineInfo
  | BreakpointsView
  | BookmarksView
  | DisplaysView;

/** Answers to the other questions. */
export type Answer =
  | PositionAnswer
  | ListAnswer
  | BacktraceAnswer
  | PrintAnswer
  | HistoryAnswer
  | WhyAnswer
  | DiffAnswer
  | MemoryAnswer
  | SearchAnswer
  | EachAnswer
  | BranchAnswer
  | DoneAnswer
  | HelpAnswer
  | InterruptedAnswer
  | QuitAnswer;

export interface PositionAnswer extends Place {
  readonly type: 'position';
  readonly phase: string;
}

/** An event among its neighbours; `here` marks the one that made the present state. */
export interface ListAnswer {
  readonly type: 'list';
  readonly at: Place;
  readonly rows: readonly (Happening & { readonly here: boolean })[];
}
export interface BacktraceAnswer {
  readonly type: 'backtrace';
  readonly at: Place;
  readonly calls: readonly CallInfo[];
}
export interface PrintAnswer {
  readonly type: 'value';
  readonly at: Place;
  readonly expression: string;
  readonly value: DebugValue;
}

/** One value of a target and the positions that it held at. */
export interface HistorySpan {
  readonly from: number;
  /** First position at which it held no more; null when it holds to the end. */
  readonly to: number | null;
  readonly value: TargetValue;
  /** What made it so; null for the value at power-on. */
  readonly event: Happening | null;
}
export interface HistoryAnswer {
  readonly type: 'history';
  readonly at: Place;
  readonly target: string;
  readonly spans: readonly HistorySpan[];
  /** Spans left out because there were too many. */
  readonly leftOut: number;
  readonly interrupted: boolean;
}
export type TargetValue =
  | { readonly kind: 'entry'; readonly entry: EntryInfo }
  | { readonly kind: 'translation'; readonly phys: bigint | null; readonly pageSize: bigint; readonly flags: string }
  | { readonly kind: 'slot'; readonly slot: SlotInfo }
  | { readonly kind: 'number'; readonly value: bigint }
  | { readonly kind: 'text'; readonly value: string }
  /** Of an expression. */
  | { readonly kind: 'value'; readonly value: DebugValue }
  /** Everything that overlaps a range, a parent before its children. */
  | { readonly kind: 'resources'; readonly resources: readonly HeldResource[] };

export interface HeldResource {
  readonly name: string;
  readonly start: bigint;
  /** Last byte or port, inclusive. */
  readonly end: bigint;
  readonly busy: boolean;
  /** Ancestors below the root. */
  readonly depth: number;
}

/** One link of the chain from a fact back to what asked for it. */
export interface Cause {
  readonly relation: 'made-by' | 'called-by' | 'origin' | 'needs' | 'allocated-by' | 'based-by' | 'loaded-by';
  /** Number of the event, or of the call's call.entered. */
  readonly seq: number;
  readonly event: Happening | null;
  readonly call: CallInfo | null;
  readonly origin: string;
  /** What this link explains: `pte[0] of bm_pte`, `slot 0`; '' for the calls behind it. */
  readonly about: string;
  /** 0 for the target's own chain; 1 for those of what it stands on, one after another. */
  readonly level: number;
}
export interface WhyAnswer {
  readonly type: 'why';
  readonly at: Place;
  readonly target: string;
  readonly chain: readonly Cause[];
}

export interface DiffAnswer {
  readonly type: 'diff';
  readonly from: Place;
  readonly to: Place;
  readonly changes: readonly Change[];
  readonly leftOut: number;
}

/** Words of page-table pages, the only memory whose content a trace knows. */
export interface MemoryAnswer {
  readonly type: 'memory';
  readonly at: Place;
  readonly unit: string;
  readonly format: string;
  readonly words: readonly {
    readonly vaddr: bigint;
    readonly phys: bigint | null;
    /** Null where the address is not mapped, or maps memory that is no page table. */
    readonly value: bigint | null;
    readonly entry: EntryInfo | null;
    readonly name: string;
  }[];
}
export interface SearchAnswer {
  readonly type: 'search';
  readonly at: Place;
  readonly text: string;
  readonly found: readonly Happening[];
  readonly interrupted: boolean;
}
/** One of the events that `each` was asked about, with what the expressions came to just after it. */
export type EachRow = Happening & { readonly values: readonly DebugValue[] };
export interface EachAnswer {
  readonly type: 'each';
  readonly at: Place;
  readonly what: string;
  readonly expressions: readonly string[];
  readonly rows: readonly EachRow[];
  /** The history ended, there were too many rows, or the user had enough. */
  readonly ended: 'end' | 'full' | 'interrupted';
}
export interface BranchAnswer {
  readonly type: 'branch';
  readonly at: Place;
  /** Position of the recording where the branch begins; null when there is none. */
  readonly forkedAt: number | null;
  readonly calls: readonly CallRow[];
  readonly happenings: readonly Happening[];
  readonly changes: readonly Change[];
  /** Events left out of `happenings` because there were too many. */
  readonly leftOut: number;
}
/** Something was set or removed and there is nothing else to show. */
export interface DoneAnswer {
  readonly type: 'done';
  readonly done: 'set' | 'deleted' | 'enabled' | 'disabled' | 'refreshed' | 'saved';
  readonly breakpoints: readonly BreakpointRow[];
  readonly bookmark: Bookmark | null;
  /** The trace's length now. */
  readonly total: number;
}
export interface HelpAnswer {
  readonly type: 'help';
  readonly commands: readonly CommandHelp[];
}
export interface CommandHelp {
  readonly name: string;
  readonly aliases: readonly string[];
  readonly usage: string;
  readonly summary: string;
  readonly examples: readonly string[];
  readonly group: 'moving' | 'stops' | 'questions' | 'session';
}
/** The user ended a question before it was answered; the session stands where it stood. */
export interface InterruptedAnswer {
  readonly type: 'interrupted';
  readonly at: Place;
}
export interface QuitAnswer {
  readonly type: 'quit';
}
