const ESC = String.fromCharCode(27);
const CR = 13;
/** Terminal control: colours, cursor movement, character sets, titles. */
const escapes = new RegExp(
  `${ESC}(?:\\[[0-9;?=]*[ -/]*[@-~]|[()][0-9A-B]|\\][^${String.fromCharCode(7)}${ESC}]*${String.fromCharCode(7)}?|[=>78cDEHMNOZ])?`,
  'g',
);
const otherControls = new RegExp(
  `[${String.fromCharCode(0)}-${String.fromCharCode(8)}${String.fromCharCode(11)}-${String.fromCharCode(12)}${String.fromCharCode(14)}-${String.fromCharCode(26)}${String.fromCharCode(127)}]`,
  'g',
);
const controlProbe = new RegExp(
  `[${String.fromCharCode(0)}-${String.fromCharCode(8)}${String.fromCharCode(11)}-${String.fromCharCode(12)}${String.fromCharCode(14)}-${ESC}${String.fromCharCode(127)}]`,
);

/** Take out terminal control sequences and control characters other than tab. */
export const withoutControls = (line: string): string =>
  controlProbe.test(line) ? line.replace(escapes, '').replace(otherControls, '') : line;

/**
 * Visit the lines of a text, or of an iterable of lines. Numbers count from 1 and are those of an editor: a line that
 * was overwritten on the terminal (a carriage return inside) is visited in its parts under one number.
 *
 * @returns the number of lines
 */
export function forEachLine(input: string | Iterable<string>, visit: (line: string, no: number) => void): number {
  if (typeof input === 'string') return eachOfText(input, 0, visit);
  let no = 0;
  for (const item of input) no = eachOfText(item, no, visit);
  return no;
}

/** One text, numbered on from `before`. The empty rest after a last line end is not a line; an empty text is one. */
function eachOfText(text: string, before: number, visit: (line: string, no: number) => void): number {
  const lineEnd = text.includes('\n') ? '\n' : '\r';
  let no = before;
  let from = 0;
  do {
    const found = text.indexOf(lineEnd, from);
    const to = found === -1 ? text.length : found;
    no += 1;
    visitParts(text, from, to, no, visit);
    from = to + 1;
  } while (from < text.length);
  return no;
}

function visitParts(
  text: string,
  from: number,
  to: number,
  no: number,
  visit: (line: string, no: number) => void,
): void {
  let end = to;
  while (end > from && text.charCodeAt(end - 1) === CR) end -= 1;
  const line = text.slice(from, end);
  if (!line.includes('\r')) {
    visit(withoutControls(line), no);
    return;
  }
  for (const part of line.split('\r')) if (part !== '') visit(withoutControls(part), no);
}

/** Lines of a stream of chunks that are cut anywhere. */
export function* linesOfChunks(chunks: Iterable<string>): Generator<string> {
  let rest: string[] = [];
  for (const chunk of chunks) {
    let from = 0;
    for (let to = chunk.indexOf('\n'); to !== -1; to = chunk.indexOf('\n', from)) {
      rest.push(chunk.slice(from, to));
      yield rest.join('');
      rest = [];
      from = to + 1;
    }
    if (from < chunk.length) rest.push(chunk.slice(from));
  }
  if (rest.length > 0) yield rest.join('');
}
