import { widthOf, paintFor, type Paint } from '../terminal.ts';
import type { Io } from '../io.ts';

/** How results are drawn. */
export interface Style {
  readonly paint: Paint;
  /** Columns to keep to; Infinity for a file or a pipe. */
  readonly width: number;
  /** Leave nothing out. */
  readonly all: boolean;
  /** How to get what was left out: `--all`, or the debugger's own way. */
  readonly allHint: string;
}

export const styleFor = (io: Io, options: { readonly all: boolean; readonly allHint: string }): Style => ({
  paint: paintFor(io),
  width: widthOf(io),
  ...options,
});

/** The first `shown` lines, and a line that says how many are missing and what shows them. */
export function shortened(lines: readonly string[], shown: number, what: string, style: Style): string[] {
  const hidden = lines.length - shown;
  if (style.all || hidden <= 0) return [...lines];
  return [...lines.slice(0, shown), `(${hidden.toLocaleString('en-US')} more ${what}, ${style.allHint} shows them)`];
}
