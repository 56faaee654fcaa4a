/** A piece of SQL. `word` is upper case for a bare word, the name itself for a quoted one. */
export interface Token {
  readonly kind: 'word' | 'name' | 'text' | 'number' | 'mark';
  /** As written, but for names and texts without their quotes. */
  readonly text: string;
  readonly start: number;
  readonly end: number;
  /** Brackets open around it; a bracket itself lies outside. */
  readonly depth: number;
}

const patterns: readonly (readonly [Token['kind'] | 'gap', RegExp])[] = [
  ['gap', /[ \t\n\f\r\ufeff]+|--[^\n]*|\/\*[\s\S]*?(?:\*\/|$)/y],
  ['text', /'(?:[^']|'')*'/y],
  ['name', /"(?:[^"]|"")*"|`(?:[^`]|``)*`|\[[^\]]*\]/y],
  ['number', /0x[0-9a-f]+|\d+(?:\.\d*)?(?:e[+-]?\d+)?|\.\d+(?:e[+-]?\d+)?/iy],
  // For SQLite all beyond ASCII belongs to names, also blanks and halves of pairs.
  ['word', /[A-Za-z_$\u0080-\uffff][\w$\u0080-\uffff]*/y],
  ['mark', /<=|>=|<>|!=|==|\|\||->>|->|<<|>>|[\s\S]/y],
];

const bare = (kind: Token['kind'], text: string): string => {
  if (kind === 'text') return text.slice(1, -1).replaceAll("''", "'");
  if (kind !== 'name') return text;
  const quote = text[0]!;
  return quote === '[' ? text.slice(1, -1) : text.slice(1, -1).replaceAll(quote + quote, quote);
};

/** SQL in pieces, comments and blanks left out. What is no SQL comes out as marks; nothing is refused here. */
export function tokensOf(sql: string): readonly Token[] {
  const tokens: Token[] = [];
  let depth = 0;
  for (let at = 0; at < sql.length;) {
    const { kind, end } = pieceAt(sql, at);
    if (kind !== 'gap') {
      const text = bare(kind, sql.slice(at, end));
      if (kind === 'mark' && text === ')') depth--;
      tokens.push({ kind, text, start: at, end, depth });
      if (kind === 'mark' && text === '(') depth++;
    }
    at = end;
  }
  return tokens;
}

function pieceAt(sql: string, at: number): { kind: Token['kind'] | 'gap'; end: number } {
  for (const [kind, pattern] of patterns) {
    pattern.lastIndex = at;
    if (pattern.test(sql)) return { kind, end: pattern.lastIndex };
  }
  return { kind: 'mark', end: at + 1 };
}

export const isWord = (token: Token | undefined, ...words: readonly string[]): boolean =>
  token?.kind === 'word' && words.includes(token.text.toUpperCase());

export const isMark = (token: Token | undefined, ...marks: readonly string[]): boolean =>
  token?.kind === 'mark' && marks.includes(token.text);

/** The lower-case name that a token gives to something, or undefined when it gives none. */
export const nameOf = (token: Token | undefined): string | undefined =>
  token?.kind === 'word' || token?.kind === 'name' ? token.text.toLowerCase() : undefined;

/** Whether a statement is typed to its end: a semicolon outside of texts, names and comments. */
export function isComplete(sql: string): boolean {
  const tokens = tokensOf(sql);
  const isOpen = tokens.some((token) => isMark(token, "'", '"', '`', '['));
  return !isOpen && isMark(tokens.at(-1), ';');
}
