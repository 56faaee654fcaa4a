import { createTrace, type WriterOptions } from '../sqlite-writer.ts';
import { sampleBatches, sampleHeader, type SampleShape } from './sample.ts';

export interface SampleOptions extends SampleShape, WriterOptions {
  /** A checkpoint of some bytes after each so many batches. */
  readonly checkpointEach?: number;
}

/** Record a sample to its end. */
export function writeSample(path: string, options: SampleOptions): void {
  const writer = createTrace(path, sampleHeader, options);
  let batches = 0;
  for (const batch of sampleBatches(options)) {
    writer.append(batch);
    batches++;
    if (options.checkpointEach && batches % options.checkpointEach === 0)
      writer.putCheckpoint(sampleCheckpoint(writer.length), sampleParts(writer.length));
  }
  writer.finish();
}

/** Part 0 changes each time, part 1 every other time. */
export const sampleParts = (position: number): { part: number; bytes: Uint8Array }[] =>
  [0, 1]
    .slice(0, 1 + (Math.floor(position / 1000) % 2))
    .map((part) => ({ part, bytes: Buffer.from(`part ${part} at ${position} `.repeat(30)) }));

export const sampleCheckpoint = (position: number): { position: number; reducer: number; bytes: Uint8Array } => ({
  position,
  reducer: 3,
  bytes: Buffer.from(`state after ${position} events `.repeat(40)),
});
