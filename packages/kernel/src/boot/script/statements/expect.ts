import { explainFailure, printExpression, quoteText, sourceOf, truth } from '@kwind/state';
import type { ExpectTroubleStatement, Trouble } from '../ast.ts';
import { inScript } from '../errors.ts';
import type { Outcome, Raised, Running, StatementSpec } from './spec.ts';

const troubles: readonly string[] = ['warn', 'bug', 'fault'] satisfies readonly Trouble[];
const namesOfTrouble: Readonly<Record<Trouble, string>> = { warn: 'WARN', bug: 'BUG', fault: 'page fault' };

export const expectStatement: StatementSpec<'expect'> = {
  kind: 'expect',
  keyword: 'expect',
  usage: 'expect CONDITION [, "MESSAGE"]',
  doc: 'A condition that must hold here; when it does not, the script fails and both sides are shown.',
  example: 'expect slots_in_use == 1, "the BIOS mapping is gone"',
  read({ cursor }, place) {
    if (troubles.includes(cursor.peek()) && cursor.peekSecond() === '') {
      const { text: trouble } = cursor.word('warn, bug or fault');
      return { kind: 'expect-trouble', trouble: trouble as Trouble, text: cursor.quoted() ?? '', place };
    }
    const condition = cursor.expression();
    const message = cursor.take(',') ? cursor.quoted() : '';
    if (message === undefined) return cursor.fail('script/syntax', 'a message in quotes should follow the comma.');
    return { kind: 'expect', condition, message, place };
  },
  print: ({ condition, message }) =>
    `expect ${printExpression(condition)}${message === '' ? '' : `, ${quoteText(message)}`}`,
  check({ condition, place }, checking) {
    const { kind } = checking.typeOf(condition, place);
    if (kind === 'string' || kind === 'list') {
      checking.fail(
        'script/type',
        { ...place, column: condition.root.start + 1 },
        'expect needs a condition.',
        'Compare it with something.',
      );
    }
  },
  run({ condition, message, place }, running) {
    const text = sourceOf(condition);
    if (truth(running.evaluate(condition, place))) {
      running.report(place, text, { ok: true, detail: '' });
      return;
    }
    const { left, right, text: why } = inScript(place, () => explainFailure(condition, running.scope, running.env));
    const detail = message === '' ? why : `${message}: ${why}`;
    running.report(place, text, {
      ok: false,
      detail,
      ...(left !== undefined && right !== undefined && { left, right }),
    });
  },
};

function outcome({ trouble, text }: ExpectTroubleStatement, { lastCall }: Running): Outcome {
  // A debug line answers only to its text: with early_ioremap_debug every mapping prints one.
  const raised = lastCall.raised.filter((one) => one.trouble === trouble && (!one.debug || text !== ''));
  if (raised.some((one) => one.message.includes(text))) return { ok: true, detail: '' };
  const name = namesOfTrouble[trouble];
  if (lastCall.name === '') return { ok: false, detail: `no kernel call was made yet, so there is no ${name}.` };
  if (raised.length === 0)
    return { ok: false, detail: `${lastCall.name}() raised no ${name}${others(lastCall.raised)}.` };
  const left = raised.map((one) => quoteText(one.message)).join(', ');
  return {
    ok: false,
    left,
    right: quoteText(text),
    detail: `the ${name} of ${lastCall.name}() says ${left}, not ${quoteText(text)}.`,
  };
}

const others = (raised: readonly Raised[]): string =>
  raised.length === 0
    ? ''
    : `, only ${raised.map((one) => `${namesOfTrouble[one.trouble]} ${quoteText(one.message)}`).join(', ')}`;

export const expectTroubleStatement: StatementSpec<'expect-trouble'> = {
  kind: 'expect-trouble',
  usage: 'expect warn|bug|fault ["TEXT"]',
  doc: 'The last kernel call must have raised a WARN, a BUG or a page fault, with TEXT in its message; a debug line counts only if TEXT is given. After a BUG the run ends unless the next statement expects it.',
  example: 'expect warn "not found slot"',
  print: ({ trouble, text }) => `expect ${trouble}${text === '' ? '' : ` ${quoteText(text)}`}`,
  run(statement, running) {
    const { trouble, text, place } = statement;
    if (trouble === 'bug') running.acceptBug();
    running.report(place, text === '' ? trouble : `${trouble} ${quoteText(text)}`, outcome(statement, running));
  },
};
