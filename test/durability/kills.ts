import { existsSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { openTrace, verifyTrace } from '@kwind/trace';
import { Random } from '../fuzz/random.ts';
import { runChild, type Ended, type Kill } from './children.ts';
import type { Job } from './jobs.ts';
import { beginnings } from './prefix.ts';

/** A job that nobody interrupted. */
export interface Reference {
  readonly digest: string;
  readonly beginnings: ReadonlyMap<number, string>;
  readonly checkpoints: number;
  /** When the first events were durable, and when all was over. */
  readonly firstMs: number;
  readonly ms: number;
}

export interface KillTally {
  readonly job: string;
  readonly seed: number;
  readonly rounds: number;
  /** Died before a file could be opened, while recording, after all was written; and ended before death came. */
  readonly before: number;
  readonly during: number;
  readonly whole: number;
  readonly outlived: number;
  readonly resumed: number;
  /** What should not be: one sentence a round. */
  readonly problems: readonly string[];
}

/** Going on costs as much as recording, so only some rounds do. */
const RESUMED_ONCE_IN = 5;
/** Closing takes milliseconds. */
const CLOSING_MS = 40;
const CHECKPOINT_MS = 6;

export async function referenceOf(job: Job, folder: string): Promise<Reference> {
  const path = join(folder, 'reference.kwind');
  // Checkpoints are as frequent as in the runs that die, and do not change the events.
  const kill: Kill | undefined = job.at === 'checkpoint' ? { at: 'checkpoint', count: 1e9, afterMs: 0 } : undefined;
  const { code, err, firstMs, ms, checkpoints } = await runChild(job.argv(path), kill);
  // 1: a log and the model may disagree; the trace is made all the same.
  if (code > 1 || code < 0) throw new Error(`${job.name} fails by itself: ${err}`);
  const reader = openTrace(path);
  const { digest } = reader;
  reader.close();
  return { digest, beginnings: beginnings(path), checkpoints, firstMs, ms };
}

function killFor(job: Job, reference: Reference, random: Random): Kill {
  const share = random.below(1e6) / 1e6;
  if (job.at === 'begin') {
    // Reading a source takes long and writes nothing: three of four die after the first batch came.
    if (random.oneIn(4)) return { at: 'begin', count: 1, afterMs: share * reference.firstMs };
    return { at: 'writing', count: 1, afterMs: share * Math.max(5, reference.ms - reference.firstMs) };
  }
  if (job.at === 'closing') return { at: 'closing', count: 1, afterMs: share * CLOSING_MS };
  return { at: 'checkpoint', count: random.between(1, reference.checkpoints), afterMs: share * CHECKPOINT_MS };
}

interface Remains {
  readonly events: number;
  readonly finished: boolean;
  readonly problem: string;
}

/** What is left of a file, held against the recording that nobody interrupted. */
function lookAt(path: string, { committed }: Ended, reference: Reference): Remains {
  if (committed < 0 && !existsSync(path)) return { events: -1, finished: false, problem: '' };
  let events: number;
  let finished: boolean;
  try {
    const report = verifyTrace(path);
    [events, finished] = [report.events, report.finished];
    if (!report.ok) return { events, finished, problem: report.problems.map((one) => one.what).join('; ') };
  } catch (error) {
    // Before the first commit there is nothing to lose: a file that says that it is empty is all right.
    const { code, message } = error as { code?: string; message: string };
    return { events: -1, finished: false, problem: committed < 0 && code === 'trace/not-a-trace' ? '' : message };
  }
  if (events < committed) return { events, finished, problem: `${committed} events were durable, ${events} are there` };
  const hash = beginnings(path).get(events);
  const isPrefix = hash !== undefined && hash === reference.beginnings.get(events);
  return { events, finished, problem: isPrefix ? '' : `the ${events} events are no beginning of the recording` };
}

async function resumes(job: Job, path: string, reference: Reference): Promise<string> {
  const { code, err } = await runChild(job.resume!(path));
  if (code !== 0) return `resuming ended with ${code}: ${err}`;
  const reader = openTrace(path);
  const { digest, finished } = reader;
  reader.close();
  if (digest !== reference.digest || !finished) return 'the resumed trace is another than the uninterrupted one';
  return verifyTrace(path).ok ? '' : 'the resumed trace does not verify';
}

const removeAll = (path: string): void => {
  for (const part of ['', '-wal', '-shm', '-journal']) rmSync(path + part, { force: true });
};

/** Kill `rounds` processes at random moments of a job, and look at what each leaves. */
export async function killRounds(job: Job, folder: string, rounds: number, seed: number): Promise<KillTally> {
  const reference = await referenceOf(job, folder);
  const path = join(folder, 'killed.kwind');
  const tally = { before: 0, during: 0, whole: 0, outlived: 0, resumed: 0 };
  const problems: string[] = [];
  // One that ends before death comes was not killed: another takes its place.
  for (let round = 0; round - tally.outlived < rounds && round < 3 * rounds; round++) {
    removeAll(path);
    const random = Random.ofCase(seed, round);
    const kill = killFor(job, reference, random);
    const ended = await runChild(job.argv(path), kill);
    const { events, finished, problem } = lookAt(path, ended, reference);
    const where = !ended.killed ? 'outlived' : events < 0 ? 'before' : finished ? 'whole' : 'during';
    tally[where]++;
    const told = problem || (ended.killed || ended.code <= 1 ? '' : `ended with ${ended.code}: ${ended.err}`);
    if (told !== '') problems.push(`round ${round} of seed ${seed}, ${JSON.stringify(kill)}: ${told}`);
    if (where !== 'during' || !job.resume || !random.oneIn(RESUMED_ONCE_IN)) continue;
    tally.resumed++;
    const bad = await resumes(job, path, reference);
    if (bad !== '') problems.push(`round ${round} of seed ${seed}: ${bad}`);
  }
  return { job: job.name, seed, rounds, ...tally, problems };
}
