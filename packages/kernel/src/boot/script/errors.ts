import { ToolError, type ErrorCode } from '@kwind/x86';
import { caretLines, ExpressionError } from '@kwind/state';

export type ScriptErrorCode = Extract<ErrorCode, `script/${string}`>;

/** Where something stands in a script; line and column count from 1. */
export interface Place {
  readonly file: string;
  readonly line: number;
  readonly column: number;
  /** The whole line. */
  readonly source: string;
}

/** `boot.kws:12`, as events and reports name a script line. */
export const originOf = ({ file, line }: Place): string => `${file}:${line}`;

/** A refused script: the message begins with `file:line:column`, {@link describeAt} draws the place. */
export class ScriptError extends ToolError {
  readonly place: Place;
  /** The message without the place. */
  readonly what: string;

  constructor(code: ScriptErrorCode, place: Place, what: string, hint = '', options?: { cause?: unknown }) {
    super(code, `${place.file}:${place.line}:${place.column}: ${what}`, hint, options);
    this.name = 'ScriptError';
    this.place = place;
    this.what = what;
  }
}

/** The line that an error is about, with a caret under the column. */
export const describeAt = ({ place }: ScriptError): string => caretLines(place.source, place.column);

const codes = {
  'expression/syntax': 'script/syntax',
  'expression/name': 'script/name',
  'expression/type': 'script/type',
} as const;

/** Run `body`, giving a refused expression its place in the script. `place` is any place on the same line. */
export function inScript<T>(place: Place, body: () => T): T {
  try {
    return body();
  } catch (error) {
    if (!(error instanceof ExpressionError)) throw error;
    const code = codes[error.code as keyof typeof codes];
    throw new ScriptError(code, { ...place, column: error.column }, error.what, error.hint, { cause: error });
  }
}
