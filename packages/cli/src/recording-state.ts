import { hostname } from 'node:os';
import type { SqliteTraceReader } from '@kwind/trace';

/** Whether more events may come: the trace is unfinished, and its recorder runs, or runs where nobody can look. */
export function isBeingRecorded({ finished, recorder }: Pick<SqliteTraceReader, 'finished' | 'recorder'>): boolean {
  if (finished) return false;
  if (recorder.host !== hostname()) return true;
  try {
    process.kill(recorder.pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}
