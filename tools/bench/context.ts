import type { FigureId } from './bounds.ts';
import type { Figure } from './figure.ts';
import { rateText } from './figure.ts';
import type { Time } from './measure.ts';
import type { Workload } from './workload.ts';

/** What the groups of one workload share. */
export interface Context {
  readonly work: Workload;
  readonly rounds: number;
  /** A folder that is removed at the end. */
  readonly folder: string;
  /** The workload as a trace; recorded once, by whichever group comes first. */
  readonly trace: string;
  readonly short: boolean;
  /** Whether somebody wants one of these figures. */
  wants(...ids: readonly FigureId[]): boolean;
  /** Print a figure as soon as it is known, and keep it; nothing happens to one that nobody wants. */
  put(figure: Figure): void;
}

/** A figure about a workload. */
export function put(context: Context, figure: Omit<Figure, 'shape' | 'n'>): void {
  context.put({ ...figure, shape: context.work.name, n: context.work.n });
}

/** How many times faster we are, an item of theirs against an item of ours. In CPU time: the cores of a small machine are shared. */
export function putRate(
  context: Context,
  id: FigureId,
  ours: Time,
  reference: string,
  theirs: Time,
  counts: { readonly ours: number; readonly theirs: number },
): void {
  const [mine, other] = [counts.ours / ours.cpu, counts.theirs / theirs.cpu];
  put(context, {
    id,
    measured: mine / other,
    ours: rateText(mine),
    reference: `${reference} ${rateText(other)}`,
    time: ours,
  });
}
