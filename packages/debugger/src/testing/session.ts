import { EVENT_SCHEMA, type EventBatch, type TraceHeader, type TraceReader } from '@kwind/events';
import { boot, earlyIoremap, earlyIounmap, load } from '@kwind/kernel';
import { LiveMachine } from '@kwind/recorder';
import { BranchTrace, Timeline } from '@kwind/timeline';
import { profile, ToolError, type ErrorCode, type KernelProfile } from '@kwind/x86';
import { parseCommand } from '../command-line/parse.ts';
import type { Result, Stopped } from '../protocol.ts';
import { DebugSession, type SessionOptions } from '../session.ts';

export const kernel: KernelProfile = profile('linux-6.1');

const header: TraceHeader = {
  eventSchema: EVENT_SCHEMA,
  profile: kernel.name,
  options: [],
  source: { kind: 'script', name: 'test.boot' },
  kernelVersion: '',
  created: '2026-01-01T00:00:00.000Z',
  recordedBy: 'test',
  notes: [],
};

const nothing: TraceReader = {
  header,
  length: 0,
  batchContaining: () => {
    throw new RangeError('an empty trace has no events');
  },
  batchesWith: () => [],
  batchesTouching: () => [],
  checkpointAtOrBefore: () => undefined,
  checkpointPart: () => undefined,
  refresh: () => {},
  close: () => {},
};

/** What `steps` make a booted machine do, as a timeline. */
export function timelineOf(
  steps: (machine: LiveMachine) => void,
  beforeThat: (machine: LiveMachine) => void = boot,
): Timeline {
  const batches: EventBatch[] = [];
  const machine = new LiveMachine(kernel, (batch) => batches.push(batch));
  beforeThat(machine);
  machine.flush();
  steps(machine);
  machine.flush();
  const trace = new BranchTrace(header, nothing, 0);
  for (const batch of batches) trace.append(batch);
  return new Timeline(trace, kernel);
}

/** A mapping that stays, with a load through it, and one that is undone; the slots are 0 and 1. */
export function twoMappings(machine: LiveMachine): void {
  machine.from({ caller: 'acpi_find_root+0x21/0x80', stack: '', origin: 'test.boot:3' });
  const first = earlyIoremap(machine, 0xf0000n, 0x2000n)!;
  load(machine, first);
  machine.from({ caller: 'dmi_scan_machine+0x1a/0x60', stack: '', origin: 'test.boot:5' });
  const second = earlyIoremap(machine, 0xf5a20n, 0x178n)!;
  earlyIounmap(machine, second, 0x178n);
}

/** A session that reads lines, as a terminal would feed it. */
export class Typed {
  readonly session: DebugSession;
  readonly timeline: Timeline;

  constructor(timeline: Timeline, options: SessionOptions = {}) {
    this.timeline = timeline;
    this.session = new DebugSession(timeline, options);
  }

  do(line: string): Result {
    return this.session.dispatch(parseCommand(line));
  }
  /** The answer of a line, which must be of this type. */
  ask<T extends Result['type']>(line: string, type: T): Extract<Result, { type: T }> {
    const result = this.do(line);
    if (result.type !== type) throw new Error(`"${line}" answered ${result.type}, not ${type}`);
    return result as Extract<Result, { type: T }>;
  }
  move(line: string): Stopped {
    return this.ask(line, 'stopped');
  }
  /** Several lines; the last must be a movement. */
  go(...lines: readonly string[]): Stopped {
    for (const line of lines.slice(0, -1)) this.do(line);
    return this.move(lines.at(-1)!);
  }
  get position(): number {
    return this.session.place.position;
  }
  get end(): number {
    return this.session.place.total;
  }
}

export const typed = (steps: (machine: LiveMachine) => void = twoMappings, options: SessionOptions = {}): Typed =>
  new Typed(timelineOf(steps), options);

/** The refusal of a line, whose code must be one of `codes`. */
export function refusalOf(session: Typed, line: string, ...codes: readonly ErrorCode[]): ToolError {
  try {
    session.do(line);
  } catch (error) {
    if (error instanceof ToolError && (codes.length === 0 || codes.includes(error.code))) return error;
    throw error;
  }
  throw new Error(`"${line}" was not refused`);
}
