import type { Io } from './io.ts';

const EVERY_MS = 100;
/** A step that ends sooner shows nothing. */
const SILENT_MS = 200;

/** One line on stderr that overwrites itself; nothing where stderr is no terminal. */
export class Progress {
  readonly #io: Io;
  readonly #what: string;
  #next: number;
  #shown = 0;

  constructor(io: Io, what: string) {
    this.#io = io;
    this.#what = what;
    this.#next = io.stderr.isTTY === true ? io.now() + SILENT_MS : Infinity;
  }

  at(done: number, total?: number): void {
    const now = this.#io.now();
    if (now < this.#next) return;
    this.#next = now + EVERY_MS;
    const share = total === undefined || total === 0 ? '' : ` ${Math.floor((100 * done) / total)}%`;
    this.#draw(`${this.#what}${share} (${done.toLocaleString('en-US')} events)`);
  }

  /** Take the line away. */
  end(): void {
    if (this.#shown > 0) this.#io.stderr.write(`\r${' '.repeat(this.#shown)}\r`);
    this.#shown = 0;
    this.#next = Infinity;
  }

  #draw(text: string): void {
    const line = text.slice(0, (this.#io.stderr.columns ?? 80) - 1);
    this.#io.stderr.write(`\r${line.padEnd(this.#shown)}`);
    this.#shown = line.length;
  }
}
