import { rmSync } from 'node:fs';
import { CHAIN_START, chainLink } from '../chain.ts';
import { openTrace } from '../sqlite-reader.ts';
import { verifyTrace } from '../verify.ts';
import { ChildRecorder } from './children.ts';
import { sampleBatches } from './sample.ts';

/** One recorder, killed some time after it began. */
export interface Killing {
  readonly path: string;
  /** Events in a batch. */
  readonly batch: number;
  readonly events: number;
  readonly afterMs: number;
  /** Read the file from here on while it is recorded. */
  readonly following?: boolean;
}

export interface Remains {
  readonly ok: boolean;
  readonly finished: boolean;
  readonly problems: unknown;
  /** Events in the file, and events that the recorder had told to be committed. */
  readonly events: number;
  readonly committed: number;
  /** Whether the events are those that the recorder wrote, from the first on. */
  readonly isPrefix: boolean;
}

/** Record, kill, look. The file is gone afterwards. */
export async function killOnce({ path, batch, events, afterMs, following = false }: Killing): Promise<Remains> {
  const recorder = new ChildRecorder(path, batch, events);
  await recorder.waitFor(0);
  const reader = following ? openTrace(path) : undefined;
  for (const end = Date.now() + afterMs; Date.now() < end; await new Promise((resolve) => setTimeout(resolve, 1))) {
    reader?.refresh();
    if (reader && reader.length > 0) reader.batchContaining(reader.length - 1);
  }
  await recorder.kill();
  reader?.close();
  const { ok, finished, problems, events: found } = verifyTrace(path);
  const remains = {
    ok,
    finished,
    problems,
    events: found,
    committed: recorder.committed,
    isPrefix: isPrefix(path, batch, events),
  };
  for (const part of ['', '-wal', '-shm', '-journal']) rmSync(path + part, { force: true });
  return remains;
}

/** The digest stands for all events before it, so it is enough to compute what it should be. */
function isPrefix(path: string, batch: number, events: number): boolean {
  const reader = openTrace(path);
  const { length, digest } = reader;
  reader.close();
  let chain = CHAIN_START;
  let reached = 0;
  for (const wanted of sampleBatches({ events: Math.min(events, length), batch })) {
    chain = chainLink(chain, wanted);
    reached += wanted.length;
  }
  return reached === length && chain.toString('hex') === digest;
}
