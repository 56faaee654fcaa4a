// Records without end into the file named in argv, writing after each batch how many events are committed, one a line.
import { writeSync } from 'node:fs';
import { argv } from 'node:process';
import { createTrace } from '../sqlite-writer.ts';
import { sampleBatches, sampleHeader } from './sample.ts';
import { sampleCheckpoint } from './write-sample.ts';

const [path, batch, events] = [argv[2]!, Number(argv[3]), Number(argv[4])];
const writer = createTrace(path, sampleHeader);
writeSync(1, '0\n');
let batches = 0;
for (const next of sampleBatches({ events, batch })) {
  writer.append(next);
  if (++batches % 50 === 0) writer.putCheckpoint(sampleCheckpoint(writer.length));
  writeSync(1, `${writer.committed}\n`);
}
writer.finish();
writeSync(1, `${writer.committed}\nfinished\n`);
