// The figures that kwind is held to, all in this place. `goal` is what it should reach; `ci` is what the short run in CI
// fails beyond: a ratio only, about half of what was measured when it was set, never a time.
import type { Workload } from './workload.ts';

export type Unit = '×' | 'ms' | 'MiB' | 'B' | 'loads' | 'equal';

export interface Bound {
  readonly what: string;
  readonly unit: Unit;
  readonly better: 'more' | 'less';
  /** A number, or one that depends on the length; undefined where nothing was asked for. */
  readonly goal: number | ((n: number, shape: Workload['name'] | '') => number | undefined);
  readonly ci?: number;
  /** The same for the real shape, where it is another. */
  readonly ciReal?: number;
}

const from = (least: number, goal: number) => (n: number) => (n >= least ? goal : undefined);
const byShape = (least: number, stress: number, real: number) => (n: number, shape: string) =>
  n < least ? undefined : shape === 'stress' ? stress : real;

export const bounds = {
  'fold-flat': {
    what: 'fold, a state each 65,536 events',
    unit: '×',
    better: 'more',
    goal: 0.15,
    ci: 0.06,
    ciReal: 0.012,
  },
  'fold-immer': { what: 'fold', unit: '×', better: 'more', goal: 500, ci: 120, ciReal: 40 },
  record: {
    what: 'record end to end',
    unit: '×',
    better: 'more',
    goal: (n, shape) => (n >= 1e7 ? (shape === 'stress' ? 3.5 : 12) : n >= 1e6 ? 5 : undefined),
    ci: 1.3,
    ciReal: 0.6,
  },
  simulate: { what: 'simulate and record, call by call', unit: '×', better: 'more', goal: 0.5, ci: 0.15 },
  'watch-all': { what: 'record, every event watched', unit: '×', better: 'more', goal: 1 / 1.3, ci: 0.35 },
  'watch-some': { what: 'record, one type watched', unit: '×', better: 'more', goal: 1 / 1.1, ci: 0.5 },
  replay: { what: 'replay from disk', unit: '×', better: 'more', goal: 5, ci: 1.5, ciReal: 0.6 },
  'replay-ctf': { what: 'replay from disk', unit: '×', better: 'more', goal: from(1e6, 4) },
  'bytes-boot': { what: 'bytes an event, one real boot', unit: 'B', better: 'less', goal: 3 },
  'bytes-boot-json': { what: 'size of one real boot', unit: '×', better: 'less', goal: 0.5, ci: 0.6 },
  bytes: { what: 'bytes an event', unit: 'B', better: 'less', goal: byShape(1e5, 5, 1) },
  'bytes-index': { what: 'bytes an event, index of stores', unit: 'B', better: 'less', goal: from(1e5, 0.5) },
  open: { what: 'open at the end', unit: 'ms', better: 'less', goal: 20 },
  'goto-p50': { what: 'goto and walk, median', unit: 'ms', better: 'less', goal: byShape(1e5, 3, 1) },
  'goto-p99': { what: 'goto and walk, 99 %', unit: 'ms', better: 'less', goal: byShape(1e5, 25, 10) },
  'goto-growth': { what: 'goto, growth since 10⁵', unit: '×', better: 'less', goal: from(1e6, 4) },
  'step-back': { what: 'step back, median', unit: 'ms', better: 'less', goal: 0.01 },
  'step-edge': { what: 'step back over a batch edge, 99 %', unit: 'ms', better: 'less', goal: 2 },
  'last-p50': { what: 'last write, median', unit: 'ms', better: 'less', goal: 0.3 },
  'last-p99': { what: 'last write, 99 %', unit: 'ms', better: 'less', goal: 2 },
  'last-never': { what: 'last write, never written, 99 %', unit: 'ms', better: 'less', goal: 2 },
  'memory-record': { what: 'memory peak, recording', unit: 'MiB', better: 'less', goal: 350 },
  'memory-replay': { what: 'memory peak, replaying', unit: 'MiB', better: 'less', goal: 350 },
  'slow-sink': { what: 'queue of a slow sink', unit: 'MiB', better: 'less', goal: 10 },
  'bisect-page': { what: 'bisect, one entry', unit: 'ms', better: 'less', goal: 10 },
  'bisect-state': { what: 'bisect, all page tables', unit: 'ms', better: 'less', goal: 1000 },
  'bisect-loads': {
    what: 'bisect, one entry: batches loaded',
    unit: 'loads',
    better: 'less',
    goal: (n) => Math.ceil(Math.max(0, Math.log2(n / 4096)) + 2),
  },
  'diff-equal': { what: 'diff of equal traces', unit: '×', better: 'more', goal: from(1e7, 20) },
  'diff-first': { what: 'first divergence', unit: 'ms', better: 'less', goal: 5 },
  'diff-full': { what: 'diff with 10⁴ edits', unit: '×', better: 'less', goal: 3 },
  'diff-kaslr': { what: 'diff, equal but for KASLR', unit: 'equal', better: 'more', goal: 1, ci: 1 },
  check: { what: 'check, all rules', unit: '×', better: 'less', goal: 2.5, ci: 8, ciReal: 30 },
  'cold-help': { what: 'kwind --help', unit: '×', better: 'less', goal: 1.5, ci: 2.2 },
  'cold-show': { what: 'kwind show T summary', unit: '×', better: 'less', goal: 1.5, ci: 2.2 },
  'emmett-record': { what: 'record end to end', unit: '×', better: 'more', goal: 60, ci: 8 },
  'emmett-replay': { what: 'replay from disk', unit: '×', better: 'more', goal: 60, ci: 8 },
  toolkit: { what: 'fold', unit: '×', better: 'more', goal: 500, ci: 120 },
  undo: { what: 'step back', unit: '×', better: 'more', goal: 10, ci: 4 },
  'gdb-back': { what: 'step back', unit: '×', better: 'more', goal: 100 },
  'gdb-record': { what: 'record end to end', unit: '×', better: 'more', goal: () => undefined },
} as const satisfies Readonly<Record<string, Bound>>;

export type FigureId = keyof typeof bounds;

export const boundOf = (id: FigureId): Bound => bounds[id];
