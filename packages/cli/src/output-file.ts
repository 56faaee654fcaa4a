import { lstatSync, writeFileSync } from 'node:fs';
import { ToolError } from '@kwind/x86/errors';
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
    const { message } = cause as NodeJS.ErrnoException;
    refuseFolder(pathOf(io, name), name, cause);
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

/** @throws ToolError io/unwritable when the user named a folder, as `shown`, for a file to write */
export function refuseFolder(path: string, shown: string, cause?: unknown): void {
  if (lstatSync(path, { throwIfNoEntry: false })?.isDirectory() !== true) return;
  throw new ToolError('io/unwritable', `${shown} is a directory.`, 'Name a file in it.', { cause });
}
