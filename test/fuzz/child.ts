// One target for some time, in a process of its own: child.ts TARGET SEED SECONDS HEARTBEAT-FILE FROM [CASE]. The number of the
// case at hand stands in the heartbeat file, so that the parent sees a case that does not end; the report is the last
// line of standard output.
import { openSync, rmSync, mkdtempSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { argv } from 'node:process';
import { fuzz } from './fuzzer.ts';
import { targetNamed } from './targets/index.ts';

const [name, seed, seconds, heartbeat, from, only] = argv.slice(2);
const folder = mkdtempSync(join(tmpdir(), 'kwind-fuzz-'));
const beat = openSync(heartbeat!, 'w');
try {
  const report = await fuzz(targetNamed(name!), folder, {
    seed: Number(seed),
    seconds: Number(seconds),
    from: Number(from),
    only: only === undefined ? undefined : Number(only),
    onCase: (index) => void writeSync(beat, String(index).padStart(16), 0),
  });
  console.log(JSON.stringify(report));
} finally {
  rmSync(folder, { recursive: true, force: true });
}
