import { ToolError, type ErrorCode } from '@kwind/x86';

export type ExpressionErrorCode = Extract<ErrorCode, `expression/${string}`>;

/** A refused expression. Callers that show the text draw a caret under `column`; `what` is the message without the place. */
export class ExpressionError extends ToolError {
  /** The whole text the expression stands in. */
  readonly text: string;
  /** 1-based, in UTF-16 units of `text`. */
  readonly column: number;
  readonly what: string;

  constructor(code: ExpressionErrorCode, text: string, at: number, what: string, hint = '') {
    super(code, `column ${at + 1}: ${what}`, hint);
    this.name = 'ExpressionError';
    this.text = text;
    this.column = at + 1;
    this.what = what;
  }
}

/** Refuse the expression at the 0-based offset `at`. */
export type Fail = (code: ExpressionErrorCode, at: number, what: string, hint?: string) => never;

export const failIn =
  (text: string): Fail =>
  (code, at, what, hint) => {
    throw new ExpressionError(code, text, at, what, hint);
  };

const CONTEXT = 60;

/** The text and, on a second line, a caret under `column`. A long text is cut around it. */
export function caretLines(text: string, column: number): string {
  const at = Math.min(column - 1, text.length);
  const from = Math.max(0, at - CONTEXT);
  const to = Math.min(text.length, at + CONTEXT);
  const lead = from > 0 ? '…' : '';
  // Anything that is not one column wide would push the caret aside.
  const shown = `${lead}${text.slice(from, to)}${to < text.length ? '…' : ''}`.replaceAll(/[\t\r\n]/g, ' ');
  return `${shown}\n${' '.repeat(lead.length + at - from)}^`;
}
