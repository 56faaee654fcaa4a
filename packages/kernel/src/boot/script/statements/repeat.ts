import { printExpression, typeName, type Expression } from '@kwind/state';
import type { RepeatStatement } from '../ast.ts';
import { ScriptError, type Place } from '../errors.ts';
import type { Checking, Running, StatementSpec } from './spec.ts';

const MAX_ROUNDS = 1_000_000_000n;

function checkBound(bound: Expression, place: Place, checking: Checking): void {
  const type = checking.typeOf(bound, place);
  if (type.kind === 'number' || type.kind === 'any') return;
  checking.fail(
    'script/type',
    { ...place, column: bound.root.start + 1 },
    `repeat needs a number, this is ${typeName(type)}.`,
  );
}

function run({ counter, from, to, body, place }: RepeatStatement, running: Running): boolean {
  const first = from ? running.number(from, place) : 0n;
  const last = running.number(to, place);
  if (last > first && last - first > MAX_ROUNDS) {
    throw new ScriptError(
      'script/type',
      place,
      `this would go round ${last - first} times.`,
      `The most is ${MAX_ROUNDS}.`,
    );
  }
  for (let i = first; i < last; i++) {
    if (counter) running.assign(counter.text, i);
    if (!running.block(body)) return false;
  }
  return true;
}

export const repeatStatement: StatementSpec<'repeat'> = {
  kind: 'repeat',
  keyword: 'repeat',
  usage: 'repeat COUNT { … }, repeat NAME in FROM..TO { … }',
  doc: 'Run the statements in braces COUNT times, or for each number from FROM up to TO, without TO. Names that they set end with the braces.',
  example: 'repeat i in 0..16 { m = early_ioremap(0xf0000 + i * PAGE_SIZE, 0x1000); early_iounmap(m, 0x1000) }',
  read({ cursor, block }, place) {
    if (cursor.peekSecond() !== 'in') {
      const to = cursor.expression();
      return { kind: 'repeat', to, body: block(), place };
    }
    const counter = cursor.word('a name');
    cursor.word('in');
    const from = cursor.expression();
    cursor.expect('..', 'between the first number and the one after the last');
    const to = cursor.expression();
    return { kind: 'repeat', counter, from, to, body: block(), place };
  },
  print({ counter, from, to, body }, block) {
    const head =
      counter && from ? `${counter.text} in ${printExpression(from)}..${printExpression(to)}` : printExpression(to);
    return `repeat ${head} ${block(body)}`;
  },
  check({ counter, from, to, body, place }, checking) {
    if (from) checkBound(from, place, checking);
    checkBound(to, place, checking);
    checking.block(body, counter);
  },
  run,
};
