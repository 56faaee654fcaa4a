import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PassThrough, Readable, Writable } from 'node:stream';
import { afterAll } from 'vitest';
import { main, type Io } from '@kwind/cli';

/** A stream that keeps what is written to it. */
class Collector extends Writable {
  readonly isTTY: boolean;
  readonly columns: number;
  #text = '';

  constructor(columns: number | undefined) {
    super();
    this.isTTY = columns !== undefined;
    this.columns = columns ?? 80;
  }
  get text(): string {
    return this.#text;
  }
  override _write(chunk: Buffer, _encoding: string, done: () => void): void {
    this.#text += chunk.toString();
    done();
  }
}

export interface RunOptions {
  readonly stdin?: string | Buffer;
  readonly env?: Readonly<Record<string, string>>;
  readonly cwd?: string;
  /** Both outputs into one, as on a terminal. */
  readonly merged?: boolean;
  /** Makes stdout and stderr a terminal of so many columns. */
  readonly columns?: number;
}
export interface Ran {
  readonly code: number;
  readonly out: string;
  readonly err: string;
  /** Lines of standard output. */
  readonly lines: readonly string[];
  /** Standard output as one JSON value. */
  json(): unknown;
}

export const TIME = Date.UTC(2026, 10, 22, 12, 0, 0);

/** Run a command line in this process, as a person would type it. */
export async function kwind(argv: readonly string[], options: RunOptions = {}): Promise<Ran> {
  const stdout = new Collector(options.columns);
  const stderr = options.merged === true ? stdout : new Collector(options.columns);
  const stdin = options.stdin === undefined ? new PassThrough().end() : Readable.from([options.stdin]);
  const io: Io = { stdout, stderr, stdin, env: options.env ?? {}, cwd: options.cwd ?? process.cwd(), now: () => TIME };
  const code = await main(argv, io);
  const out = stdout.text;
  return {
    code,
    out,
    err: stderr.text,
    lines: out.replace(/\n$/, '').split('\n'),
    json: () => JSON.parse(out) as unknown,
  };
}

/** A folder that goes away when the tests of the file are done. */
export function scratch(): string {
  const folder = mkdtempSync(join(tmpdir(), 'kwind-cli-'));
  afterAll(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}
