export { ExpectationError, fail } from './failure.ts';
export { factFits, factText, isBracket, profileTitle, tableName } from './facts.ts';
export { Given, given, Then } from './given.ts';
export { drawTables, pathOf, plantTables, undrawn } from './table-drawing.ts';
export { headerFor, MemoryTrace, memoryTrace } from './memory-trace.ts';
export { conflicts, listed, memory, messages, port } from './resources.ts';
export { applyCalls, arbitraryCalls, recordCalls, type RandomCall, type RecordedCalls } from './streams.ts';
