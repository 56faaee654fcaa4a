import { spawn, spawnSync, type ChildProcess } from 'node:child_process';
import type { Writable } from 'node:stream';
import { fileURLToPath } from 'node:url';
import { join } from 'node:path';

const root = fileURLToPath(new URL('../..', import.meta.url));
const bridge = fileURLToPath(new URL('./terminal.py', import.meta.url));
const bin = join(root, 'packages', 'cli', 'bin', 'kwind.mjs');

/** Python's pty module makes the terminals of these tests. */
export const hasPty: boolean = spawnSync('python3', ['-c', 'import pty, os; os.waitstatus_to_exitcode']).status === 0;

export interface TerminalOptions {
  readonly columns?: number;
  readonly rows?: number;
  readonly cwd?: string;
  readonly env?: Readonly<Record<string, string>>;
}

const PATIENCE_MS = 20_000;

/** `kwind` with a person at a real terminal. */
export class Terminal {
  readonly #child: ChildProcess;
  readonly #ended: Promise<number>;
  #out = '';
  #read = 0;

  constructor(argv: readonly string[], { columns = 80, rows = 24, cwd, env = {} }: TerminalOptions = {}) {
    const command = ['python3', bridge, String(columns), String(rows), process.execPath, bin, ...argv] as const;
    this.#child = spawn(command[0], command.slice(1), {
      cwd,
      env: { PATH: process.env['PATH'] ?? '', TERM: 'xterm', LANG: 'C.UTF-8', ...env },
      stdio: ['pipe', 'pipe', 'inherit', 'pipe'],
    });
    this.#child.stdout!.setEncoding('utf8').on('data', (text: string) => (this.#out += text));
    this.#ended = new Promise((resolve) => this.#child.on('close', (code) => resolve(code ?? -1)));
  }

  /** All that was written since the last wait. */
  get unread(): string {
    return this.#out.slice(this.#read);
  }

  type(keys: string): void {
    this.#child.stdin!.write(keys);
  }

  resize(columns: number, rows: number): void {
    (this.#child.stdio[3] as Writable).write(`${columns} ${rows}\n`);
  }

  /** Wait until a text stands in what was written since the last wait; returns that, up to the text's end. */
  async see(text: string | RegExp): Promise<string> {
    const started = performance.now();
    for (;;) {
      const found = typeof text === 'string' ? indexOf(this.unread, text) : endOf(text.exec(this.unread));
      if (found >= 0) {
        const seen = this.unread.slice(0, found);
        this.#read += found;
        return seen;
      }
      if (performance.now() - started > PATIENCE_MS) {
        throw new Error(`the terminal never showed ${String(text)}, but ${JSON.stringify(this.unread)}`);
      }
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
  }

  /** Type a command and wait for the prompt behind its answer; returns the answer without colours and cursor keys. */
  async run(line: string): Promise<string> {
    this.type(`${line}\r`);
    await this.see('\n');
    return plain(await this.see(PROMPT)).replace(/\(kwind[^)]*\) $/, '');
  }

  /** The exit code, once the program has ended. */
  get ended(): Promise<number> {
    return this.#ended;
  }

  kill(): void {
    this.#child.kill('SIGKILL');
  }
}

export const PROMPT = /\(kwind \d+\.\d% #\d+\) /;

/** Without what moves the cursor and colours. */
export const plain = (text: string): string => text.replace(/\u001b\[[0-9;?]*[A-Za-z]/g, '').replaceAll('\r', ''); // oxlint-disable-line no-control-regex

const endOf = (match: RegExpExecArray | null): number => (match ? match.index + match[0].length : -1);
const indexOf = (where: string, text: string): number => {
  const at = where.indexOf(text);
  return at < 0 ? -1 : at + text.length;
};
