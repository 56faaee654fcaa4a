import { PassThrough, Readable, Writable } from 'node:stream';
import { main, type Io } from '@kwind/cli';
import { Finding } from './fuzzer.ts';

/** Everything but line feeds: escape sequences, and marks that reorder or hide text on a terminal. */
// oxlint-disable-next-line no-control-regex
const unsafe = /[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u202a-\u202e\u2066-\u2069]/;
/** Exit codes that a damaged input may give; 70 would be a bug of ours. */
const allowed: ReadonlySet<number> = new Set([0, 1, 2, 3, 4]);
const KEPT = 8 << 20;

/** Keeps the first megabytes of what is written to it. */
export class Text extends Writable {
  #pieces: string[] = [];
  #size = 0;

  get text(): string {
    return this.#pieces.join('');
  }
  clear(): void {
    this.#pieces = [];
    this.#size = 0;
  }
  override _write(chunk: Buffer, _encoding: string, done: () => void): void {
    if (this.#size < KEPT) this.#pieces.push(chunk.toString());
    this.#size += chunk.length;
    done();
  }
}

/** @throws Finding when a text would do more to a terminal than show letters */
export function expectSafe(text: string, what: string): void {
  const at = text.search(unsafe);
  if (at >= 0) throw new Finding(`${what} printed ${JSON.stringify(text.slice(Math.max(0, at - 40), at + 40))}`);
}

/**
 * Run a command line in this process and look at what every command owes: an exit code that is not our own fault, and
 * letters only.
 */
export async function runCli(argv: readonly string[], cwd: string, stdin: string | Buffer = ''): Promise<number> {
  const [stdout, stderr] = [new Text(), new Text()];
  const input = stdin === '' ? new PassThrough().end() : Readable.from([Buffer.from(stdin)]);
  const io: Io = { stdout, stderr, stdin: input, env: {}, cwd, now: () => 0 };
  const code = await main(argv, io);
  const what = `kwind ${argv.join(' ')}`;
  if (!allowed.has(code)) throw new Finding(`${what} ended with ${code}: ${stderr.text.slice(0, 2000)}`);
  // JSON for programs escapes C0 by itself, and is no text for a terminal: what is in a name stays in it.
  if (!argv.includes('--json')) expectSafe(stdout.text, what);
  expectSafe(stderr.text, what);
  return code;
}
