import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DebugSession, parseCommand } from '@kwind/debugger';
import { boot, earlyIoremap, earlyIounmap, load } from '@kwind/kernel';
import { recordInto, Recorder } from '@kwind/recorder';
import { stateHash } from '@kwind/state';
import { Timeline } from '@kwind/timeline';
import { createTrace, openTrace } from '@kwind/trace';
import { profile } from '@kwind/x86';
import { Random } from '../fuzz/random.ts';
import { header } from '../fuzz/targets/trace-base.ts';

/** What one person does with a trace in a while: record it, go through it, step about, ask. */
export interface SoakReport {
  readonly seed: number;
  readonly seconds: number;
  readonly rounds: number;
  readonly events: number;
  readonly steps: number;
  /** MiB after garbage collection: the median of each half of the rounds after the warm-up. */
  readonly firstHalf: { readonly heap: number; readonly rss: number };
  readonly secondHalf: { readonly heap: number; readonly rss: number };
  readonly problems: readonly string[];
}

const MAPPINGS = 150;
const STEPS = 150;
/** Caches fill and code is compiled in this part of the rounds. */
const WARM_UP = 0.4;
const FEWEST_ROUNDS = 20;
/** Noise of the collector, and pages that the C library keeps. A leak of a state a round would be far beyond. */
const HEAP_GROWTH_MIB = 4;
const RSS_GROWTH_MIB = 24;

const median = (values: readonly number[]): number =>
  values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? 0;

function recordOnce(path: string, random: Random): { events: number; hash: string } {
  const writer = createTrace(path, header, { force: true });
  const recorder = new Recorder(profile(header.profile, header.options));
  recordInto(recorder, writer);
  boot(recorder.machine);
  for (let i = 0; i < MAPPINGS; i++) {
    const size = BigInt(random.between(1, 0x8000));
    const address = earlyIoremap(recorder.machine, BigInt(random.below(2 ** 31)), size);
    if (address === null) continue;
    load(recorder.machine, address);
    earlyIounmap(recorder.machine, address, size);
  }
  const end = recorder.finish();
  writer.finish();
  return { events: writer.length, hash: stateHash(end) };
}

const questions = [
  'info slots',
  'walk 0xffffffffff200000',
  'last slot 0',
  'why pte 0xffffffffff200000',
  'reverse-step',
  'next',
];

/** @returns what is wrong, '' when nothing */
function walkAbout(path: string, wanted: string, random: Random): string {
  const reader = openTrace(path);
  try {
    const timeline = new Timeline(reader, profile(header.profile, header.options));
    if (stateHash(timeline.at(reader.length).state) !== wanted)
      return 'the replayed end is another than the recorded one';
    let cursor = timeline.at(random.below(reader.length));
    for (let i = 0; i < STEPS; i++) cursor = timeline.step(cursor, random.between(-40, 40));
    if (cursor.position > 0 && timeline.step(timeline.step(cursor, -1), 1).position !== cursor.position)
      return 'a step back and forth ends elsewhere';
    const session = new DebugSession(new Timeline(reader, profile(header.profile, header.options)));
    session.dispatch({ do: 'goto', to: String(random.between(Math.floor(reader.length / 2), reader.length)) });
    for (const line of questions) session.dispatch(parseCommand(line));
    return '';
  } finally {
    reader.close();
  }
}

/**
 * Record, replay and step about until the time is over, and look at the memory after each round. Needs `--expose-gc`.
 */
export function soak(seconds: number, seed: number): SoakReport {
  const collect = globalThis.gc;
  if (!collect) throw new Error('the soak needs node --expose-gc.');
  const folder = mkdtempSync(join(tmpdir(), 'kwind-soak-'));
  const path = join(folder, 'soak.kwind');
  const samples: { heap: number; rss: number }[] = [];
  const problems: string[] = [];
  const started = performance.now();
  const passed = (): number => (performance.now() - started) / 1000;
  let [rounds, events] = [0, 0];
  for (; (passed() < seconds || rounds < FEWEST_ROUNDS) && problems.length < 5; rounds++) {
    const random = Random.ofCase(seed, rounds);
    const made = recordOnce(path, random);
    events += made.events;
    const problem = walkAbout(path, made.hash, random);
    if (problem !== '') problems.push(`round ${rounds} of seed ${seed}: ${problem}`);
    collect();
    const { heapUsed, external, rss } = process.memoryUsage();
    samples.push({ heap: (heapUsed + external) / 2 ** 20, rss: rss / 2 ** 20 });
  }
  rmSync(folder, { recursive: true, force: true });
  const warm = samples.slice(Math.floor(samples.length * WARM_UP));
  const half = Math.floor(warm.length / 2);
  const of = (part: typeof warm): { heap: number; rss: number } => ({
    heap: median(part.map(({ heap }) => heap)),
    rss: median(part.map(({ rss }) => rss)),
  });
  const [firstHalf, secondHalf] = [of(warm.slice(0, half)), of(warm.slice(half))];
  if (secondHalf.heap > firstHalf.heap + HEAP_GROWTH_MIB)
    problems.push(`the heap grew from ${firstHalf.heap.toFixed(1)} to ${secondHalf.heap.toFixed(1)} MiB`);
  if (secondHalf.rss > firstHalf.rss + RSS_GROWTH_MIB)
    problems.push(`the process grew from ${firstHalf.rss.toFixed(0)} to ${secondHalf.rss.toFixed(0)} MiB`);
  return { seed, seconds: passed(), rounds, events, steps: rounds * STEPS, firstHalf, secondHalf, problems };
}
