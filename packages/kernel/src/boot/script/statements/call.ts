import { didYouMean } from '@kwind/x86';
import {
  addressType,
  partOf,
  printExpression,
  typeName,
  type Declaration,
  type ExpressionNode,
  type Type,
} from '@kwind/state';
import type { KernelFunction, Parameter } from '../../../function.ts';
import type { CallStatement } from '../ast.ts';
import type { Place } from '../errors.ts';
import type { Checking, Running, StatementSpec } from './spec.ts';

type CallNode = Extract<ExpressionNode, { kind: 'call' }>;
const callOf = ({ value }: CallStatement): CallNode => value.root as CallNode;
const placeOf = (place: Place, node: ExpressionNode): Place => ({ ...place, column: node.start + 1 });

const headOf = ({ name, params }: KernelFunction): string =>
  `${name}(${params.map((param) => (param.fallback === undefined ? param.name : `${param.name} = ${param.fallback}`)).join(', ')})`;

/** Kinds of values that a name may hold, and that the kernel takes: what fits into a register. */
export const isScalar = (type: Type): boolean => ['number', 'boolean', 'null', 'any'].includes(type.kind);

const isText = ({ type }: Parameter): boolean => /^const char ?\*$/.test(type);

function checkArguments(statement: CallStatement, fn: KernelFunction, checking: Checking): void {
  const { args } = callOf(statement);
  const required = fn.params.filter((param) => param.fallback === undefined).length;
  if (args.length < required || args.length > fn.params.length) {
    const wanted = required === fn.params.length ? String(required) : `${required} to ${fn.params.length}`;
    const what = `${fn.name}() takes ${wanted} ${wanted === '1' ? 'argument' : 'arguments'}, here are ${args.length}.`;
    checking.fail('script/type', statement.place, what, `Write ${headOf(fn)}.`);
  }
  args.forEach((arg, i) => {
    const type = checking.typeOf(partOf(statement.value, arg), statement.place);
    const param = fn.params[i]!;
    if (isText(param) ? type.kind === 'string' : isScalar(type)) return;
    const what = `${param.name} of ${fn.name}() must be ${isText(param) ? 'a text' : 'a number'}, this is ${typeName(type)}.`;
    checking.fail('script/type', placeOf(statement.place, arg), what);
  });
}

function checkKernelCall(statement: CallStatement, fn: KernelFunction, checking: Checking): void {
  const missing = fn.missing?.(checking);
  const place = placeOf(statement.place, callOf(statement));
  if (missing !== undefined)
    checking.fail('script/name', place, `profile ${checking.profile.name} has no ${fn.name}().`, missing);
  checkArguments(statement, fn, checking);
  if (!statement.target) return;
  if (fn.returns === 'void') {
    checking.fail(
      'script/type',
      statement.target.place,
      `${fn.name}() returns nothing.`,
      `Leave "${statement.target.text} =" out.`,
    );
  }
  checking.define(statement.target, addressType);
}

/** A name that no kernel function has: a question to the machine, or a mistake. */
function checkQuestion(statement: CallStatement, question: Declaration | undefined, checking: Checking): void {
  const { name } = callOf(statement);
  const place = placeOf(statement.place, callOf(statement));
  if (!question) {
    checking.fail(
      'script/name',
      place,
      `there is no kernel function ${name}().`,
      didYouMean(name, [...checking.functions.keys()]),
    );
  }
  if (!statement.target) {
    checking.fail(
      'script/type',
      place,
      `${name}() only looks at the machine, so a line of its own does nothing.`,
      `Use it in expect, or write x = ${name}(…).`,
    );
  }
  if (statement.callers.length > 0)
    checking.fail('script/type', place, `${name}() is no kernel call, so nothing calls it.`, 'Leave the @ out.');
  const type = checking.typeOf(statement.value, statement.place);
  if (!isScalar(type))
    checking.fail(
      'script/type',
      place,
      `a name holds a number, ${name}() gives ${typeName(type)}.`,
      'Take one field of it.',
    );
  checking.define(statement.target, type);
}

function runKernelCall(statement: CallStatement, fn: KernelFunction, running: Running): bigint {
  const node = callOf(statement);
  const [args, texts]: [bigint[], string[]] = [[], []];
  for (const [i, param] of fn.params.entries()) {
    const arg = node.args[i] && partOf(statement.value, node.args[i]);
    if (!arg) args.push(param.fallback!);
    else if (isText(param)) texts.push(String(running.evaluate(arg, statement.place)));
    else args.push(running.number(arg, statement.place));
  }
  // A kernel's NULL is the pointer 0, so that it compares and passes on as one.
  return running.kernelCall(fn.name, statement.callers, () => fn.run(running.ctx, args, texts)) ?? 0n;
}

function run(statement: CallStatement, running: Running): void {
  const fn = running.functions.get(callOf(statement).name);
  const result = fn ? runKernelCall(statement, fn, running) : running.evaluate(statement.value, statement.place);
  if (statement.target) running.assign(statement.target.text, result);
}

export const callStatement: StatementSpec<'call'> = {
  kind: 'call',
  usage: '[NAME =] FUNCTION(ARGUMENT, …) [@ CALLER < ITS CALLER < …]',
  doc: 'A kernel call. NAME gets its result; @ says from where in the kernel it was made.',
  example: 'a = early_ioremap(0xf0000, 0x10000) @ dmi_setup+0xfa < setup_arch+0x8c1',
  print: ({ target, value, callers }) => {
    const to = target ? `${target.text} = ` : '';
    return `${to}${printExpression(value)}${callers.length > 0 ? ` @ ${callers.join(' < ')}` : ''}`;
  },
  check(statement, checking) {
    const { name } = callOf(statement);
    const fn = checking.functions.get(name);
    if (fn) checkKernelCall(statement, fn, checking);
    else checkQuestion(statement, checking.scope.find(name), checking);
  },
  run,
};

export const assignStatement: StatementSpec<'assign'> = {
  kind: 'assign',
  usage: 'NAME = EXPRESSION',
  doc: 'Give a number a name.',
  example: 'end = a + 0x10000',
  print: ({ target, value }) => `${target.text} = ${printExpression(value)}`,
  check({ target, value, place }, checking) {
    const type = checking.typeOf(value, place);
    if (!isScalar(type))
      checking.fail('script/type', placeOf(place, value.root), `a name holds a number, this is ${typeName(type)}.`);
    checking.define(target, type.kind === 'null' ? addressType : type);
  },
  run: ({ target, value, place }, running) => {
    running.assign(target.text, value.root.kind === 'null' ? 0n : running.evaluate(value, place));
  },
};
