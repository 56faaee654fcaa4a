import { didYouMean, ToolError } from '@kwind/x86';
import type { EventBatch, TraceHeader, TraceReader } from '@kwind/events';
import { findKernelFunction, kernelFunctions, type KernelFunction } from '@kwind/kernel';
import { LiveMachine } from '@kwind/recorder/live';
import { compileExpression, parseExpression, partOf, type Value } from '@kwind/state';
import { BranchTrace } from '@kwind/timeline';
import type { BranchAnswer, DoneAnswer } from '../answers.ts';
import { differences } from '../changes.ts';
import type { Branch, Core } from '../core.ts';
import { happeningOf } from '../explain.ts';
import type { Poll } from '../interrupted.ts';
import type { Command } from '../protocol.ts';
import { rowsOf } from '../views/calls.ts';

type Of<D extends Command['do']> = Extract<Command, { do: D }>;

/** A branch as somebody may keep it: a whole history, which knows where it comes from. */
export interface BranchToSave {
  readonly reader: TraceReader;
  /** Position of the parent where it begins. */
  readonly forkedAt: number;
  readonly parent: TraceHeader;
  /** Asked while it is written. @throws to end it */
  readonly poll: Poll;
}
/** Writes a branch to a file; the debugger itself has none. */
export type SaveBranch = (file: string, branch: BranchToSave) => void;

const MOST_SHOWN = 2000;

interface Request {
  readonly fn: KernelFunction;
  readonly args: readonly bigint[];
  readonly texts: readonly string[];
}

/** @throws ToolError expression/*, command/usage */
function parseCall(text: string, core: Core): Request {
  const expression = parseExpression(/\(/.test(text) ? text : `${text}()`);
  const { root } = expression;
  if (root.kind !== 'call')
    throw new ToolError('command/usage', `"${text}" is no call.`, 'Usage: call FUNCTION(ARGUMENTS)');
  const fn = functionOf(root.name, core);
  const values = root.args.map((arg) => compileExpression(partOf(expression, arg), core.scope).run(core.environment()));
  return { fn, ...argumentsOf(fn, values) };
}

function functionOf(name: string, core: Core): KernelFunction {
  const fn = findKernelFunction(name);
  const names = kernelFunctions.map((one) => one.name);
  if (!fn)
    throw new ToolError('command/usage', `there is no kernel function "${name}" to call.`, didYouMean(name, names));
  const why = fn.missing?.({ profile: core.timeline.profile });
  if (why !== undefined) throw new ToolError('command/usage', `${name} cannot be called: ${why}`);
  return fn;
}

function argumentsOf(fn: KernelFunction, values: readonly Value[]): Pick<Request, 'args' | 'texts'> {
  const usage = `Usage: call ${fn.name}(${fn.params.map((param) => `${param.type} ${param.name}`).join(', ')})`;
  if (values.length > fn.params.length)
    throw new ToolError(
      'command/usage',
      `${fn.name} takes ${fn.params.length} arguments, not ${values.length}.`,
      usage,
    );
  const [args, texts]: [bigint[], string[]] = [[], []];
  for (const [i, param] of fn.params.entries()) {
    const value = i < values.length ? values[i]! : param.fallback;
    const isText = param.type.includes('char');
    if (isText && typeof value === 'string') texts.push(value);
    else if (!isText && typeof value === 'bigint') args.push(value);
    else if (!isText && value === null) args.push(0n);
    else
      throw new ToolError(
        'command/usage',
        `argument ${param.name} of ${fn.name} is ${value === undefined ? 'missing' : `no ${isText ? 'text' : 'number'}`}.`,
        usage,
      );
  }
  return { args, texts };
}

/** Run a kernel function from the state here, in a branch; the recording is not touched. */
export function callFunction(core: Core, { text }: Of<'call'>): BranchAnswer {
  const { fn, args, texts } = parseCall(text, core);
  const before = core.cursor;
  const batches: EventBatch[] = [];
  const machine = new LiveMachine(before.state, (batch) => batches.push(batch)).from({
    caller: '',
    stack: '',
    origin: `call ${text.trim()}`,
  });
  fn.run(machine, args, texts);
  machine.flush();
  const branch = branchAt(core);
  for (const batch of batches) branch.trace.append(batch);
  core.enterBranch(branch);
  return answer(core, branch, before.position);
}

/** The branch to go on in: the one at whose end the session stands, or a new one from here. */
function branchAt(core: Core): Branch {
  const { branch, timeline, position } = core;
  if (branch && position === timeline.length) return branch;
  const { header } = timeline.reader;
  const forkedAt = branch ? Math.min(branch.forkedAt, position) : position;
  const source = { kind: 'branch', name: `${header.source.name}@${position}` } as const;
  return {
    trace: new BranchTrace({ ...header, source }, timeline.reader, position),
    recording: branch?.recording ?? timeline,
    forkedAt,
  };
}

function answer(core: Core, branch: Branch | null, from: number): BranchAnswer {
  const { timeline } = core;
  const seqs = Array.from({ length: Math.min(timeline.length - from, MOST_SHOWN) }, (_, i) => from + i);
  return {
    type: 'branch',
    at: core.place,
    forkedAt: branch?.forkedAt ?? null,
    calls: rowsOf(timeline, from, timeline.length, { depth: Infinity, fn: '' }).rows,
    happenings: seqs.map((seq) => happeningOf(timeline, seq)),
    changes: differences(timeline, timeline.at(from), timeline.at(timeline.length)),
    leftOut: timeline.length - from - seqs.length,
  };
}

export function branch(core: Core, command: Of<'branch'>, save: SaveBranch | undefined): BranchAnswer | DoneAnswer {
  const current = core.branch;
  const { total } = core.place;
  if (command.action === 'show') return current ? answer(core, current, current.forkedAt) : answer(core, null, total);
  if (!current) throw new ToolError('command/usage', 'there is no branch.', 'call FUNCTION(ARGUMENTS) begins one.');
  if (command.action === 'save') {
    if (!save)
      throw new ToolError('command/usage', 'a branch cannot be saved from here.', 'Use kwind debug in a terminal.');
    const parent = current.recording.reader.header;
    save(command.file, { reader: current.trace, forkedAt: current.forkedAt, parent, poll: core.poll });
    return { type: 'done', done: 'saved', breakpoints: [], bookmark: null, total };
  }
  core.leaveBranch(current);
  return { type: 'done', done: 'deleted', breakpoints: [], bookmark: null, total: core.timeline.length };
}
