// The other side of engine.ts: answers queries one after the other until its parent goes away or ends it.
import module from 'node:module';
import { Worker } from 'node:worker_threads';
import { TraceQuery } from '@kwind/query';
import { openTrace } from '@kwind/trace';
import { ToolError } from '@kwind/x86';
import { LOT } from './answer.ts';
import type { Question, Reply } from './engine.ts';
import { BUSY, IDLE, type WatchOptions } from './watch-state.ts';

/** Bytes of texts after which a lot is sent, however few its rows. */
const LOT_BYTES = 1024 ** 2;
/** Bytes of texts that one row may have: it is copied several times until it is on the screen. */
const MOST_ROW_BYTES = 64 * 1024 ** 2;

const [path, mostMemory, mostCopied] = process.argv.slice(2);
let query: TraceQuery | undefined;
let rows: Iterator<readonly unknown[]> | undefined;

const reply = (message: Reply): void => void process.send!(message);

function failed(error: unknown): Reply {
  if (error instanceof ToolError) return { kind: 'failed', code: error.code, message: error.message, hint: error.hint };
  const message = error instanceof Error ? (error.stack ?? error.message) : String(error);
  return { kind: 'failed', code: 'internal/invariant', message, hint: '' };
}

const state = new Int32Array(new SharedArrayBuffer(4));
const watch: WatchOptions = { state, mostMemory: Number(mostMemory), parent: process.ppid };
new Worker(new URL('./memory-watch.ts', import.meta.url), { workerData: watch }).unref();

/** Work that may take memory and time without end. */
function watched(work: () => void): void {
  Atomics.store(state, 0, BUSY);
  Atomics.notify(state, 0);
  try {
    work();
  } catch (error) {
    rows = undefined;
    reply(failed(error));
  } finally {
    Atomics.store(state, 0, IDLE);
    Atomics.notify(state, 0);
  }
}

function bytesOf(row: readonly unknown[]): number {
  let bytes = 0;
  for (const value of row) {
    if (typeof value === 'string') bytes += value.length;
    else if (Buffer.isBuffer(value)) bytes += value.length;
  }
  return bytes;
}

function tooLarge(bytes: number): ToolError {
  const what = `a row has ${Math.round(bytes / 1024 ** 2)} MiB of text; one may have ${MOST_ROW_BYTES / 1024 ** 2}.`;
  return new ToolError('command/usage', what, 'Take a part of it: substr(column, 1, 1000).');
}

function nextLot(): void {
  const lot: (readonly unknown[])[] = [];
  for (let size = 0; rows && lot.length < LOT && size < LOT_BYTES;) {
    const step = rows.next();
    if (step.done === true) {
      rows = undefined;
      break;
    }
    const bytes = bytesOf(step.value);
    if (bytes > MOST_ROW_BYTES) {
      rows.return?.();
      throw tooLarge(bytes);
    }
    size += bytes;
    lot.push(step.value);
  }
  reply({ kind: 'rows', lot, isLast: rows === undefined });
}

function answer(question: Question): void {
  switch (question.kind) {
    case 'run': {
      const result = query!.run(question.sql);
      rows = result.rows[Symbol.iterator]();
      return reply({ kind: 'columns', columns: result.columns });
    }
    case 'more':
      return nextLot();
    case 'stop':
      rows?.return?.();
      rows = undefined;
  }
}

process.on('message', (question: Question) => watched(() => answer(question)));
process.on('disconnect', () => process.exit(0));
watched(() => {
  const copied = mostCopied === undefined ? {} : { mostCopied: Number(mostCopied) };
  query = new TraceQuery(openTrace(path!), copied);
  reply({ kind: 'ready' });
});
// This process is ended rather than left to end, and would never write it.
module.flushCompileCache();
