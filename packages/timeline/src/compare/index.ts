export type * from './types.ts';
export { areEqual, buildOf, diffTraces, mirrored } from './diff.ts';
export { firstDivergence } from './divergence.ts';
export { groupsOf, type DifferenceGroup } from './groups.ts';
export { firstPlace, stateComparison, type StateDiff, type StateLine, type StateSection } from './states.ts';
