import { didYouMean } from '@kwind/x86';
import { kernelVariables, printExpression, quoteText, typeName } from '@kwind/state';
import { setVariable } from '../../../variables.ts';
import { isScalar } from './call.ts';
import type { StatementSpec } from './spec.ts';

export const phaseStatement: StatementSpec<'phase'> = {
  kind: 'phase',
  keyword: 'phase',
  usage: 'phase NAME',
  doc: 'The boot reaches a named phase.',
  example: 'phase paging_init',
  read: ({ cursor }, place) => ({
    kind: 'phase',
    name: cursor.quoted() ?? cursor.piece(/[\w.-]+/y, 'the name of a phase').text,
    place,
  }),
  print: ({ name }) => `phase ${/^[\w.-]+$/.test(name) ? name : quoteText(name)}`,
  run: ({ name }, { ctx }) => {
    ctx.emit({ type: 'phase.entered', name });
  },
};

/** Parameters of the kernel command line, and the function that handles each. */
const bootParameters: Readonly<Record<string, string>> = { early_ioremap_debug: 'early_ioremap_debug_setup' };

export const paramStatement: StatementSpec<'param'> = {
  kind: 'param',
  keyword: 'param',
  usage: 'param NAME',
  doc: 'A parameter of the kernel command line takes effect here.',
  example: 'param early_ioremap_debug',
  read: ({ cursor }, place) => ({ kind: 'param', name: cursor.word('the name of a kernel parameter'), place }),
  print: ({ name }) => `param ${name.text}`,
  check({ name }, { functions, fail }) {
    const handler = Object.hasOwn(bootParameters, name.text) ? bootParameters[name.text]! : '';
    if (functions.has(handler)) return;
    const known = Object.keys(bootParameters);
    fail(
      'script/name',
      name.place,
      `no kernel parameter "${name.text}" is simulated.`,
      didYouMean(name.text, known, `There is ${known.join(', ')}.`),
    );
  },
  run({ name }, running) {
    const handler = running.functions.get(bootParameters[name.text]!)!;
    running.kernelCall(handler.name, [], () => handler.run(running.ctx, [], []));
  },
};

export const setStatement: StatementSpec<'set'> = {
  kind: 'set',
  keyword: 'set',
  usage: 'set VARIABLE = EXPRESSION',
  doc: 'Set a variable of the kernel.',
  example: 'set system_state = SYSTEM_RUNNING',
  read({ cursor }, place) {
    const name = cursor.word('the name of a kernel variable');
    cursor.expect('=', 'between the variable and its value');
    return { kind: 'set', name, value: cursor.expression(), place };
  },
  print: ({ name, value }) => `set ${name.text} = ${printExpression(value)}`,
  check({ name, value, place }, checking) {
    const known = Object.keys(kernelVariables);
    if (!known.includes(name.text)) {
      const hint = didYouMean(name.text, known, `There are ${known.join(', ')}.`);
      checking.fail('script/name', name.place, `there is no kernel variable "${name.text}".`, hint);
    }
    const type = checking.typeOf(value, place);
    if (!isScalar(type)) {
      checking.fail(
        'script/type',
        { ...place, column: value.root.start + 1 },
        `${name.text} holds a number, this is ${typeName(type)}.`,
      );
    }
  },
  run: ({ name, value, place }, running) => setVariable(running.ctx, name.text, running.number(value, place)),
};
