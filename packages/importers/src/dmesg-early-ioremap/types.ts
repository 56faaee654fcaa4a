import type { CallRecord } from '@kwind/events';

/** How much a finding weighs: worth knowing, something is missing from the log, or the log contradicts itself. */
export type NoteWeight = 'info' | 'loss' | 'contradiction';

export type NoteKind =
  | 'assumed-map'
  | 'assumed-unmap'
  | 'cut-at-end'
  | 'dropped-messages'
  | 'garbled-line'
  | 'leak'
  | 'other-boot'
  | 'pointer-unknown'
  | 'refused-call'
  | 'repeated-part'
  | 'silent-warning'
  | 'size-disagrees'
  | 'size-unknown'
  | 'slot-disagrees'
  | 'starts-late';

/** Something a reader of the trace should know about the log. */
export interface LogNote {
  readonly kind: NoteKind;
  readonly weight: NoteWeight;
  /** Line of the log, counted from 1; 0 when the note is about the whole log. */
  readonly line: number;
  readonly text: string;
}

export type SeenWhat = 'map' | 'unmap' | 'map-refused' | 'unmap-refused' | 'leak-check';

/**
 * A call that a line of the log reports.
 *
 * Arguments are the caller's, recovered: `__early_ioremap` has [phys, size] and lacks prot, which no line prints;
 * `early_iounmap` has [addr, size]; `check_early_ioremap_leak` has none. `call.claims` is what the line says.
 */
export interface SeenCall {
  readonly kind: 'seen';
  readonly what: SeenWhat;
  readonly call: CallRecord;
  readonly line: number;
  /** Slot in the line, or -1 when it names none. */
  readonly slot: number;
  /** False: no line tells the map's exact size, so the largest that fits the printed pages is used. */
  readonly sizeKnown: boolean;
  /** Where an unmap's address comes from: the line, the map of that slot (hashed pointer), or nowhere (a stand-in). */
  readonly pointer: 'printed' | 'recovered' | 'unknown' | 'none';
  /** True when the trace had only frames marked `?`, which may be left over from earlier calls. */
  readonly callerIsGuess: boolean;
  /** early_ioremap, early_memremap, … when the trace shows it; the caller is then the wrapper's caller. */
  readonly wrapper: string;
}

/**
 * Why a call that no line reports is put in: the slots were in use before debugging was on, lines are known to be
 * missing, or nothing explains it and log and kernel rules disagree.
 */
export type AssumedReason = 'before-debug' | 'starts-late' | 'lost-lines' | 'unexplained';

/**
 * A call put in so that the calls that were seen can have happened as printed: the kernel always takes the first free
 * slot, so a map into slot 1 shows that slot 0 was in use. Its `call.origin` is `assumed before NAME:LINE`.
 */
export interface AssumedCall {
  readonly kind: 'assumed';
  readonly what: 'map' | 'unmap';
  readonly call: CallRecord;
  /** The line that made it necessary; the call happened before it. */
  readonly beforeLine: number;
  readonly slot: number;
  readonly reason: AssumedReason;
  /** Arguments that are stand-ins. */
  readonly unknown: readonly ('phys' | 'offset' | 'size')[];
}

export type LoggedCall = SeenCall | AssumedCall;

/** A WARN of the early_ioremap code that prints no arguments, so that no call can be made of it. */
export interface SilentWarning {
  readonly line: number;
  readonly fn: string;
  /** `mm/early_ioremap.c:139`. */
  readonly place: string;
  readonly caller: string;
  readonly stack: readonly string[];
  /** Number of entries of `calls` that come before it. */
  readonly afterCalls: number;
}

/** `BIOS-e820: [mem start-end] type`; `end` is the last byte, as printed. */
export interface E820Line {
  readonly who: string;
  readonly start: bigint;
  readonly end: bigint;
  readonly type: string;
  readonly line: number;
}

/** A control register value in a register dump, at the first line where it has it. */
export interface RegisterSeen {
  readonly name: 'CR3' | 'CR4';
  readonly value: bigint;
  readonly line: number;
}

export interface KaslrSeen {
  readonly state: 'on' | 'off' | 'unknown';
  /** The text that shows it, and where; '' and 0 when unknown. */
  readonly evidence: string;
  readonly line: number;
  /** Shift of the kernel image where the log prints it. */
  readonly offset: bigint | undefined;
}

export interface BootLogCounts {
  readonly maps: number;
  readonly unmaps: number;
  readonly refused: number;
  readonly assumed: number;
  /** Debug lines that a console or dmesg printed again. */
  readonly repeated: number;
  /** Maps without unmap at the end of the log. */
  readonly stillMapped: number;
}

/** What a boot log says, in the log's order. */
export interface BootLog {
  readonly name: string;
  readonly nrLines: number;
  /** Text after `Linux version `, or '' when that line is missing. */
  readonly kernelVersion: string;
  /** `6.1.0-56-amd64`, from the version line or a register dump; '' when neither is there. */
  readonly release: string;
  readonly commandLine: string;
  readonly flags: {
    readonly earlyIoremapDebug: boolean;
    readonly nokaslr: boolean;
    readonly noHashPointers: boolean;
    /** CR4.LA57 seen set: 5-level paging. */
    readonly la57: boolean;
  };
  readonly pointers: 'raw' | 'hashed' | 'unknown';
  /** `end-first`: the printed address is one past the mapping (up to 6.12); `start-first`: its first page. */
  readonly printOrder: 'end-first' | 'start-first' | 'both' | 'unknown';
  readonly kaslr: KaslrSeen;
  readonly e820: readonly E820Line[];
  readonly registers: readonly RegisterSeen[];
  readonly calls: readonly LoggedCall[];
  readonly silentWarnings: readonly SilentWarning[];
  readonly notes: readonly LogNote[];
  readonly counts: BootLogCounts;
}
