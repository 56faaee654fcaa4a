import type { TraceHeader } from '@kwind/events';
import type { Level } from '@kwind/x86';
import type { CachedInfo, CallInfo, Change, DebugValue, EntryInfo, Happening, Place, SlotInfo } from './protocol.ts';

/** An event in full. */
export interface EventInfoView {
  readonly type: 'event';
  readonly at: Place;
  /** Null at position 0, before the first event. */
  readonly event: Happening | null;
  /** Calls around it, innermost first. */
  readonly calls: readonly CallInfo[];
  readonly changes: readonly Change[];
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
