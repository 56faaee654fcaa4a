import { realpathSync } from 'node:fs';
import module from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { processIo, type Io } from './io.ts';

// Before anything big is loaded: with it the second start takes two thirds of the time of the first.
module.enableCompileCache();

/**
 * Run one command line (without `node` and the script).
 * @returns the exit code; never throws
 */
export async function main(argv: readonly string[], io: Io): Promise<number> {
  const { run } = await import('./run.ts');
  return run(argv, io);
}

/** True when this file, or the `kwind` command that wraps it, is what was started. */
function isEntry(): boolean {
  const started = process.argv[1];
  if (started === undefined) return false;
  const here = fileURLToPath(import.meta.url);
  const entries = [here, join(dirname(here), '..', 'bin', 'kwind.mjs')];
  try {
    return entries.includes(realpathSync(started));
  } catch {
    return false;
  }
}

if (isEntry()) {
  // Write errors are reported where the write is awaited; without a listener Node would print a stack and die.
  for (const stream of [process.stdout, process.stderr]) stream.on('error', () => {});
  process.exitCode = await main(process.argv.slice(2), processIo());
}
