// Feeds damaged input to everything that reads some. node test/fuzz/main.ts [--target NAME] [--seconds N] [--seed S]
// [--case N]; without --target all, one after another. Prints a line of JSON each; exit code 1 when something was found.
import { parseArgs } from 'node:util';
import { runTarget } from './run-target.ts';
import { targetNamed, targets } from './targets/index.ts';

const { values } = parseArgs({
  options: {
    target: { type: 'string' },
    seconds: { type: 'string', default: '600' },
    seed: { type: 'string', default: String(Date.now() % 1e9) },
    case: { type: 'string' },
  },
});
const chosen = values.target === undefined ? targets : [targetNamed(values.target)];
for (const { name } of chosen) {
  console.error(`${name}: ${values.seconds} s, seed ${values.seed}`);
  const report = await runTarget(name, {
    seed: Number(values.seed),
    seconds: Number(values.seconds),
    only: values.case === undefined ? undefined : Number(values.case),
  });
  console.log(JSON.stringify(report));
  if (report.findings.length > 0) process.exitCode = 1;
}
