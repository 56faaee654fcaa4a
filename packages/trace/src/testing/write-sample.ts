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
      writer.putCheckpoint(sampleCheckpoint(writer.length));
  }
  writer.finish();
}

export const sampleCheckpoint = (position: number): { position: number; reducer: number; bytes: Uint8Array } => ({
  position,
  reducer: 3,
  bytes: Buffer.from(`state after ${position} events `.repeat(40)),
});
