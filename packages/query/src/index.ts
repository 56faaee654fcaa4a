export { TraceQuery, type QueryOptions, type QueryResult } from './query.ts';
export { historyTables, type HistoryTable } from './tables.ts';
export { historyFunctions, type HistoryFunction } from './functions.ts';
export { writePlainTables } from './plain.ts';
export { isComplete } from './tokens.ts';
