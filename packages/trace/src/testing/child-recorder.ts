// Records without end into the file named in argv, telling each time how many events are committed, one number a line.
import { writeSync } from 'node:fs';
import { argv } from 'node:process';
import { createTrace } from '../sqlite-writer.ts';
import { sampleBatches, sampleHeader } from './sample.ts';
import { sampleCheckpoint } from './write-sample.ts';

const pause = new Int32Array(new SharedArrayBuffer(4));

/** Waits for the parent where it is behind: the pipe does not block by itself. */
function tell(text: string): void {
  for (;;) {
    try {
      writeSync(1, text);
      return;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EAGAIN') throw error;
      Atomics.wait(pause, 0, 0, 1);
    }
  }
}

const [path, batch, events] = [argv[2]!, Number(argv[3]), Number(argv[4])];
const writer = createTrace(path, sampleHeader);
let told = 0;
let batches = 0;
tell('0\n');
for (const next of sampleBatches({ events, batch })) {
  writer.append(next);
  if (++batches % 50 === 0) writer.putCheckpoint(sampleCheckpoint(writer.length));
  if (writer.committed === told) continue;
  told = writer.committed;
  tell(`${told}\n`);
}
writer.finish();
tell(`${writer.committed}\n`);
