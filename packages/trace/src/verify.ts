import { statSync } from 'node:fs';
import { ToolError } from '@kwind/x86';
import { isFileAsSealed, isPlaceholder } from './file-seal.ts';
import { readMeta, type StoredMeta } from './meta.ts';
import { openForReading, type OpenedTrace } from './open.ts';
import { Queries } from './queries.ts';
import { VerifyWalk, type Problem } from './verify-walk.ts';

export interface VerifyReport {
  readonly ok: boolean;
  /** Events and batches looked at. */
  readonly events: number;
  readonly batches: number;
  /** Whether the recorder closed the trace; one that was killed leaves a trace that is whole and not finished. */
  readonly finished: boolean;
  /** In the order of the events; at most a hundred. */
  readonly problems: readonly Problem[];
}

/** Bytes after the last page, or too few for the pages that there are. A file with a -wal has its size from there. */
function sizeProblem(opened: OpenedTrace, path: string): string | undefined {
  if (opened.db.pragma('journal_mode', { simple: true }) === 'wal') return undefined;
  const pages = opened.db.pragma('page_count', { simple: true }) as number;
  const expected = pages * (opened.db.pragma('page_size', { simple: true }) as number);
  const { size } = statSync(path);
  return size === expected ? undefined : `the file has ${size} bytes instead of ${expected}`;
}

/**
 * A finished file is as its recorder left it to the last byte, those that mean nothing to a reader too. Asked only when
 * nothing else is wrong: then what was changed is none of the events.
 */
function sealProblem(path: string, { fileSeal }: StoredMeta): string | undefined {
  if (fileSeal === undefined || isPlaceholder(fileSeal) || isFileAsSealed(path, fileSeal)) return undefined;
  return 'the file was changed after it was finished; the events themselves are intact';
}

/**
 * Check everything that a trace holds: that each batch is there, in its place and as it was recorded, that the indices
 * say what the batches say, that header and checkpoints belong to them, that SQLite's own structure is sound, and that
 * a finished file has not changed in any byte since, be it in free space or in one of SQLite's counters.
 *
 * @throws ToolError trace/not-found, trace/not-a-trace, trace/newer-schema, trace/busy, trace/io; damage is reported, not thrown
 */
export function verifyTrace(path: string, onProgress: (done: number, total: number) => void = () => {}): VerifyReport {
  let opened: OpenedTrace;
  try {
    opened = openForReading(path);
  } catch (error) {
    return { ok: false, events: 0, batches: 0, finished: false, problems: [damageOf(error)] };
  }
  try {
    // One snapshot for the whole walk: a recorder may be adding to the file.
    opened.db.exec('BEGIN');
    const problems: Problem[] = [];
    let meta: StoredMeta | undefined;
    try {
      meta = readMeta(opened.db, path);
    } catch (error) {
      problems.push(damageOf(error));
    }
    const size = sizeProblem(opened, path);
    if (size) problems.push({ batch: -1, seq: 0, what: size });
    const walk = new VerifyWalk(new Queries(opened.db, path), meta);
    walk.run(onProgress);
    problems.push(...walk.problems);
    const seal = meta && problems.length === 0 ? sealProblem(path, meta) : undefined;
    if (seal) problems.push({ batch: -1, seq: 0, what: seal });
    return {
      ok: problems.length === 0,
      events: walk.events,
      batches: walk.batches,
      finished: meta?.state === 'finished',
      problems,
    };
  } finally {
    opened.close();
  }
}

/** @throws the error when it says that this is no trace, rather than a damaged one */
function damageOf(error: unknown): Problem {
  if (!(error instanceof ToolError) || error.code !== 'trace/damaged') throw error;
  return { batch: -1, seq: 0, what: error.message };
}
