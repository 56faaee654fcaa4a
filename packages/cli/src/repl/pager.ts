import { spawnSync } from 'node:child_process';
import { closeSync, openSync, readSync } from 'node:fs';
import { ReadStream, WriteStream } from 'node:tty';
import type { Io } from '../io.ts';
import { columnsOf, paintFor } from '../terminal.ts';

/** What git gives less as well: leave when all fits, keep colours and the screen. */
const pagerDefaults = { LESS: 'FRX', LV: '-c' };
const NOT_FOUND = 127;
const HINT = '--More--  space: a page, Enter: a line, c: all, q: leave';

/** Shows long answers on a terminal a screen at a time: through $PAGER, or by itself where none is set. */
export class Pager {
  readonly #io: Io;
  readonly #stdin: ReadStream;
  readonly #stdout: WriteStream;
  #program: string | undefined;

  private constructor(io: Io, stdin: ReadStream, stdout: WriteStream) {
    this.#io = io;
    this.#stdin = stdin;
    this.#stdout = stdout;
    this.#program = io.env['PAGER']?.trim();
  }

  /** None without a terminal, and none for a person who has set PAGER to nothing or to cat. */
  static for(io: Io): Pager | undefined {
    const program = io.env['PAGER']?.trim();
    if (program === '' || program === 'cat') return undefined;
    if (!(io.stdin instanceof ReadStream) || !(io.stdout instanceof WriteStream)) return undefined;
    return new Pager(io, io.stdin, io.stdout);
  }

  /** False when the lines fit on the screen; nothing is shown then. */
  show(lines: readonly string[]): boolean {
    const { rows, columns } = this.#size();
    let used = 0;
    if (lines.every((line) => (used += rowsOf(line, columns)) < rows)) return false;
    if (this.#program === undefined || !this.#spawn(this.#program, lines)) this.#more(lines);
    return true;
  }

  /** As it is now: while a search or a pager keeps this thread busy, nobody tells of a new size. */
  #size(): { readonly rows: number; readonly columns: number } {
    const fresh = new WriteStream(openSync('/dev/tty', 'r+'));
    const { rows, columns } = fresh;
    fresh.destroy();
    return { rows: rows > 1 ? rows : 24, columns: columns > 0 ? columns : 80 };
  }

  #spawn(program: string, lines: readonly string[]): boolean {
    const env = { ...pagerDefaults, ...this.#io.env };
    // ^C goes to the whole group: it is the pager's to answer.
    const ignore = (): void => {};
    process.on('SIGINT', ignore);
    try {
      return this.#inMode(false, () => {
        const input = `${lines.join('\n')}\n`;
        const ran = spawnSync(program, { shell: true, input, stdio: ['pipe', 'inherit', 'inherit'], env });
        if (ran.status !== NOT_FOUND) return true;
        this.#program = undefined;
        return false;
      });
    } finally {
      // The signal of a ^C in the pager is delivered only after this turn of the loop.
      setTimeout(() => process.off('SIGINT', ignore), 100).unref();
    }
  }

  #more(lines: readonly string[]): void {
    this.#inMode(true, () => {
      let { rows, columns } = this.#size();
      let room = rows - 1;
      for (const [i, line] of lines.entries()) {
        const need = rowsOf(line, columns);
        if (i > 0 && need > room) {
          const answer = this.#ask(columns);
          if (answer === 'leave') return;
          ({ rows, columns } = this.#size());
          room = answer === 'all' ? Infinity : answer === 'line' ? need : rows - 1;
        }
        this.#stdout.write(`${line}\n`);
        room -= need;
      }
    });
  }

  #ask(columns: number): Answer {
    const hint = HINT.slice(0, columns - 1);
    this.#stdout.write(paintFor(this.#io)('bold', hint));
    const tty = openSync('/dev/tty', 'r');
    try {
      for (;;) {
        const answer = answerTo(readKey(tty));
        if (answer !== undefined) return answer;
      }
    } finally {
      closeSync(tty);
      this.#stdout.write(`\r${' '.repeat(hint.length)}\r`);
    }
  }

  #inMode<T>(raw: boolean, work: () => T): T {
    const before = this.#stdin.isRaw;
    this.#stdin.setRawMode(raw);
    try {
      return work();
    } finally {
      this.#stdin.setRawMode(before);
    }
  }
}

const rowsOf = (line: string, columns: number): number => Math.max(1, Math.ceil(columnsOf(line) / columns));

/** Waits for a key; one that sends several bytes comes as one text. */
function readKey(tty: number): string {
  const buffer = Buffer.alloc(16);
  const size = readSync(tty, buffer, 0, buffer.length, null);
  // The terminal is gone.
  return size === 0 ? 'q' : buffer.toString('latin1', 0, size);
}

type Answer = 'page' | 'line' | 'all' | 'leave';

const answers: readonly (readonly [RegExp, Answer])[] = [
  // q, Q, ^C, ^D
  [/^[qQ\u0003\u0004]/, 'leave'], // oxlint-disable-line no-control-regex
  [/^[cG]/, 'all'],
  // Enter, j, arrow down
  [/^(?:[\r\nj]|\u001b\[B|\u001bOB)/, 'line'], // oxlint-disable-line no-control-regex
  // space, f, page down
  [/^(?:[ f]|\u001b\[6~)/, 'page'], // oxlint-disable-line no-control-regex
];

const answerTo = (key: string): Answer | undefined => answers.find(([pattern]) => pattern.test(key))?.[1];
