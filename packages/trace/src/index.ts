export { createTrace, SqliteTraceWriter, type WriterOptions } from './sqlite-writer.ts';
export { refuseIfRecording } from './create.ts';
export { discardTrace, replaceTrace } from './replace.ts';
export { openTrace, SqliteTraceReader, type Touch } from './sqlite-reader.ts';
export { verifyTrace, type VerifyReport } from './verify.ts';
export type { RecorderInfo } from './meta.ts';
export type { Problem } from './verify-walk.ts';
export { FILE_SCHEMA } from './tables.ts';
