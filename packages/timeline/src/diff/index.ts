export type * from './types.ts';
export { align, type Pairs } from './align.ts';
export { diffTraces } from './compare.ts';
export { diffStates, type StateLine } from './state-lines.ts';
