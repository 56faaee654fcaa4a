import { selectsOf } from './conditions.ts';
import { historyFunctions } from './functions.ts';
import { argumentsOf, wantedOf, type Wanted } from './narrow.ts';
import { historyTables } from './tables.ts';
import { isMark, isWord, nameOf, tokensOf, type Token } from './tokens.ts';
import { wide } from './values.ts';

interface Edit {
  readonly start: number;
  readonly end: number;
  readonly text: string;
}

const tables: ReadonlySet<string> = new Set(historyTables.map(({ name }) => name));
const allColumns: ReadonlySet<string> = new Set(historyTables.flatMap(({ columns }) => columns));
const narrowed: ReadonlySet<string> = new Set(
  historyTables.filter((table) => table.isNarrowed).map(({ name }) => name),
);
const comparisons = ['=', '==', '<', '<=', '>', '>=', '!=', '<>'];

/** Makes tables that SQLite can look into anywhere, and names them. */
interface Copying {
  of(table: string, columns: ReadonlySet<string>): string | undefined;
}

/**
 * A statement as SQLite gets it. It means the same, but tables are told which of their rows can matter, so that batches
 * without any are not unpacked; tables that are joined are copied, if there is somebody to copy them; and numbers beside
 * a column of addresses are written as such columns hold them.
 */
export function planned(sql: string, copies?: Copying): string {
  const tokens = tokensOf(sql);
  const edits = [...reads(tokens, copies), ...addresses(tokens)].toSorted((a, b) => a.start - b.start);
  const pieces: string[] = [];
  let done = 0;
  for (const { start, end, text } of edits) {
    pieces.push(sql.slice(done, start), text);
    done = end;
  }
  return pieces.join('') + sql.slice(done);
}

/** How the statement's tables are read: from a copy, or as far as their rows are wanted. */
function reads(tokens: readonly Token[], copies: Copying | undefined): Edit[] {
  const own = namesDefined(tokens);
  const data = usesData(tokens);
  const named = columnsNamed(tokens);
  const selects = selectsOf(tokens).map((select) => ({
    ...select,
    refs: select.refs.filter(({ table }) => tables.has(table) && !own.has(table)),
  }));
  const isJoined =
    selects.flatMap(({ refs }) => refs).length > 1 || selects.some((one) => one.refs.length > 0 && !one.isAlone);
  return selects.flatMap((select) =>
    select.refs.flatMap((ref) => {
      const { start, end } = ref.token;
      const wanted = wantedOf(select, ref, data);
      const copy = isJoined && !isFew(wanted) ? copies?.of(ref.table, named) : undefined;
      if (copy !== undefined) return [{ start, end, text: `"${copy}"${ref.isNamed ? '' : ` AS "${ref.table}"`}` }];
      return narrowed.has(ref.table) ? [{ start: end, end, text: `(${argumentsOf(wanted)})` }] : [];
    }),
  );
}

/** Whether a table is asked for so few of its rows that reading them again costs less than a copy. */
const isFew = ({ from, to }: Wanted): boolean => to - from <= 64;

/** The columns that a statement can look at, of whatever table. */
function columnsNamed(tokens: readonly Token[]): ReadonlySet<string> {
  const named = usesAll(tokens) ? allColumns : new Set(tokens.flatMap((token) => nameOf(token) ?? []));
  return new Set(['seq', ...allColumns].filter((column) => column === 'seq' || named.has(column)));
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

/** Whether a statement takes all columns of its tables, or all that two have in common. */
const usesAll = (tokens: readonly Token[]): boolean =>
  tokens.some(
    (token, i) =>
      isWord(token, 'NATURAL') ||
      (isMark(token, '*') && !(isWord(tokens[i - 2], 'COUNT') && isMark(tokens[i + 1], ')'))),
  );

/** Whether a statement can look at the fields of events. */
const usesData = (tokens: readonly Token[]): boolean =>
  usesAll(tokens) || tokens.some((token) => nameOf(token) === 'data');

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
