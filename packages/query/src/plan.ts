import { selectsOf } from './conditions.ts';
import { historyFunctions } from './functions.ts';
import { argumentsOf, wantedOf } from './narrow.ts';
import { historyTables } from './tables.ts';
import { isMark, isWord, nameOf, tokensOf, type Token } from './tokens.ts';
import { wide } from './values.ts';

interface Edit {
  readonly start: number;
  readonly end: number;
  readonly text: string;
}

const narrowed: ReadonlySet<string> = new Set(
  historyTables.filter((table) => table.isNarrowed).map(({ name }) => name),
);
const comparisons = ['=', '==', '<', '<=', '>', '>=', '!=', '<>'];

/**
 * A statement as SQLite gets it. It means the same, but tables are told which of their rows can matter, so that batches
 * without any are not unpacked; and numbers beside a column of addresses are written as such columns hold them.
 */
export function planned(sql: string): string {
  const tokens = tokensOf(sql);
  const edits = [...narrowings(tokens), ...addresses(tokens)].toSorted((a, b) => b.start - a.start);
  return edits.reduce((text, { start, end, text: by }) => text.slice(0, start) + by + text.slice(end), sql);
}

function narrowings(tokens: readonly Token[]): Edit[] {
  const own = namesDefined(tokens);
  const data = usesData(tokens);
  return selectsOf(tokens).flatMap((select) =>
    select.refs
      .filter(({ table }) => narrowed.has(table) && !own.has(table))
      .map((ref) => {
        const { end } = ref.token;
        return { start: end, end, text: `(${argumentsOf(wantedOf(select, ref, data))})` };
      }),
  );
}

/** Names that WITH gives: such a table is not ours. */
function namesDefined(tokens: readonly Token[]): ReadonlySet<string> {
  const names = new Set<string>();
  for (const [i, token] of tokens.entries()) {
    if (!isWord(token, 'AS') || !(isMark(tokens[i + 1], '(') || isWord(tokens[i + 1], 'MATERIALIZED', 'NOT'))) continue;
    let at = i - 1;
    if (isMark(tokens[at], ')')) while (at > 0 && !(isMark(tokens[at], '(') && tokens[at]!.depth === token.depth)) at--;
    const name = nameOf(isMark(tokens[at], '(') ? tokens[at - 1] : tokens[at]);
    if (name !== undefined) names.add(name);
  }
  return names;
}

/** Whether a statement can look at the fields of events: it names them, or takes all columns. */
const usesData = (tokens: readonly Token[]): boolean =>
  tokens.some(
    (token, i) =>
      nameOf(token) === 'data' ||
      (isMark(token, '*') && !(isWord(tokens[i - 2], 'COUNT') && isMark(tokens[i + 1], ')'))),
  );

/** Columns that hold addresses in every table of the statement that has them. */
function addressColumns(tokens: readonly Token[]): ReadonlySet<string> {
  const mentioned = new Set(tokens.flatMap((token) => nameOf(token) ?? []));
  const tables = [...historyTables, ...historyFunctions].filter(({ name }) => mentioned.has(name));
  const all = new Set(tables.flatMap((table) => table.addresses));
  for (const { columns, addresses: wideOnes } of tables) {
    for (const column of columns) if (!wideOnes.includes(column)) all.delete(column);
  }
  return all;
}

function addresses(tokens: readonly Token[]): Edit[] {
  const columns = addressColumns(tokens);
  const isColumn = (at: number): boolean => columns.has(nameOf(tokens[at]) ?? '');
  const isCompared = (at: number): boolean => isMark(tokens[at], ...comparisons);
  const columnAfter = (at: number): boolean => isColumn(isMark(tokens[at + 1], '.') ? at + 2 : at);
  return tokens.flatMap((token, i) => {
    const value = valueOf(token);
    if (value === undefined) return [];
    const isBeside =
      (isCompared(i - 1) && isColumn(i - 2)) ||
      (isCompared(i + 1) && columnAfter(i + 2)) ||
      (isWord(tokens[i + 1], 'BETWEEN') && columnAfter(i + 2)) ||
      (isWord(tokens[i - 1], 'BETWEEN') && isColumn(i - 2)) ||
      (isWord(tokens[i - 1], 'AND') && isWord(tokens[i - 3], 'BETWEEN') && isColumn(i - 4)) ||
      isColumn(columnOfList(tokens, i));
    return isBeside ? [{ start: token.start, end: token.end, text: `'${wide(value)}'` }] : [];
  });
}

/** The number that a literal stands for when it is one of 64 bits. */
function valueOf({ kind, text }: Token): bigint | undefined {
  const isNumber =
    kind === 'number' ? /^(?:0x[0-9a-f]+|\d+)$/i.test(text) : kind === 'text' && /^0x[0-9a-f]{1,16}$/i.test(text);
  if (!isNumber) return undefined;
  const value = BigInt(text);
  return value < 1n << 64n ? value : undefined;
}

/** Where the column of `column IN (…, literal` stands, or −1. */
function columnOfList(tokens: readonly Token[], at: number): number {
  let i = at - 1;
  while (isMark(tokens[i], ',') || tokens[i]?.kind === 'number' || tokens[i]?.kind === 'text') i--;
  if (!isMark(tokens[i], '(') || !isWord(tokens[i - 1], 'IN')) return -1;
  return isWord(tokens[i - 2], 'NOT') ? i - 3 : i - 2;
}
