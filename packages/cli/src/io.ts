import type { Readable, Writable } from 'node:stream';

/** An output stream; the terminal's own have a width and may show colours. */
export type OutStream = Writable & { readonly isTTY?: boolean; readonly columns?: number };
export type InStream = Readable & { readonly isTTY?: boolean };

/** Everything of the outside world that a command sees, so that a test can be one. */
export interface Io {
  readonly stdout: OutStream;
  readonly stderr: OutStream;
  readonly stdin: InStream;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly cwd: string;
  /** Milliseconds since 1970, for the header of a recording. */
  readonly now: () => number;
}

export function processIo(): Io {
  const { stdout, stderr, stdin, env } = process;
  return { stdout, stderr, stdin, env, cwd: process.cwd(), now: () => Date.now() };
}
