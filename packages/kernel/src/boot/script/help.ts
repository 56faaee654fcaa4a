import { statements } from './statements/index.ts';

/** A statement of the script language as help lists it. */
export interface StatementHelp {
  readonly usage: string;
  readonly doc: string;
  readonly example: string;
}

/** All statements, in the order of the grammar. */
export const scriptHelp: readonly StatementHelp[] = statements.map(({ usage, doc, example }) => ({
  usage,
  doc,
  example,
}));
