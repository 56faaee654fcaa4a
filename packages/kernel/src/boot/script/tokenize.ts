import { parseExpressionAt, textAt, type Expression } from '@kwind/state';
import type { Word } from './ast.ts';
import { inScript, ScriptError, type Place, type ScriptErrorCode } from './errors.ts';

/** Where the comment of a line starts, or its length: `#` or `//` outside of a text. */
function endOfCode(line: string): number {
  let quote = '';
  for (let i = 0; i < line.length; i++) {
    const char = line[i]!;
    if (quote !== '') {
      if (char === '\\') i++;
      else if (char === quote) quote = '';
    } else if (char === '"' || char === "'") quote = char;
    else if (char === '#' || line.startsWith('//', i)) return i;
  }
  return line.length;
}

const blanks = /[\s\uFEFF]*/y;
const wordPattern = /[A-Za-z_]\w*/y;

/**
 * Reads a script from left to right, a line at a time. A statement ends with its line, at `;`, and before `}`.
 * Expressions are read by their own parser, from the line as it stands, so that columns are right.
 */
export class Cursor {
  readonly file: string;
  readonly #lines: readonly string[];
  #line = 0;
  #at = 0;
  /** The current line without its comment. */
  #code = '';

  constructor(text: string, file: string) {
    this.file = file;
    this.#lines = text.split(/\r\n|\r|\n/);
    this.#enter(0);
  }

  #enter(line: number): void {
    this.#line = line;
    this.#at = 0;
    const source = this.#lines[line] ?? '';
    this.#code = source.slice(0, endOfCode(source));
    this.#skipBlanks();
  }

  #skipBlanks(): void {
    blanks.lastIndex = this.#at;
    this.#at += blanks.exec(this.#code)![0].length;
  }

  #advance(to: number): void {
    this.#at = to;
    this.#skipBlanks();
  }

  /** The place where reading goes on. */
  get place(): Place {
    return { file: this.file, line: this.#line + 1, column: this.#at + 1, source: this.#lines[this.#line] ?? '' };
  }

  fail(code: ScriptErrorCode, what: string, hint = '', place: Place = this.place): never {
    throw new ScriptError(code, place, what, hint);
  }

  /** Go to the next statement; false at the end of the script. */
  next(): boolean {
    for (;;) {
      if (this.take(';')) continue;
      if (this.#at < this.#code.length) return true;
      if (this.#line + 1 >= this.#lines.length) return false;
      this.#enter(this.#line + 1);
    }
  }

  /** True at the end of a statement. */
  get ended(): boolean {
    const char = this.#code[this.#at];
    return char === undefined || char === ';' || char === '}';
  }

  /** What is left of the line, without its comment. */
  get rest(): string {
    return this.#code.slice(this.#at);
  }

  looksAt(symbol: string): boolean {
    return this.#code.startsWith(symbol, this.#at);
  }

  take(symbol: string): boolean {
    if (!this.looksAt(symbol)) return false;
    this.#advance(this.#at + symbol.length);
    return true;
  }

  expect(symbol: string, where: string): void {
    if (!this.take(symbol)) this.fail('script/syntax', `${this.#found()} where ${symbol} should be, ${where}.`);
  }

  #match(pattern: RegExp): RegExpExecArray | null {
    pattern.lastIndex = this.#at;
    return pattern.exec(this.#code);
  }

  /** The word that stands here, without taking it. */
  peek(): string {
    return this.#match(wordPattern)?.[0] ?? '';
  }

  /** The word after this one. */
  peekSecond(): string {
    return /^[A-Za-z_]\w*\s+([A-Za-z_]\w*)/.exec(this.rest)?.[1] ?? '';
  }

  word(what: string): Word {
    const text = this.peek();
    if (text === '') this.fail('script/syntax', `${this.#found()} where ${what} should be.`);
    const { place } = this;
    this.#advance(this.#at + text.length);
    return { text, place };
  }

  /** Whatever matches the sticky `pattern`, or an error that names `what`. */
  piece(pattern: RegExp, what: string): Word {
    const text = this.#match(pattern)?.[0] ?? '';
    if (text === '') this.fail('script/syntax', `${this.#found()} where ${what} should be.`);
    const { place } = this;
    this.#advance(this.#at + text.length);
    return { text, place };
  }

  /** A quoted text, or undefined when none stands here. */
  quoted(): string | undefined {
    if (!this.looksAt('"') && !this.looksAt("'")) return undefined;
    const found = textAt(this.#code, this.#at);
    if (!found)
      return this.fail(
        'script/syntax',
        'the text that starts here does not end on this line.',
        'Close it with the same quote.',
      );
    this.#advance(found.end);
    return found.value;
  }

  expression(): Expression {
    const { place } = this;
    const { expression, end } = inScript(place, () => parseExpressionAt(this.#code, this.#at));
    this.#advance(end);
    return expression;
  }

  /** @throws ScriptError script/syntax unless the statement ends here */
  end(): void {
    if (!this.ended)
      this.fail(
        'script/syntax',
        `${this.#found()} where the statement should end.`,
        this.looksAt('=') ? 'To compare, write ==.' : '',
      );
  }

  #found(): string {
    const rest = this.rest;
    if (rest === '') return 'the line ends';
    return `"${/^(?:[\w$]+|[^\w\s])/.exec(rest)?.[0] ?? rest[0]}" stands`;
  }
}
