export type * from './types.ts';
export { Timeline } from './timeline.ts';
export { BranchTrace } from './branch-trace.ts';
export { callsAround, finishPosition, nextPosition, openCallAt, returnOf } from './call-tree.ts';
export { parsePosition, parseRange, type PositionContext, type PositionRange } from './position.ts';
export {
  either,
  entriesChange,
  entryAt,
  isMetBy,
  registerChanges,
  slotChanges,
  sourceOf,
  typeMatches,
  variableChanges,
  type EntrySpan,
} from './predicates.ts';
export {
  bisect,
  judged,
  nextProbe,
  outcomeOf,
  type BisectResult,
  type Bisected,
  type Bisection,
  type Span,
  type Verdict,
} from './bisect.ts';
export * from './compare/index.ts';
