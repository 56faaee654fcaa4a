import { isAbsolute, join } from 'node:path';
import { existsSync, lstatSync, readFileSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';
import { STDIN } from './argv.ts';
import type { Io } from './io.ts';

/** A path as typed, seen from the command's own folder. */
export const pathOf = (io: Io, name: string): string =>
  isAbsolute(name) || io.cwd === process.cwd() ? name : join(io.cwd, name);

/** Bytes on disk of a trace, what its recorder has not merged yet included. */
export function sizeOnDisk(path: string): number {
  return ['', '-wal'].reduce(
    (sum, suffix) => sum + (lstatSync(path + suffix, { throwIfNoEntry: false })?.size ?? 0),
    0,
  );
}

/** `1.2 MiB`. */
export function bytesText(bytes: number): string {
  const units = ['bytes', 'KiB', 'MiB', 'GiB'];
  let [value, unit] = [bytes, 0];
  while (value >= 1024 && unit < units.length - 1) [value, unit] = [value / 1024, unit + 1];
  return unit === 0 ? `${bytes} bytes` : `${value.toFixed(1)} ${units[unit]}`;
}

const captureFiles = ['events.jsonl.gz', 'events.jsonl'];

/** For the folder of a capture, the file of its calls; any other name as it is. */
export function captureIn(io: Io, name: string): string {
  if (name === STDIN || lstatSync(pathOf(io, name), { throwIfNoEntry: false })?.isDirectory() !== true) return name;
  const found = captureFiles.find((file) => existsSync(join(pathOf(io, name), file)));
  return found === undefined ? name : join(name, found);
}

/**
 * A whole input, unpacked if it is gzip.
 * @throws ToolError io/unreadable
 */
export async function readInput(name: string, io: Io): Promise<Buffer> {
  const { ToolError } = await import('@kwind/x86/errors');
  try {
    const bytes = name === STDIN ? await readAll(io) : readFileSync(pathOf(io, name));
    return bytes[0] === 0x1f && bytes[1] === 0x8b ? gunzipSync(bytes) : bytes;
  } catch (cause) {
    const { code, message } = cause as NodeJS.ErrnoException;
    const shown = name === STDIN ? 'standard input' : name;
    if (code === 'ENOENT')
      throw new ToolError('io/unreadable', `${shown} does not exist.`, 'Check the name.', { cause });
    if (code === 'EISDIR')
      throw new ToolError('io/unreadable', `${shown} is a directory.`, 'Name a file in it.', { cause });
    if (code?.startsWith('Z'))
      throw new ToolError(
        'io/unreadable',
        `${shown} is a damaged gzip file: ${message}.`,
        'Fetch it again, or import what gunzip can still read.',
        { cause },
      );
    throw new ToolError('io/unreadable', `${shown} cannot be read: ${message}.`, '', { cause });
  }
}

async function readAll(io: Io): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of io.stdin) chunks.push(typeof chunk === 'string' ? Buffer.from(chunk) : (chunk as Buffer));
  return Buffer.concat(chunks);
}
