import { closeSync, constants, openSync, readSync } from 'node:fs';

const EVERY_MS = 20;
const CTRL_C = 3;
const ROOM = 256;

/**
 * Notices ^C while a search keeps this thread busy. At the prompt the terminal is in raw mode, where ^C is a character
 * and no signal, and nothing reads characters during a search; so the search asks for them itself, without waiting.
 */
export class Interrupts {
  readonly #terminal: number | undefined;
  readonly #buffer = Buffer.alloc(ROOM);
  #next = 0;
  #typed = '';

  constructor() {
    this.#terminal = openTerminal();
  }

  /** True once ^C was typed. What else was typed is kept for {@link takeTyped}. */
  shouldStop(): boolean {
    const now = performance.now();
    if (this.#terminal === undefined || now < this.#next) return false;
    this.#next = now + EVERY_MS;
    const typed = this.#read(this.#terminal);
    const at = typed.indexOf(CTRL_C);
    // As a terminal does: ^C throws away what was typed before it.
    this.#typed = at < 0 ? this.#typed + typed.toString('utf8') : '';
    return at >= 0;
  }

  /** Keys pressed during the search, for the prompt that follows. */
  takeTyped(): string {
    const typed = this.#typed;
    this.#typed = '';
    return typed;
  }

  close(): void {
    if (this.#terminal !== undefined) closeSync(this.#terminal);
  }

  #read(terminal: number): Buffer {
    try {
      return this.#buffer.subarray(0, readSync(terminal, this.#buffer, 0, ROOM, null));
    } catch {
      // EAGAIN: nothing was typed.
      return this.#buffer.subarray(0, 0);
    }
  }
}

function openTerminal(): number | undefined {
  try {
    return openSync('/dev/tty', constants.O_RDONLY | constants.O_NONBLOCK | constants.O_NOCTTY);
  } catch {
    return undefined;
  }
}
