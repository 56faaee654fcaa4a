// node --expose-gc memory-child.ts record|replay|slow-sink SHAPE N TRACE [BOOT]: one process of memory.ts.
import { readFileSync, writeFileSync } from 'node:fs';
import { Recorder } from '@kwind/recorder';
import { openTrace } from '@kwind/trace';
import { profile, type KernelProfile } from '@kwind/x86';
import { concatMap } from 'rxjs';
import { keptBoot, realShape } from './real-shape.ts';
import { record, replay, sinkInto } from './subjects.ts';
import { stressBoot, type Workload } from './workload.ts';

const MIB = 1024 * 1024;
const [what, shape, length = '0', trace = '', boot = ''] = process.argv.slice(2);
const makeWork = (): Workload =>
  shape === 'stress' ? stressBoot(Number(length)) : realShape(keptBoot(boot), Number(length));

/** Replaying needs no workload, which would count as its memory. */
function profileOf(path: string): KernelProfile {
  const reader = openTrace(path);
  const { header } = reader;
  reader.close();
  return profile(header.profile, header.options);
}

/** Resident memory as the kernel counts it, now and at most. */
function resident(field: 'VmRSS' | 'VmHWM'): number {
  const line = new RegExp(`${field}:\\s+(\\d+) kB`).exec(readFileSync('/proc/self/status', 'utf8'));
  return Number(line?.[1]) / 1024;
}

/** What is alive, in MiB. */
function alive(): number {
  globalThis.gc!();
  const { heapUsed, external, arrayBuffers } = process.memoryUsage();
  return (heapUsed + Math.max(external, arrayBuffers)) / MIB;
}

const pause = (milliseconds: number): void =>
  void Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, milliseconds);

/** The most that is alive while batches go to a sink that takes 2 ms for each. */
function queueOf(work: Workload, attach: (recorder: Recorder) => void): number {
  const recorder = new Recorder(work.profile);
  const start = alive();
  let most = 0;
  attach(recorder);
  recorder.batches$.subscribe(() => (most = Math.max(most, alive() - start)));
  work.make(sinkInto(recorder.machine));
  recorder.finish();
  return most;
}

if (what === 'slow-sink') {
  const work = makeWork();
  console.log(queueOf(work, (recorder) => recorder.addSink(() => pause(2))));
  console.log(
    queueOf(work, (recorder) =>
      recorder.batches$
        .pipe(concatMap((batch) => new Promise((done) => setTimeout(() => done(batch.length), 2))))
        .subscribe(),
    ),
  );
} else {
  const subject = what === 'record' ? recordingOf(makeWork()) : replayOf(profileOf(trace));
  // What making the workload took, and its garbage, is not recording's: everything free goes back to the system.
  globalThis.gc!({ type: 'major', execution: 'sync', flavor: 'last-resort' });
  writeFileSync('/proc/self/clear_refs', '5');
  const before = resident('VmRSS');
  subject();
  console.log(resident('VmHWM'));
  console.log(before);
}

function recordingOf(work: Workload): () => void {
  return () => void record(`${trace}.memory`, work);
}
function replayOf(build: KernelProfile): () => void {
  return () => void replay(trace, build);
}
