// Records, replays and steps for a while and looks whether memory grows. node --expose-gc test/soak/main.ts [--seconds N]
// [--seed S]. Prints a line of JSON; exit code 1 when something was wrong.
import { parseArgs } from 'node:util';
import { soak } from './soak.ts';

const { values } = parseArgs({
  options: { seconds: { type: 'string', default: '180' }, seed: { type: 'string', default: String(Date.now() % 1e9) } },
});
const report = soak(Number(values.seconds), Number(values.seed));
console.log(JSON.stringify(report));
if (report.problems.length > 0) process.exitCode = 1;
