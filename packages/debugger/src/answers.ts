import type { TraceHeader } from '@kwind/events';
import type { Level } from '@kwind/x86';
import type { CachedInfo, CallInfo, Change, DebugValue, EntryInfo, Happening, Place, SlotInfo } from './protocol.ts';

/** The views of `info TOPIC`, `walk` and `kwind show`. All are of one position. */
export type Info =
  | SummaryView
  | SlotsView
  | FixmapView
  | WalkView
  | PageTableView
  | TlbInfoView
  | RegistersView
  | CallsView
  | WarningsView
  | ProfileView
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
  | BranchAnswer
  | DoneAnswer
  | HelpAnswer
  | QuitAnswer;

export interface PositionAnswer extends Place {
  readonly type: 'position';
  readonly phase: string;
}

export interface SummaryView {
  readonly type: 'summary';
  readonly at: Place;
  readonly header: TraceHeader;
  readonly phase: string;
  /** Events up to the position, by type, most frequent first. */
  readonly events: readonly { readonly type: string; readonly count: number }[];
  readonly calls: number;
  readonly openCalls: number;
  readonly tables: number;
  readonly slots: { readonly inUse: number; readonly peak: number; readonly peakAt: number; readonly total: number };
  readonly tlb: { readonly entries: number; readonly stale: number };
  readonly flushes: { readonly pages: number; readonly all: number };
  readonly trouble: { readonly warnings: number; readonly bugs: number; readonly faults: number };
}

export interface SlotsView {
  readonly type: 'slots';
  readonly at: Place;
  readonly slots: readonly SlotInfo[];
}

export interface FixmapView {
  readonly type: 'fixmap';
  readonly at: Place;
  readonly rows: readonly FixmapRow[];
}
/** One index, or a run of neighbouring ones of one owner that map nothing. */
export interface FixmapRow {
  readonly name: string;
  readonly first: number;
  readonly last: number;
  /** Base address of index `first` (the highest of the row) and of `last`. */
  readonly vaddr: bigint;
  readonly lowest: bigint;
  readonly mapped: { readonly phys: bigint; readonly entry: EntryInfo } | null;
}

export interface WalkLevelInfo {
  readonly level: Level;
  readonly table: bigint;
  readonly name: string;
  readonly index: number;
  readonly entry: EntryInfo;
  /** Seq of the event that stored this entry, null when it never was stored. */
  readonly writtenBy: number | null;
}
export interface WalkView {
  readonly type: 'walk';
  readonly at: Place;
  readonly vaddr: bigint;
  /** Symbol, fixmap index or region that the address belongs to, or ''. */
  readonly name: string;
  readonly root: bigint;
  readonly levels: readonly WalkLevelInfo[];
  readonly outcome:
    | {
        readonly kind: 'mapped';
        readonly phys: bigint;
        readonly pageSize: bigint;
        readonly level: Level;
        readonly writable: boolean;
        readonly user: boolean;
        readonly noExec: boolean;
        readonly global: boolean;
        readonly memoryType: string;
      }
    | { readonly kind: 'not-present'; readonly level: Level }
    | { readonly kind: 'reserved-bit'; readonly level: Level; readonly bits: bigint }
    | { readonly kind: 'non-canonical' };
  /** What the TLB would answer instead of the tables; null when it holds nothing for the address. */
  readonly tlb: (CachedInfo & { readonly answers: bigint }) | null;
}

export interface PageTableView {
  readonly type: 'pagetable';
  readonly at: Place;
  readonly root: bigint;
  readonly range: { readonly start: bigint; readonly end: bigint } | null;
  /** Neighbouring pages of one size, one set of flags and following frames, merged. */
  readonly runs: readonly MappedRun[];
  /** There are more runs than a person can use; narrow the range. */
  readonly more: boolean;
}
export interface MappedRun {
  readonly vaddr: bigint;
  /** First byte behind the run; 0x1_0000_0000_0000_0000 at the top. */
  readonly end: bigint;
  readonly phys: bigint;
  readonly pageSize: bigint;
  readonly pages: number;
  readonly flags: string;
  readonly name: string;
}

export interface TlbInfoView {
  readonly type: 'tlb';
  readonly at: Place;
  readonly entries: readonly CachedInfo[];
}

export interface RegistersView {
  readonly type: 'registers';
  readonly at: Place;
  readonly registers: readonly { readonly name: string; readonly value: bigint; readonly flags: string }[];
  readonly variables: readonly { readonly name: string; readonly value: bigint; readonly meaning: string }[];
}

export interface CallsView {
  readonly type: 'calls';
  readonly at: Place;
  /** Innermost first. */
  readonly open: readonly CallInfo[];
  /** Calls entered before the position, in order; those of depth 0 unless all were asked for. */
  readonly calls: readonly CallRow[];
  readonly leftOut: number;
}
export interface CallRow extends CallInfo {
  readonly depth: number;
  /** Seq of call.returned; null while it is open. */
  readonly returned: number | null;
  readonly result: bigint | null;
  /** Events inside it, all levels, up to the position. */
  readonly events: number;
}

export interface WarningsView {
  readonly type: 'warnings';
  readonly at: Place;
  readonly warnings: readonly WarningRow[];
}
export interface WarningRow {
  readonly seq: number;
  readonly kind: 'warn' | 'bug' | 'fault';
  readonly fn: string;
  readonly file: string;
  readonly message: string;
  /** The frame that early_ioremap_debug prints around its own line: no trouble of the boot. */
  readonly debug: boolean;
  /** Innermost first. */
  readonly calls: readonly CallInfo[];
}

export interface ProfileView {
  readonly type: 'profile';
  readonly name: string;
  readonly title: string;
  readonly kernel: string;
  readonly overrides: readonly string[];
  readonly values: readonly { readonly name: string; readonly value: string | number | bigint | boolean }[];
}

export interface BreakpointsView {
  readonly type: 'breakpoints';
  readonly breakpoints: readonly BreakpointRow[];
}
export interface BreakpointRow {
  readonly number: number;
  readonly kind: 'break' | 'watch' | 'rwatch' | 'awatch' | 'catch';
  readonly what: string;
  readonly condition: string;
  readonly enabled: boolean;
  readonly temporary: boolean;
  readonly hits: number;
  readonly ignore: number;
  readonly commands: readonly string[];
}

export interface Bookmark {
  readonly name: string;
  readonly position: number;
  readonly note: string;
}
export interface BookmarksView {
  readonly type: 'bookmarks';
  readonly bookmarks: readonly Bookmark[];
}
export interface DisplaysView {
  readonly type: 'displays';
  readonly displays: readonly { readonly number: number; readonly expression: string; readonly value: DebugValue }[];
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
  | { readonly kind: 'text'; readonly value: string };

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
export interface QuitAnswer {
  readonly type: 'quit';
}
