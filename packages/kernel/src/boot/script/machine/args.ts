import { didYouMean } from '@kwind/x86';
import { ScriptError, type Place } from '../errors.ts';

/** A word of a machine description's line; texts stand in quotes or not. */
export interface Argument {
  readonly text: string;
  readonly quoted: boolean;
  readonly place: Place;
}

/** One line of a machine description, as written. */
export interface MachineLine {
  readonly word: string;
  readonly args: readonly Argument[];
  readonly place: Place;
}

const units: Readonly<Record<string, bigint>> = { '': 1n, K: 1n << 10n, M: 1n << 20n, G: 1n << 30n, T: 1n << 40n };
const numberPattern = /^(0x[0-9a-f][0-9a-f_]*|[0-9][0-9_]*)([KMGT]?)$/i;
const U64_END = 1n << 64n;

/** Takes the words of a line one after the other; every refusal names its place. */
export class Args {
  readonly #line: MachineLine;
  readonly #usage: string;
  #next = 0;

  constructor(line: MachineLine, usage: string) {
    this.#line = line;
    this.#usage = usage;
  }

  get left(): number {
    return this.#line.args.length - this.#next;
  }

  fail(what: string, hint = `Write ${this.#usage}.`): never {
    const at = this.#line.args[Math.min(this.#next, this.#line.args.length) - 1]?.place ?? this.#line.place;
    throw new ScriptError('script/syntax', at, what, hint);
  }

  text(what: string): string {
    const arg = this.#line.args[this.#next++];
    return arg ? arg.text : this.fail(`${this.#line.word} lacks ${what}.`);
  }

  /** @param what for messages: `a size` */
  number(what: string): bigint {
    const text = this.text(what);
    const match = numberPattern.exec(text);
    const value = match ? BigInt(match[1]!.replaceAll('_', '')) * units[match[2]!.toUpperCase()]! : U64_END;
    return value < U64_END
      ? value
      : this.fail(`"${text}" is not ${what}.`, 'Numbers are 0xf0000, 4096, 64K, 2M or 1G.');
  }

  oneOf<T extends string>(what: string, choices: readonly T[]): T {
    const text = this.text(what);
    const found = choices.find((choice) => choice === text);
    return (
      found ?? this.fail(`"${text}" is not ${what}.`, didYouMean(text, choices, `There are ${choices.join(', ')}.`))
    );
  }

  /** A start and a number of bytes: at least one, and not beyond the end of the address space. */
  range(): { readonly start: bigint; readonly size: bigint } {
    const start = this.number('a start address');
    const size = this.number('a number of bytes');
    if (size === 0n || start + size > U64_END) this.fail('this range is empty, or ends beyond 64 bits.');
    return { start, size };
  }

  end(): void {
    const extra = this.#line.args[this.#next];
    if (!extra) return;
    this.#next++;
    this.fail(`"${extra.text}" is too much here.`);
  }
}
