import { quoteText } from './text.ts';

/** How a number was written, and so how a result made from it is shown best. */
export type Show = 'hex' | 'dec';

export const binaryOperators = [
  '||',
  '&&',
  '|',
  '^',
  '&',
  '==',
  '!=',
  '<',
  '<=',
  '>',
  '>=',
  '<<',
  '>>',
  '+',
  '-',
  '*',
  '/',
  '%',
] as const;
export type BinaryOperator = (typeof binaryOperators)[number];
export type UnaryOperator = '!' | '~' | '-';

/** `at` and `end` are 0-based offsets in the text; `at` of a binary node is its operator, so that a caret points there. */
interface Place {
  readonly at: number;
  readonly start: number;
  readonly end: number;
}

export type Node = Place &
  (
    | { readonly kind: 'number'; readonly value: bigint; readonly show: Show }
    | { readonly kind: 'boolean'; readonly value: boolean }
    | { readonly kind: 'string'; readonly value: string }
    | { readonly kind: 'null' }
    | { readonly kind: 'name'; readonly name: string }
    | { readonly kind: 'call'; readonly name: string; readonly args: readonly Node[] }
    | { readonly kind: 'member'; readonly of: Node; readonly field: string }
    | { readonly kind: 'index'; readonly of: Node; readonly index: Node }
    | { readonly kind: 'unary'; readonly operator: UnaryOperator; readonly operand: Node }
    | { readonly kind: 'binary'; readonly operator: BinaryOperator; readonly left: Node; readonly right: Node }
  );

export type NodeOf<K extends Node['kind']> = Extract<Node, { kind: K }>;

/** A parsed expression; nothing about its names is known yet. */
export interface Expression {
  /** The text it was read from; the expression may be a part of it. */
  readonly text: string;
  readonly root: Node;
}

/** The expression's own part of its text. */
export const sourceOf = ({ text, root }: Expression): string => text.slice(root.start, root.end);

/** An expression made of one node of another: its operand, its argument. */
export const partOf = (whole: Expression, root: Node): Expression => ({ text: whole.text, root });

/** Binding strength, weakest first; the order is C's. */
export const precedence: Readonly<Record<BinaryOperator, number>> = {
  '||': 1,
  '&&': 2,
  '|': 4,
  '^': 5,
  '&': 6,
  '==': 7,
  '!=': 7,
  '<': 8,
  '<=': 8,
  '>': 8,
  '>=': 8,
  '<<': 9,
  '>>': 9,
  '+': 10,
  '-': 10,
  '*': 11,
  '/': 11,
  '%': 11,
};
/** `not` takes a whole comparison, as in Python; `!` takes the next operand only, as in C. */
export const NOT_PRECEDENCE = 3;
const UNARY_PRECEDENCE = 12;

function print(node: Node, outer: number): string {
  switch (node.kind) {
    case 'number':
      return node.show === 'hex' ? `0x${node.value.toString(16)}` : node.value.toString();
    case 'boolean':
      return String(node.value);
    case 'string':
      return quoteText(node.value);
    case 'null':
      return 'NULL';
    case 'name':
      return node.name;
    case 'call':
      return `${node.name}(${node.args.map((arg) => print(arg, 0)).join(', ')})`;
    case 'member':
      return `${print(node.of, UNARY_PRECEDENCE + 1)}.${node.field}`;
    case 'index':
      return `${print(node.of, UNARY_PRECEDENCE + 1)}[${print(node.index, 0)}]`;
    case 'unary':
      return wrap(`${node.operator}${print(node.operand, UNARY_PRECEDENCE)}`, UNARY_PRECEDENCE, outer);
    case 'binary': {
      const own = precedence[node.operator];
      const text = `${print(node.left, own)} ${node.operator} ${print(node.right, own + 1)}`;
      return wrap(text, own, outer);
    }
  }
}

const wrap = (text: string, own: number, outer: number): string => (own < outer ? `(${text})` : text);

/** The expression in its plainest spelling: C operators, no needless parentheses. Parsing it gives an equal tree. */
export const printExpression = ({ root }: Expression): string => print(root, 0);
