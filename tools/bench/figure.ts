import { boundOf, type FigureId } from './bounds.ts';
import type { Time } from './measure.ts';
import type { Workload } from './workload.ts';

/** One measured figure, with what it was measured against in the same run. */
export interface Figure {
  readonly id: FigureId;
  readonly shape: Workload['name'] | '';
  readonly n: number;
  /** In the unit of its bound; for a ratio, ours over theirs as the bound counts it. NaN when it was not measured. */
  readonly measured: number;
  /** What stands on both sides, for people: `8.1 M/s`, `a row an event 1.1 M/s`. */
  readonly ours: string;
  readonly reference: string;
  /** Seconds of our side. */
  readonly time?: Time;
  readonly goal?: number;
  /** Why it was not measured. */
  readonly skipped?: string;
}

export const goalOf = ({ id, n, shape, goal: own }: Figure): number | undefined => {
  const { goal } = boundOf(id);
  return own ?? (typeof goal === 'number' ? goal : goal(n, shape));
};

const reaches = ({ id, measured }: Figure, limit: number): boolean =>
  boundOf(id).better === 'more' ? measured >= limit : measured <= limit;

export function isReached(figure: Figure): boolean | undefined {
  const goal = goalOf(figure);
  return goal === undefined || figure.skipped !== undefined ? undefined : reaches(figure, goal);
}

/** Whether the short run in CI must fail for it. */
export function isBeyondMargin(figure: Figure): boolean {
  const { ci: general, ciReal = general } = boundOf(figure.id);
  const ci = figure.shape === 'real shape' ? ciReal : general;
  return ci !== undefined && figure.skipped === undefined && !reaches(figure, ci);
}

export function rateText(perSecond: number): string {
  return perSecond >= 1e6 ? `${(perSecond / 1e6).toFixed(2)} M/s` : `${(perSecond / 1e3).toFixed(1)} k/s`;
}

export const valueText = (value: number, unit: string): string => {
  if (unit === 'equal') return value === 1 ? 'yes' : 'no';
  const digits = value >= 100 ? 0 : value >= 10 ? 1 : value >= 0.1 ? 2 : 4;
  return `${value.toFixed(digits)} ${unit}`;
};

const cells = (figure: Figure): string[] => {
  const { what, unit, better } = boundOf(figure.id);
  const goal = goalOf(figure);
  const reached = isReached(figure);
  const { time } = figure;
  return [
    what,
    [figure.shape, figure.n === 0 ? '' : figure.n.toExponential(0).replace('+', '')].filter(Boolean).join(' '),
    figure.skipped ?? figure.ours,
    figure.reference,
    figure.skipped === undefined ? valueText(figure.measured, unit) : '-',
    goal === undefined ? '' : `${better === 'more' ? '≥' : '≤'} ${valueText(goal, unit)}`,
    reached === undefined ? '' : reached ? 'ok' : 'below',
    time ? `${time.cpu.toFixed(3)} / ${time.wall.toFixed(3)} s` : '',
  ];
};

export const head = ['figure', 'workload', 'kwind', 'reference', 'measured', 'goal', '', 'cpu / wall'] as const;
const widths = [33, 14, 31, 36, 10, 12, 5] as const;

export const line = (figure: Figure | typeof head): string =>
  ('id' in figure ? cells(figure) : figure)
    .map((cell, i) => cell.padEnd(widths[i] ?? 0))
    .join('  ')
    .trimEnd();
