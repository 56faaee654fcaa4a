import type { Io, OutStream } from './io.ts';

/** The reader of our output went away (`| head`): the work ends, quietly and well. */
export class ClosedPipe extends Error {}

const CHUNK = 64 * 1024;

/** Writes text in pieces of some size, as fast as the other side takes them. */
export class Output {
  readonly #stream: OutStream;
  #pending: string[] = [];
  #size = 0;

  constructor(stream: OutStream) {
    this.#stream = stream;
  }

  /** Add a line; nothing leaves before {@link flush}. */
  add(line: string): void {
    this.#pending.push(line, '\n');
    this.#size += line.length + 1;
  }

  /** Write all lines of a list that may be long or slow to make. */
  async lines(lines: Iterable<string>): Promise<void> {
    for (const line of lines) {
      this.add(line);
      if (this.#size >= CHUNK) await this.flush();
    }
    await this.flush();
  }

  /** @throws ClosedPipe when nobody reads any more */
  async flush(): Promise<void> {
    if (this.#size === 0) return;
    const text = this.#pending.join('');
    this.#pending = [];
    this.#size = 0;
    await write(this.#stream, text);
  }
}

export function write(stream: OutStream, text: string): Promise<void> {
  if (stream.destroyed) return Promise.reject(new ClosedPipe());
  return new Promise((resolve, reject) => {
    stream.write(text, (error) => {
      if (!error) resolve();
      else reject((error as NodeJS.ErrnoException).code === 'EPIPE' ? new ClosedPipe() : error);
    });
  });
}

export const print = (io: Io, lines: Iterable<string>): Promise<void> => new Output(io.stdout).lines(lines);

/** For people, beside the data: notes, progress, what was left out. */
export const note = (io: Io, line: string): Promise<void> => write(io.stderr, `${line}\n`);

/** 64-bit quantities as hex strings: a JSON number would lose digits. */
const bigintsAsHex = (_key: string, value: unknown): unknown =>
  typeof value === 'bigint' ? `0x${value.toString(16)}` : value;

/** Controls that JSON lets stand, and terminals obey. */
const controls = /[\u007f-\u009f]/g; // oxlint-disable-line no-control-regex

const jsonText = (value: unknown, indent?: number): string =>
  JSON.stringify(value, bigintsAsHex, indent).replace(
    controls,
    (mark) => `\\u${mark.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );

export const jsonLine = (value: unknown): string => jsonText(value);

/** One object for a program: indented for a person who looks at it on a terminal, one line in a pipe. */
export async function printJson(io: Io, value: unknown): Promise<void> {
  await print(io, [jsonText(value, io.stdout.isTTY === true ? 2 : undefined)]);
}
