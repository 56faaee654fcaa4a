const escapes: Readonly<Record<string, string>> = { n: '\n', r: '\r', t: '\t' };
const byChar: Readonly<Record<string, string>> = { '\n': 'n', '\r': 'r', '\t': 't' };

/** The quoted text that starts at `at`, and where it ends; undefined when it never ends. Quotes are " or '. */
export function textAt(source: string, at: number): { readonly value: string; readonly end: number } | undefined {
  const quote = source[at];
  let value = '';
  for (let i = at + 1; i < source.length; i++) {
    const char = source[i]!;
    if (char === quote) return { value, end: i + 1 };
    if (char !== '\\') value += char;
    else if (++i < source.length) value += escapes[source[i]!] ?? source[i]!;
  }
  return undefined;
}

/** A text in double quotes, on one line; {@link textAt} reads it back. */
export const quoteText = (text: string): string =>
  `"${text.replaceAll(/["\\\n\r\t]/g, (char) => `\\${byChar[char] ?? char}`)}"`;
