export { LiveMachine, type BatchListener } from './live-machine.ts';
export { singles } from './event-stream.ts';
export { Recorder, type Recorded, type Sink } from './recorder.ts';
export { checkpointOf, isCheckpointDue, recordInto } from './sinks.ts';
export { runLog, type Agreement, type Disagreement, type LogRun } from './run-log.ts';
