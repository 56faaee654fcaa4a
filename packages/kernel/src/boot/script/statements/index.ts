import type { Statement } from '../ast.ts';
import { bootStatement, profileStatement } from './boot.ts';
import { assignStatement, callStatement } from './call.ts';
import { expectStatement, expectTroubleStatement } from './expect.ts';
import { paramStatement, phaseStatement, setStatement } from './kernel.ts';
import { machineStatement } from './machine.ts';
import { repeatStatement } from './repeat.ts';
import type { AnyStatementSpec, StatementSpec } from './spec.ts';

/** Every kind of statement; one that is missing here does not compile. */
const specs = {
  profile: profileStatement,
  boot: bootStatement,
  machine: machineStatement,
  call: callStatement,
  assign: assignStatement,
  expect: expectStatement,
  'expect-trouble': expectTroubleStatement,
  phase: phaseStatement,
  param: paramStatement,
  set: setStatement,
  repeat: repeatStatement,
} satisfies { readonly [K in Statement['kind']]: StatementSpec<K> };

/** The kinds in the order in which help shows them. */
export const statements: readonly AnyStatementSpec[] = Object.values(specs);

export const specOf = (kind: Statement['kind']): AnyStatementSpec => specs[kind];

const byKeyword = new Map<string, AnyStatementSpec>();
for (const spec of statements) if (spec.keyword !== undefined) byKeyword.set(spec.keyword, spec);

export const specOfKeyword = (word: string): AnyStatementSpec | undefined => byKeyword.get(word);
export const keywords: readonly string[] = [...byKeyword.keys()];
