import type { EventView } from '@kwind/events';
import type { Direction } from '@kwind/timeline';
import type { Answer, Info, TargetValue } from './answers.ts';
import type { Change } from './change-types.ts';
import type { DebugValue } from './debug-value.ts';

export type * from './change-types.ts';
export type * from './debug-value.ts';

/**
 * The contract between the debugger and whoever shows it: a terminal, a page, an adapter for an editor.
 * What depends on where the session stands stays text here and is read by the session: positions (`.+5`, `@name`),
 * targets (`pte 0xffffffffff200000`, `slot 3`), expressions. A refused command is a thrown ToolError; the session then
 * stands where it stood.
 */
export type Command =
  | Movement
  | StopCommand
  | Question
  | { readonly do: 'bookmark'; readonly name: string; readonly note: string }
  | { readonly do: 'delete-bookmark'; readonly name: string }
  | { readonly do: 'display'; readonly expression: string }
  | { readonly do: 'undisplay'; readonly numbers: readonly number[] }
  | { readonly do: 'call'; readonly text: string }
  | { readonly do: 'branch'; readonly action: 'show' | 'drop' }
  | { readonly do: 'branch'; readonly action: 'save'; readonly file: string }
  | { readonly do: 'refresh' }
  | { readonly do: 'help'; readonly topic: string }
  | { readonly do: 'quit' };

/** All of these answer with a {@link Stopped}. */
export type Movement =
  | { readonly do: 'step' | 'next' | 'finish' | 'continue'; readonly count: number; readonly direction: Direction }
  /** To the next event that a break spec names: `pte.*`, `early_ioremap`, `if slots_in_use == 8`. */
  | { readonly do: 'until'; readonly spec: string; readonly direction: Direction }
  | { readonly do: 'goto'; readonly to: string }
  /** Through the places visited. */
  | { readonly do: 'back' | 'forward'; readonly count: number }
  /** Just after the last event before here (`last`), or the first one after here (`next-write`), that changed `target`; '' for what was asked about last. */
  | { readonly do: 'last' | 'next-write'; readonly target: string };

export type StopCommand =
  /** `spec`: an event pattern, a kernel function, `slot 3`, an address, `A..B`, and after it or alone `if EXPR`. */
  | { readonly do: 'break'; readonly spec: string; readonly temporary: boolean }
  | { readonly do: 'watch'; readonly target: string; readonly access: WatchAccess }
  | { readonly do: 'catch'; readonly trouble: string; readonly temporary: boolean }
  | { readonly do: 'ignore'; readonly number: number; readonly count: number }
  | { readonly do: 'condition'; readonly number: number; readonly expression: string }
  /** Number 0: the stop that was set last. */
  | { readonly do: 'commands'; readonly number: number; readonly lines: readonly string[] }
  /** No numbers: all. */
  | { readonly do: 'enable' | 'disable' | 'delete'; readonly numbers: readonly number[] };

export type WatchAccess = 'write' | 'read' | 'access';

export type Question =
  | { readonly do: 'when' }
  | { readonly do: 'info'; readonly topic: InfoTopic; readonly argument: string }
  | { readonly do: 'walk'; readonly address: string }
  | { readonly do: 'list'; readonly at: string; readonly count: number }
  | { readonly do: 'backtrace' }
  /** `format` x, d or t (binary); '' for what suits the value. */
  | { readonly do: 'print'; readonly expression: string; readonly format?: string }
  | { readonly do: 'each'; readonly spec: string; readonly expressions: readonly string[] }
  | { readonly do: 'history' | 'why'; readonly target: string }
  | { readonly do: 'diff'; readonly from: string; readonly to: string }
  /** `unit` b, h, w or g; `format` x, d, u, t or p (an entry, decoded). */
  | {
      readonly do: 'x';
      readonly address: string;
      readonly count: number;
      readonly unit: string;
      readonly format: string;
    }
  | { readonly do: 'vmmap'; readonly range: string }
  | { readonly do: 'search'; readonly text: string; readonly direction: Direction; readonly count: number };

/** One list for `info TOPIC` and `kwind show T VIEW`. */
export const infoTopics = [
  'summary',
  'event',
  'slots',
  'fixmap',
  'pagetable',
  'tlb',
  'registers',
  'calls',
  'warnings',
  'profile',
  'iomem',
  'ioports',
  'resources',
  'vmalloc',
  'ptdump',
  'e820',
  'pat',
  'breakpoints',
  'bookmarks',
  'displays',
] as const;
export type InfoTopic = (typeof infoTopics)[number];

/** What a command answers: one object a command, discriminated on `type`. `toJson` makes it plain JSON. */
export type Result = Stopped | Info | Answer;

/** Where the session stands: the state after the first `position` events. */
export interface Place {
  readonly position: number;
  readonly total: number;
  /** 0 to 100. */
  readonly percent: number;
}

/** A stop shows the state that its event has just made: `event.seq` is `at.position − 1`. */
export interface Stopped {
  readonly type: 'stopped';
  readonly at: Place;
  readonly reason: StopReason;
  /** Which way the session moved; what changed is told in the order of time all the same. */
  readonly direction: Direction;
  /** Null at position 0, before the first event. */
  readonly event: Happening | null;
  /** Calls around the event, innermost first. */
  readonly calls: readonly CallInfo[];
  readonly changes: readonly Change[];
  readonly slotsInUse: { readonly before: number; readonly after: number };
  /** What was watched or asked about, old to new in the order of time. */
  readonly values: readonly TargetChange[];
  readonly displays: readonly Displayed[];
  /** Lines that the breakpoints hit here want to be run. */
  readonly commands: readonly string[];
}

/** A target that the event of a stop changed, as a person would name it. */
export interface TargetChange {
  readonly target: string;
  readonly before: TargetValue;
  readonly after: TargetValue;
}

export type StopReason =
  | { readonly kind: 'moved' }
  /** Breakpoints and watchpoints that stopped it. */
  | { readonly kind: 'hit'; readonly hits: readonly Hit[] }
  /** Ran into an end of the history: "No more reverse-execution history". */
  | { readonly kind: 'edge'; readonly edge: 'start' | 'end' }
  /** `last` or `next-write` found no change; the session stands where it stood. */
  | { readonly kind: 'unchanged'; readonly target: string }
  /** `back` or `forward` with no place visited there. */
  | { readonly kind: 'no-more-visits' }
  /** Stopped by the user; the session stands where it stood. */
  | { readonly kind: 'interrupted' };

export interface Hit {
  readonly number: number;
  readonly what: string;
  /** How often it has been hit, this time included. */
  readonly times: number;
  readonly temporary: boolean;
}

/** An event with the place in the kernel where it happened. */
export interface Happening {
  readonly event: PlainEvent;
  /** Innermost kernel function, '' outside any. */
  readonly fn: string;
  /** Kernel file of that function where it is known, else the file that the catalogue names for such events. */
  readonly file: string;
  /** Names of the things that the event's fields hold: `bm_pte`, `FIX_BTMAP slot 0 page 3`; '' when there is none. */
  readonly table: string;
  readonly name: string;
  /** Names of the struct resources that the event points to, by pointer as hex; only in events about resources. */
  readonly resources?: Readonly<Record<string, string>>;
}

/** An event as a plain frozen object: its own fields, its number, its cause and its depth. */
export type PlainEvent = EventView;

export interface CallInfo {
  /** Seq of call.entered. */
  readonly seq: number;
  readonly fn: string;
  readonly args: readonly bigint[];
  /** Arguments that are strings: `name="rtc"`. */
  readonly text: string;
  readonly file: string;
  readonly caller: string;
  readonly stack: string;
  /** Script line, log line or record that it came from; '' when an outer call says it. */
  readonly origin: string;
}

export interface Displayed {
  readonly number: number;
  readonly expression: string;
  readonly value: DebugValue;
}
