import { styleText } from 'node:util';
import type { Io, OutStream } from './io.ts';

const USUAL_WIDTH = 80;
const SMALLEST_WIDTH = 40;

/** Columns to write in; Infinity where nobody's eyes limit it. */
export function widthOf(io: Io): number {
  if (io.stdout.isTTY !== true) return Infinity;
  return Math.max(SMALLEST_WIDTH, io.stdout.columns ?? USUAL_WIDTH);
}

/** Whether to colour what goes to `stream`: FORCE_COLOR, then NO_COLOR, then what the stream is. */
export function hasColour(stream: OutStream, env: Io['env']): boolean {
  const forced = env['FORCE_COLOR'];
  if (forced !== undefined) return forced !== '0' && forced !== 'false';
  if (env['NO_COLOR'] !== undefined && env['NO_COLOR'] !== '') return false;
  return stream.isTTY === true && env['TERM'] !== 'dumb';
}

export type Tint = 'bold' | 'dim' | 'red' | 'green' | 'yellow' | 'cyan' | 'magenta';
/** Colours a text, or leaves it as it is. */
export type Paint = (tint: Tint, text: string) => string;

export const plain: Paint = (_tint, text) => text;

export function paintFor(io: Io, stream: OutStream = io.stdout): Paint {
  if (!hasColour(stream, io.env)) return plain;
  // hasColour() has decided: styleText would look at this process's own environment and streams.
  return (tint, text) => styleText(tint, text, { validateStream: false });
}

// C0 and C1 controls, DEL, and marks that change the direction of text or hide in it.
// oxlint-disable-next-line no-control-regex
const unsafe = /[\u0000-\u001f\u007f-\u009f\u00ad\u061c\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff\ufff9-\ufffb]/g;
const shortEscapes: Readonly<Record<string, string>> = { '\n': '\\n', '\r': '\\r', '\t': '\\t', '\u001b': '\\e' };

/**
 * Text out of a trace, a log or a file name as it may be written to a terminal: nothing in it can move the cursor,
 * colour the screen or forge another line.
 */
export function safe(text: string): string {
  return text.replace(unsafe, (mark) => shortEscapes[mark] ?? `\\u${mark.charCodeAt(0).toString(16).padStart(4, '0')}`);
}

const sequence = /\u001b\[[0-9;]*m/g; // oxlint-disable-line no-control-regex

/** What a terminal draws two columns wide: East Asian scripts and pictures. */
const wide =
  /[\u1100-\u115f\u2e80-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff00-\uff60\uffe0-\uffe6\u{1f300}-\u{1faff}\u{20000}-\u{3fffd}]/u;
const mark = /\p{M}/u;

const columnsOfMark = (character: string): number => (wide.test(character) ? 2 : mark.test(character) ? 0 : 1);

/** Columns that a text takes, colours not counted. */
export function columnsOf(text: string): number {
  const bare = text.replace(sequence, '');
  // oxlint-disable-next-line no-control-regex
  if (/^[\u0000-\u007f]*$/.test(bare)) return bare.length;
  return [...bare].reduce((sum, character) => sum + columnsOfMark(character), 0);
}

/** As {@link cut}, but between words where that still fills most of the room: half a number says a wrong one. */
export function cutAtWord(text: string, width: number): string {
  if (columnsOf(text) <= width) return text;
  const kept = cut(text, width);
  const end = kept.slice(0, -1).lastIndexOf(' ');
  return end > kept.length / 2 ? `${kept.slice(0, end).trimEnd()} …` : kept;
}

/**
 * An uncoloured text on lines of at most `width` columns, broken between words; those after the first begin with
 * `indent`. What takes more than `most` lines is cut.
 */
export function wrapped(text: string, width: number, indent: string, most = 5): string[] {
  const lines: string[] = [];
  let line = '';
  for (const [i, word] of text
    .trimEnd()
    .split(/(?<=\S)(?= +\S)/)
    .entries()) {
    const next = line + word;
    if (columnsOf(next) <= width || i === 0) {
      line = next;
      continue;
    }
    if (lines.length === most - 1) return [...lines, cutAtWord(`${line}${word}`, width)];
    lines.push(cut(line, width));
    line = indent + word.trimStart();
  }
  return [...lines, cut(line, width)];
}

/** At most `width` columns of an uncoloured text; what was cut shows as `…`. */
export function cut(text: string, width: number): string {
  if (columnsOf(text) <= width) return text;
  let [kept, room] = ['', Math.max(0, width - 1)];
  for (const character of text) {
    room -= columnsOfMark(character);
    if (room < 0) break;
    kept += character;
  }
  return `${kept}…`;
}
