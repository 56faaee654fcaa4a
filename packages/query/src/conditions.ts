import { isMark, isWord, nameOf, type Token } from './tokens.ts';

/** A table that a SELECT reads, by its own name. */
export interface TableRef {
  readonly table: string;
  readonly alias: string;
  /** The statement gives it that alias. */
  readonly isNamed: boolean;
  readonly token: Token;
}

/** `column op value` with a literal value; `between` and `in` have several. */
export interface Condition {
  /** Alias in front of the column, or undefined. */
  readonly of: string | undefined;
  readonly column: string;
  readonly op: string;
  readonly values: readonly Token[];
}

/** One SELECT with what it reads and what all of its rows must meet. */
export interface Select {
  readonly refs: readonly TableRef[];
  /** It reads nothing but the one table. */
  readonly isAlone: boolean;
  readonly conditions: readonly Condition[];
}

const clauses = ['WHERE', 'GROUP', 'HAVING', 'WINDOW', 'ORDER', 'LIMIT', 'UNION', 'INTERSECT', 'EXCEPT'];
const noAlias = [
  'ON',
  'USING',
  'LEFT',
  'RIGHT',
  'FULL',
  'OUTER',
  'INNER',
  'CROSS',
  'NATURAL',
  'JOIN',
  'INDEXED',
  'NOT',
];
const mirrored: Readonly<Record<string, string>> = { '<': '>', '>': '<', '<=': '>=', '>=': '<=', '=': '=', '==': '==' };

/** Each SELECT of a statement, inner ones too. */
export function selectsOf(tokens: readonly Token[]): readonly Select[] {
  return tokens.flatMap((token, i) => (isWord(token, 'SELECT') ? [selectAt(tokens, i)] : []));
}

function selectAt(tokens: readonly Token[], at: number): Select {
  const { depth } = tokens[at]!;
  const regions: Record<string, Token[]> = {};
  let clause = 'SELECT';
  for (let i = at + 1; i < tokens.length; i++) {
    const token = tokens[i]!;
    // A SELECT beside this one is another's: without this, a text of thousands would be gone through for each of them.
    if (token.depth < depth || (token.depth === depth && (isMark(token, ';') || isWord(token, 'SELECT')))) break;
    if (token.depth === depth && isWord(token, 'FROM', ...clauses)) {
      clause = token.text.toUpperCase();
      if (clause === 'UNION' || clause === 'INTERSECT' || clause === 'EXCEPT') break;
      continue;
    }
    (regions[clause] ??= []).push(token);
  }
  const from = regions['FROM'] ?? [];
  const refs = refsIn(from, depth);
  return {
    refs,
    isAlone: refs.length === 1 && !from.some((token) => isMark(token, '(', ',') || isWord(token, 'JOIN')),
    conditions: conditionsIn(regions['WHERE'] ?? [], depth),
  };
}

function refsIn(from: readonly Token[], depth: number): TableRef[] {
  const top = from.filter((token) => token.depth === depth);
  return top.flatMap((token, i) => {
    const table = nameOf(token);
    const begins = i === 0 || isMark(top[i - 1], ',') || isWord(top[i - 1], 'JOIN');
    if (!begins || table === undefined || isMark(top[i + 1], '(', '.')) return [];
    const named = isWord(top[i + 1], 'AS') ? top[i + 2] : top[i + 1];
    const alias = isWord(named, ...noAlias) ? undefined : nameOf(named);
    return [{ table, alias: alias ?? table, isNamed: alias !== undefined, token }];
  });
}

/** The halves of a chain of ANDs. None when there is anything in it that makes a half less than a must. */
function conditionsIn(where: readonly Token[], depth: number): Condition[] {
  if (where.some((token) => token.depth === depth && isWord(token, 'OR', 'CASE'))) return [];
  const terms: Token[][] = [[]];
  let isBetween = false;
  for (const token of where) {
    const isTop = token.depth === depth;
    if (isTop && isWord(token, 'AND') && !isBetween) terms.push([]);
    else terms.at(-1)!.push(token);
    if (isTop && isWord(token, 'AND')) isBetween = false;
    if (isTop && isWord(token, 'BETWEEN')) isBetween = true;
  }
  return terms.flatMap((term) => conditionOf(term) ?? []);
}

const isLiteral = (token: Token | undefined): token is Token => token?.kind === 'text' || token?.kind === 'number';

function conditionOf(term: readonly Token[]): Condition | undefined {
  const [first, op] = term;
  if (term.length >= 3 && isLiteral(first) && op?.kind === 'mark') {
    const turned = mirrored[op.text];
    const column = columnOf(term.slice(2));
    return turned !== undefined && column?.rest.length === 0
      ? { of: column.of, column: column.column, op: turned, values: [first] }
      : undefined;
  }
  const column = columnOf(term);
  if (!column) return undefined;
  const { rest } = column;
  const made = (name: string, values: readonly Token[]): Condition | undefined =>
    values.length > 0 && values.every(isLiteral)
      ? { of: column.of, column: column.column, op: name, values }
      : undefined;
  if (rest.length === 2 && rest[0]!.kind === 'mark') return made(rest[0]!.text, [rest[1]!]);
  if (rest.length === 2 && isWord(rest[0], 'LIKE', 'GLOB')) return made(rest[0]!.text.toLowerCase(), [rest[1]!]);
  if (rest.length === 4 && isWord(rest[0], 'BETWEEN') && isWord(rest[2], 'AND'))
    return made('between', [rest[1]!, rest[3]!]);
  if (isWord(rest[0], 'IN') && isMark(rest[1], '(') && isMark(rest.at(-1), ')')) {
    const inside = rest.slice(2, -1);
    return inside.every((token, i) => (i % 2 === 0 ? isLiteral(token) : isMark(token, ',')))
      ? made('in', inside.filter(isLiteral))
      : undefined;
  }
  return undefined;
}

function columnOf(
  term: readonly Token[],
): { of: string | undefined; column: string; rest: readonly Token[] } | undefined {
  const first = nameOf(term[0]);
  if (first === undefined) return undefined;
  if (!isMark(term[1], '.')) return { of: undefined, column: first, rest: term.slice(1) };
  const second = nameOf(term[2]);
  return second === undefined ? undefined : { of: first, column: second, rest: term.slice(3) };
}
