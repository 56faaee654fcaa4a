import { ToolError } from '@kwind/x86';
import type { BreakpointsView, DoneAnswer } from '../answers.ts';
import type { Core } from '../core.ts';
import type { StopCommand } from '../protocol.ts';
import { parseCondition, type Condition } from '../stops/condition.ts';
import { rowOf, type NewStop, type Stop } from '../stops/stop-list.ts';
import { breakTrigger, catchTrigger, conditionTrigger, watchTrigger } from '../stops/triggers.ts';

type Of<D extends StopCommand['do']> = Extract<StopCommand, { do: D }>;

const done = (core: Core, what: DoneAnswer['done'], stops: readonly Stop[]): DoneAnswer => ({
  type: 'done',
  done: what,
  breakpoints: stops.map(rowOf),
  bookmark: null,
  total: core.timeline.length,
});

/** `SPEC if EXPR`, `if EXPR`, or `SPEC`. */
function splitCondition(text: string, core: Core): readonly [string, Condition | undefined] {
  if (/(?:^|\s)if\s*$/.test(text))
    throw new ToolError('command/usage', 'the expression behind "if" is missing.', 'Usage: break SPEC [if EXPR]');
  const match = /^(?:([\s\S]*?)\s+)?if\s+([\s\S]+)$/.exec(text.trim());
  return match ? [match[1]?.trim() ?? '', parseCondition(match[2]!.trim(), core)] : [text.trim(), undefined];
}

/** @throws ToolError command/usage, event/unknown-type, address/*, expression/* */
export function parseBreak(spec: string, temporary: boolean, core: Core): NewStop {
  const [where, condition] = splitCondition(spec, core);
  if (where !== '') return { kind: 'break', trigger: breakTrigger(where, core), condition, temporary };
  if (!condition) throw new ToolError('command/usage', 'where to stop is missing.', 'Usage: break SPEC [if EXPR]');
  return { kind: 'break', trigger: conditionTrigger(condition), condition: undefined, temporary };
}

export function setBreak(core: Core, { spec, temporary }: Of<'break'>): DoneAnswer {
  return done(core, 'set', [core.stops.add(parseBreak(spec, temporary, core))]);
}

const kindOf = { write: 'watch', read: 'rwatch', access: 'awatch' } as const;

export function setWatch(core: Core, { target, access }: Of<'watch'>): DoneAnswer {
  const [what, condition] = splitCondition(target, core);
  const trigger = watchTrigger(what, access, core);
  return done(core, 'set', [core.stops.add({ kind: kindOf[access], trigger, condition, temporary: false })]);
}

export function setCatch(core: Core, { trouble, temporary }: Of<'catch'>): DoneAnswer {
  const [what, condition] = splitCondition(trouble, core);
  return done(core, 'set', [core.stops.add({ kind: 'catch', trigger: catchTrigger(what), condition, temporary })]);
}

export function setIgnore(core: Core, { number, count }: Of<'ignore'>): DoneAnswer {
  return done(core, 'set', [core.stops.change(number, { ignore: count })]);
}

export function setCondition(core: Core, { number, expression }: Of<'condition'>): DoneAnswer {
  const condition = expression === '' ? undefined : parseCondition(expression, core);
  return done(core, 'set', [core.stops.change(number, { condition })]);
}

/** @throws ToolError command/usage for a number there is not, or for none where nothing is set */
export function setCommands(core: Core, { number, lines }: Of<'commands'>): DoneAnswer {
  const which = number === 0 ? core.stops.newest.number : number;
  return done(core, 'set', [core.stops.change(which, { commands: lines })]);
}

export function enable(core: Core, { do: verb, numbers }: Of<'enable' | 'disable' | 'delete'>): DoneAnswer {
  const stops = core.stops.some(numbers);
  if (verb === 'delete') {
    core.stops.remove(stops.map((stop) => stop.number));
    return done(core, 'deleted', stops);
  }
  const enabled = verb === 'enable';
  return done(
    core,
    enabled ? 'enabled' : 'disabled',
    stops.map((stop) => core.stops.change(stop.number, { enabled })),
  );
}

export const breakpoints = (core: Core): BreakpointsView => ({
  type: 'breakpoints',
  breakpoints: core.stops.all.map(rowOf),
});
