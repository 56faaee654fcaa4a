import { existsSync, rmSync } from 'node:fs';
import { writePlainTables } from '@kwind/query';
import { openTrace } from '@kwind/trace';
import { ToolError } from '@kwind/x86/errors';
import { STDOUT } from '../argv.ts';
import { exitCodes, UsageError } from '../exit-code.ts';
import { pathOf } from '../files.ts';
import type { Io } from '../io.ts';
import { note } from '../output.ts';
import { refuseFolder } from '../output-file.ts';
import { count } from '../render/table.ts';

export interface PlainOptions {
  readonly trace: string;
  readonly output?: string | undefined;
  readonly force: boolean;
}

/** `export --to sqlite`: the tables of `kwind sql` as ordinary ones, in a database of their own. */
export async function exportPlain(io: Io, { trace, output, force }: PlainOptions): Promise<number> {
  if (output === undefined || output === STDOUT)
    throw new UsageError('a database cannot be written to standard output.', 'Name a file with --output.');
  const path = pathOf(io, output);
  if (path === pathOf(io, trace)) throw new UsageError(`${output} is the trace itself.`, 'Name another file.');
  const reader = openTrace(pathOf(io, trace));
  try {
    refuseFolder(path, output);
    if (existsSync(path) && !force)
      throw new ToolError(
        'io/unwritable',
        `${output} exists already.`,
        'Choose another name, or replace it with --force.',
      );
    write(() => {
      rmSync(path, { force: true });
      writePlainTables(reader, path);
    }, output);
    await note(io, `${output}: ${count(reader.length, 'event')}`);
  } finally {
    reader.close();
  }
  return exitCodes.ok;
}

function write(work: () => void, name: string): void {
  try {
    work();
  } catch (cause) {
    // The library has a TypeError for a folder that does not exist.
    if (!(cause instanceof Error) || !('code' in cause || cause instanceof TypeError)) throw cause;
    throw new ToolError(
      'io/unwritable',
      `${name} cannot be written: ${cause.message}.`,
      'Check the folder and its permissions.',
      { cause },
    );
  }
}
