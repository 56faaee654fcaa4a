import { copyFileSync } from 'node:fs';
import type { TraceHeader, TraceWriter } from '@kwind/events';
import { boot, earlyIoremap, earlyIounmap, load } from '@kwind/kernel';
import { recordInto, Recorder } from '@kwind/recorder';
import { createTrace, type SqliteTraceWriter } from '@kwind/trace';
import { profile } from '@kwind/x86';

export const header: TraceHeader = {
  eventSchema: 1,
  profile: 'linux-6.1',
  options: ['nr_cpus=4'],
  source: { kind: 'script', name: 'fuzz.kws' },
  kernelVersion: '6.1.0',
  created: '2026-11-22T12:00:00.000Z',
  recordedBy: '0.1.0',
  notes: ['made for mutations'],
};

const EVENTS_A_BATCH = 150;
/** Checkpoints are due by the bytes of the log, which is short here: with this it counts for so much more. */
const LOG_COUNTS = 40;

/** A writer to which the policy gives a checkpoint every few small batches. */
export function eager(writer: SqliteTraceWriter): TraceWriter {
  return {
    append: (batch) => writer.append(batch),
    putCheckpoint: (checkpoint, parts) => writer.putCheckpoint(checkpoint, parts),
    get sinceCheckpoint() {
      const { logBytes, lastBytes } = writer.sinceCheckpoint;
      return { logBytes: logBytes * LOG_COUNTS, lastBytes };
    },
    finish: () => writer.finish(),
    abort: () => writer.abort(),
  };
}

/** A boot with some mappings in small batches, so that every table of the file has a few rows. */
export function writeBase(path: string, finished: boolean, mappings = 60): void {
  const writer = eager(createTrace(path, header, { force: true }));
  const recorder = new Recorder(profile(header.profile, header.options));
  recordInto(recorder, writer);
  const { machine } = recorder;
  boot(machine);
  for (let i = 0, flushed = 0; i < mappings; i++) {
    const size = BigInt(0x1000 + ((i * 7919) % 0x5000));
    const address = earlyIoremap(machine, BigInt(0xf0000 + i * 0x1234), size);
    if (address === null) continue;
    load(machine, address);
    earlyIounmap(machine, address, size);
    if (machine.position - flushed < EVENTS_A_BATCH) continue;
    recorder.flush();
    flushed = machine.position;
  }
  recorder.finish();
  if (finished) writer.finish();
  else writer.abort();
}

/** Only the file: a finished or aborted trace has nothing beside it. */
export const restore = (base: string, target: string): void => copyFileSync(base, target);
