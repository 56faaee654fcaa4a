// Kills recorders and importers at random moments. node test/durability/main.ts [--job NAME] [--rounds N] [--seed S]; without
// --job all. Prints a line of JSON each; exit code 1 when a file did not hold what it should.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { makeJobs } from './jobs.ts';
import { killRounds } from './kills.ts';

const { values } = parseArgs({
  options: {
    job: { type: 'string' },
    rounds: { type: 'string', default: '200' },
    seed: { type: 'string', default: String(Date.now() % 1e9) },
  },
});
const folder = mkdtempSync(join(tmpdir(), 'kwind-kills-'));
try {
  for (const job of makeJobs(folder).filter(({ name }) => values.job === undefined || name === values.job)) {
    console.error(`${job.name}: ${values.rounds} kills, seed ${values.seed}`);
    const tally = await killRounds(job, folder, Number(values.rounds), Number(values.seed));
    console.log(JSON.stringify(tally));
    if (tally.problems.length > 0) process.exitCode = 1;
  }
} finally {
  rmSync(folder, { recursive: true, force: true });
}
