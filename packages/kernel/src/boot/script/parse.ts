import { defaultProfileName, didYouMean } from '@kwind/x86';
import { reservedWords } from '@kwind/state';
import type { ProfileStatement, Script, Statement, Word } from './ast.ts';
import type { Place } from './errors.ts';
import { MachineShelf } from './machine/shelf.ts';
import { keywords, specOf, specOfKeyword } from './statements/index.ts';
import { Cursor } from './tokenize.ts';

const MAX_NESTING = 32;
const callerPattern = /[A-Za-z_.$][\w.$]*(?:\+0x[0-9a-fA-F]+(?:\/0x[0-9a-fA-F]+)?)?/y;

/** Reads statements until the script, or a block, ends. */
class Parser {
  readonly #cursor: Cursor;
  readonly #machines = new MachineShelf();
  #nesting = 0;
  #nrStatements = 0;

  constructor(text: string, file: string) {
    this.#cursor = new Cursor(text, file);
  }

  script(): readonly Statement[] {
    const statements = this.#statements();
    if (this.#cursor.looksAt('}')) this.#cursor.fail('script/syntax', 'this } closes nothing.');
    return statements;
  }

  #statements(): Statement[] {
    const found: Statement[] = [];
    while (this.#cursor.next() && !this.#cursor.looksAt('}')) {
      found.push(this.#statement());
      this.#nrStatements++;
    }
    return found;
  }

  #block(): readonly Statement[] {
    const cursor = this.#cursor;
    const { place } = cursor;
    cursor.expect('{', 'before the statements to repeat');
    if (++this.#nesting > MAX_NESTING)
      cursor.fail('script/syntax', `blocks are nested more than ${MAX_NESTING} deep.`, '', place);
    const body = this.#statements();
    this.#nesting--;
    if (!cursor.take('}'))
      cursor.fail('script/syntax', 'this { is never closed.', 'Add } where the block ends.', place);
    return body;
  }

  #statement(): Statement {
    const { place } = this.#cursor;
    const spec = specOfKeyword(this.#cursor.peek());
    if (!spec) return this.#callOrAssignment(place);
    if (spec.kind === 'profile' && this.#nrStatements > 0) {
      this.#cursor.fail(
        'script/syntax',
        'profile must be the first statement.',
        'What ran before it would have run on another kernel.',
      );
    }
    const word = this.#cursor.word('a statement');
    if (this.#cursor.looksAt('=') && !this.#cursor.looksAt('==')) this.#refuseName(word);
    const statement = spec.read!({ cursor: this.#cursor, machines: this.#machines, block: () => this.#block() }, place);
    this.#cursor.end();
    return statement;
  }

  #refuseName(word: Word): never {
    return this.#cursor.fail(
      'script/name',
      `${word.text} is a word of the language.`,
      'Choose another name.',
      word.place,
    );
  }

  #callOrAssignment(place: Place): Statement {
    const cursor = this.#cursor;
    const target = this.#target();
    const value = cursor.expression();
    if (value.root.kind === 'call') {
      const callers = this.#callers();
      cursor.end();
      return { kind: 'call', ...(target && { target }), value, callers, place };
    }
    if (target) {
      cursor.end();
      return { kind: 'assign', target, value, place };
    }
    const word = value.root.kind === 'name' ? value.root.name : '';
    const otherwise =
      value.root.kind === 'binary'
        ? 'To check it, write expect in front.'
        : `A statement is a kernel call, NAME = VALUE, or begins with ${keywords.join(', ')}.`;
    const hint = didYouMean(word, keywords, otherwise);
    return cursor.fail('script/syntax', 'this is a value, not a statement.', hint, place);
  }

  /** `NAME =` at the start of a statement, if it stands there. */
  #target(): Word | undefined {
    const cursor = this.#cursor;
    if (!/^[A-Za-z_]\w*\s*=(?!=)/.test(cursor.rest)) return undefined;
    const target = cursor.word('a name');
    cursor.take('=');
    if (reservedWords.includes(target.text)) this.#refuseName(target);
    return target;
  }

  #callers(): readonly string[] {
    const cursor = this.#cursor;
    const callers: string[] = [];
    if (!cursor.take('@')) return callers;
    do callers.push(cursor.piece(callerPattern, 'a caller such as dmi_setup+0xfa').text);
    while (cursor.take('<'));
    return callers;
  }
}

/**
 * Read a boot script. Names and arguments are checked by checkScript(), when the kernel is known.
 *
 * @param file how messages, and the origin of events, name the script
 * @throws ScriptError script/syntax; script/name for an unknown profile or option
 */
export const parseScript = (text: string, file: string): Script => ({
  file,
  statements: new Parser(text, file).script(),
});

/** The kernel build that a script asks for, else the default one. */
export function scriptProfile({ statements }: Script): { readonly name: string; readonly options: readonly string[] } {
  const first = statements.find((one): one is ProfileStatement => one.kind === 'profile');
  return { name: first?.name ?? defaultProfileName, options: first?.options ?? [] };
}

/** A script in its plainest spelling. Parsing it gives an equal tree. */
export function printScript({ statements }: Script): string {
  return `${printStatements(statements, '')}\n`;
}

function printStatements(statements: readonly Statement[], indent: string): string {
  const block = (body: readonly Statement[]): string =>
    body.length === 0 ? '{ }' : `{\n${printStatements(body, `${indent}  `)}\n${indent}}`;
  return statements.map((one) => `${indent}${specOf(one.kind).print(one as never, block)}`).join('\n');
}
