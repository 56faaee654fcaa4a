// The long forms of the tests that look for what happens once in a thousand times: fuzzing, kills, the soak. One after the
// other, about 80 minutes of one core; test/README.md tells what each is.
//   npm run long -- [--seconds 600] [--rounds 200] [--soak 180] [--seed S] [--only NAME] [--keep FILE] [--write]
//   npm run long -- --quick                    about half an hour: 120 seconds, 100 rounds, a soak of 60 seconds
//   npm run long -- --from FILE [--write]      a table of results that were kept
// --keep adds the results to a file, a line of JSON each; --write puts the table into test/README.md.
import { spawn } from 'node:child_process';
import { appendFileSync, readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { rowOf, rowText, table, type Result } from './long/table.ts';

const root = fileURLToPath(new URL('..', import.meta.url));
const readme = `${root}/test/README.md`;
const [START, END] = ['<!-- long: npm run long -- --write replaces this table -->', '<!-- /long -->'];

const { values } = parseArgs({
  options: {
    quick: { type: 'boolean', default: false },
    seconds: { type: 'string' },
    rounds: { type: 'string' },
    soak: { type: 'string' },
    seed: { type: 'string', default: String(Date.now() % 1e9) },
    only: { type: 'string' },
    keep: { type: 'string' },
    from: { type: 'string' },
    write: { type: 'boolean', default: false },
  },
});

const usual = values.quick
  ? { seconds: '120', rounds: '100', soak: '60' }
  : { seconds: '600', rounds: '200', soak: '180' };
const { seconds = usual.seconds, rounds = usual.rounds, soak = usual.soak, seed } = values;
const fuzzed = ['trace', 'log', 'capture', 'script', 'languages', 'commands', 'rules'];
const killed = ['recording', 'checkpointing', 'closing', 'importing a log', 'importing a capture'];
const runs: readonly { readonly name: string; readonly args: readonly string[] }[] = [
  ...fuzzed.map((name) => ({
    name,
    args: ['test/fuzz/main.ts', '--target', name, '--seconds', seconds, '--seed', seed],
  })),
  ...killed.map((name) => ({
    name,
    args: ['test/durability/main.ts', '--job', name, '--rounds', rounds, '--seed', seed],
  })),
  { name: 'soak', args: ['--expose-gc', 'test/soak/main.ts', '--seconds', soak, '--seed', seed] },
];

/** Lines of JSON that a process prints. */
async function resultsOf(args: readonly string[]): Promise<readonly Result[]> {
  const child = spawn(process.execPath, args, { cwd: root, stdio: ['ignore', 'pipe', 'inherit'] });
  let out = '';
  child.stdout.on('data', (chunk: Buffer) => (out += chunk.toString()));
  await new Promise((resolve) => child.on('close', resolve));
  return linesOf(out);
}

const linesOf = (text: string): readonly Result[] =>
  text
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as Result);

/** What ended without a result: it broke before it could say what it found. */
const silent: string[] = [];

async function runAll(): Promise<readonly Result[]> {
  const results: Result[] = [];
  for (const { name, args } of runs.filter((run) => values.only === undefined || run.name === values.only)) {
    console.error(`${name} (seed ${seed})`);
    const found = await resultsOf(args);
    if (found.length === 0) silent.push(name);
    results.push(...found);
    // A row of the table each, so that a run that is stopped has said what it found.
    for (const one of found) console.error(rowText(one));
    if (values.keep !== undefined) for (const one of found) appendFileSync(values.keep, `${JSON.stringify(one)}\n`);
  }
  return results;
}

const results = values.from === undefined ? await runAll() : linesOf(readFileSync(values.from, 'utf8'));
const text = table(results);
console.log(text);
if (values.write) {
  const old = readFileSync(readme, 'utf8');
  const [before, rest] = [old.split(START, 1)[0]!, old.slice(old.indexOf(END))];
  writeFileSync(readme, `${before}${START}\n${text}\n${rest}`);
}
for (const one of results) for (const problem of rowOf(one).problems) console.error(problem);
for (const name of silent) console.error(`${name}: ended without a result`);
if (results.length === 0 || silent.length > 0 || results.some((one) => rowOf(one).problems.length > 0))
  process.exitCode = 1;
