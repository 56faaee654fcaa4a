import { writeFileSync } from 'node:fs';
import { ToolError } from '@kwind/x86';
import { pathOf } from './files.ts';
import type { Io } from './io.ts';

/**
 * Write a text to the file that the user named, over what was there.
 * @throws ToolError io/unwritable
 */
export function writeOutput(io: Io, name: string, text: string): void {
  try {
    writeFileSync(pathOf(io, name), text);
  } catch (cause) {
    const { code, message } = cause as NodeJS.ErrnoException;
    if (code === 'EISDIR')
      throw new ToolError('io/unwritable', `${name} is a directory.`, 'Name a file in it.', { cause });
    throw new ToolError(
      'io/unwritable',
      `${name} cannot be written: ${message}.`,
      'Check the folder and its permissions.',
      {
        cause,
      },
    );
  }
}
