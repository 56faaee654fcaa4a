import vm from 'node:vm';
import { isMainThread } from 'node:worker_threads';

const key = Symbol.for('kwind.interruptible');
const held = globalThis as unknown as Record<symbol, unknown>;

/**
 * Run work that keeps this thread busy, so that ^C ends it at once and the caller can say what came of it. It ends in the
 * middle of anything, without a `finally`: what the work had in its hands is not to be used any more. The next ^C
 * ends the process, as always.
 * @throws what the work throws; an error of which {@link wasInterrupted} is true
 */
export function interruptible<T>(work: () => T): T {
  // Signals come to the main thread only.
  if (!isMainThread) return work();
  held[key] = work;
  try {
    const code = `globalThis[Symbol.for(${JSON.stringify(key.description)})]()`;
    return vm.runInThisContext(code, { breakOnSigint: true, displayErrors: false }) as T;
  } finally {
    delete held[key];
  }
}

export const wasInterrupted = (error: unknown): boolean =>
  error instanceof Error && 'code' in error && error.code === 'ERR_SCRIPT_EXECUTION_INTERRUPTED';
