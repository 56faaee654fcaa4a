import {
  NOT_PRECEDENCE,
  precedence,
  type BinaryOperator,
  type Expression,
  type Node,
  type UnaryOperator,
} from './ast.ts';
import { failIn, type Fail } from './errors.ts';
import { tokenAt, type Token } from './tokens.ts';

/** Longer texts and deeper trees than these are refused, so that no input can exhaust the stack. */
const MAX_LENGTH = 10_000;
const MAX_DEPTH = 200;

const synonyms: Readonly<Record<string, BinaryOperator>> = { and: '&&', or: '||' };
const constants = new Map<string, { kind: 'boolean'; value: boolean } | { kind: 'null' }>([
  ['true', { kind: 'boolean', value: true }],
  ['false', { kind: 'boolean', value: false }],
  ['NULL', { kind: 'null' }],
  ['null', { kind: 'null' }],
]);
const reserved = new Set(['and', 'or', 'not']);

/** Words that cannot be names, because the language reads them otherwise. */
export const reservedWords: readonly string[] = [...reserved, ...constants.keys()];

/** Recursive descent with precedence climbing. Keeps the depth of each tree it builds, and refuses a too deep one. */
class Parser {
  readonly text: string;
  readonly fail: Fail;
  readonly #limit: number;
  #token: Token;
  #open = 0;
  /** Depth of nodes; a leaf has none. */
  readonly #depths = new WeakMap<Node, number>();

  constructor(text: string, from: number) {
    this.text = text;
    this.fail = failIn(text);
    this.#limit = from + MAX_LENGTH;
    this.#token = this.#read(from);
  }

  get token(): Token {
    return this.#token;
  }

  expression(weakest: number): Node {
    this.#enter();
    let left = this.#prefix(weakest);
    for (let operator = this.#operator(); operator && precedence[operator] >= weakest; operator = this.#operator()) {
      const at = this.#take().at;
      const right = this.expression(precedence[operator] + 1);
      left = this.#node({ kind: 'binary', operator, left, right, at, start: left.start, end: right.end }, left, right);
    }
    this.#open--;
    return left;
  }

  /** Stops the descent; the tree's own depth is limited where a node is made. */
  #enter(): void {
    if (++this.#open > MAX_DEPTH) this.#tooDeep(this.#token.at);
  }

  #tooDeep(at: number): never {
    return this.fail('expression/syntax', at, `this is nested more than ${MAX_DEPTH} levels deep.`, 'Split it.');
  }

  #node(node: Node, ...parts: readonly Node[]): Node {
    const depth = Math.max(0, ...parts.map((part) => this.#depths.get(part) ?? 0)) + 1;
    if (depth > MAX_DEPTH) this.#tooDeep(node.at);
    this.#depths.set(node, depth);
    return node;
  }

  #take(): Token {
    const taken = this.#token;
    this.#token = this.#read(taken.end);
    return taken;
  }

  #read(from: number): Token {
    const token = tokenAt(this.text, from, this.fail);
    // What ends the expression is not part of it any more.
    if (token.kind !== 'end' && token.end > this.#limit) {
      this.fail('expression/syntax', this.#limit, `an expression may have ${MAX_LENGTH} characters.`, 'Split it.');
    }
    return token;
  }

  #is(symbol: string): boolean {
    return this.#token.kind === 'symbol' && this.#token.text === symbol;
  }

  #operator(): BinaryOperator | undefined {
    const { kind } = this.#token;
    if (kind !== 'symbol' && kind !== 'word') return undefined;
    const text = kind === 'word' ? (synonyms[this.#token.text] ?? '') : this.#token.text;
    return Object.hasOwn(precedence, text) ? (text as BinaryOperator) : undefined;
  }

  #prefix(weakest: number): Node {
    const token = this.#token;
    if (token.kind === 'word' && token.text === 'not') {
      if (weakest > NOT_PRECEDENCE) {
        this.fail(
          'expression/syntax',
          token.at,
          'not takes all that follows, so it cannot stand after an operator.',
          'Write !, or put parentheses around it.',
        );
      }
      this.#take();
      return this.#unary('!', token.at, this.expression(NOT_PRECEDENCE));
    }
    if (token.kind === 'symbol' && (token.text === '!' || token.text === '~' || token.text === '-')) {
      this.#take();
      this.#enter();
      const operand = this.#prefix(Number.POSITIVE_INFINITY);
      this.#open--;
      return this.#unary(token.text, token.at, operand);
    }
    return this.#postfix(this.#primary());
  }

  #unary(operator: UnaryOperator, at: number, operand: Node): Node {
    return this.#node({ kind: 'unary', operator, operand, at, start: at, end: operand.end }, operand);
  }

  #postfix(primary: Node): Node {
    let node = primary;
    for (;;) {
      if (this.#is('.')) {
        this.#take();
        const field = this.#token;
        if (field.kind !== 'word') this.#unexpected('the name of a field');
        this.#take();
        node = this.#node(
          { kind: 'member', of: node, field: field.text, at: field.at, start: node.start, end: field.end },
          node,
        );
      } else if (this.#is('[')) {
        const { at } = this.#take();
        const index = this.expression(0);
        const { end } = this.#close(']', at);
        node = this.#node({ kind: 'index', of: node, index, at: index.start, start: node.start, end }, node, index);
      } else return node;
    }
  }

  #primary(): Node {
    const token = this.#token;
    const place = { at: token.at, start: token.at, end: token.end };
    if (token.kind === 'number') return this.#leaf({ kind: 'number', value: token.value, show: token.show, ...place });
    if (token.kind === 'string') return this.#leaf({ kind: 'string', value: token.value, ...place });
    if (token.kind === 'symbol' && token.text === '(') {
      this.#take();
      const inner = this.expression(0);
      const { end } = this.#close(')', token.at);
      // A tree keeps its depth when its place grows by the parentheses.
      return this.#node({ ...inner, start: token.at, end }, inner);
    }
    if (token.kind !== 'word' || reserved.has(token.text)) return this.#unexpected('a value');
    const constant = constants.get(token.text);
    if (constant) return this.#leaf({ ...constant, ...place });
    this.#take();
    if (this.#is('(')) return this.#call(token.text, token.at);
    return { kind: 'name', name: token.text, ...place };
  }

  #leaf(node: Node): Node {
    this.#take();
    return node;
  }

  #call(name: string, at: number): Node {
    const open = this.#take().at;
    const args: Node[] = [];
    while (!this.#is(')')) {
      if (args.length > 0) {
        if (!this.#is(',')) this.#close(')', open);
        this.#take();
      }
      args.push(this.expression(0));
    }
    const { end } = this.#close(')', open);
    return this.#node({ kind: 'call', name, args, at, start: at, end }, ...args);
  }

  #close(bracket: string, open: number): Token {
    if (this.#is(bracket)) return this.#take();
    return this.#unexpected(`${bracket} for the ${this.text[open]} of column ${open + 1}`);
  }

  #unexpected(wanted: string): never {
    return unexpected(this.fail, this.#token, wanted);
  }
}

function unexpected(fail: Fail, token: Token, wanted: string): never {
  const written = 'text' in token ? token.text : token.kind === 'string' ? 'a string' : String(token.value);
  const found = written === '' ? 'the text ends' : `${token.kind === 'string' ? written : `"${written}"`} stands`;
  const hint = written === '=' ? 'To compare, write ==.' : '';
  return fail('expression/syntax', token.at, `${found} where ${wanted} should be.`, hint);
}

/**
 * Read the expression that starts at `from`, as far as it goes.
 * @returns the expression and the offset of the first character that is not part of it
 * @throws ExpressionError expression/syntax
 */
export function parseExpressionAt(
  text: string,
  from: number,
): { readonly expression: Expression; readonly end: number } {
  const parser = new Parser(text, from);
  const root = parser.expression(0);
  return { expression: { text, root }, end: parser.token.at };
}

/**
 * Read a text that is one expression.
 * @throws ExpressionError expression/syntax with the column of the first thing that does not fit
 */
export function parseExpression(text: string): Expression {
  const { expression, end } = parseExpressionAt(text, 0);
  if (end === text.length) return expression;
  return unexpected(failIn(text), tokenAt(text, end, failIn(text)), 'an operator or the end');
}
