import { toEvent, type EventView } from '@kwind/events';
import type { Bisected } from '@kwind/timeline';
import type { SqliteTraceReader } from '@kwind/trace';
import { CANNOT_JUDGE, exitCodes } from '../exit-code.ts';
import type { Io } from '../io.ts';
import { note, print, printJson } from '../output.ts';
import { callText, describeEvent } from '../render/event.ts';
import { safe } from '../terminal.ts';
import { contextOf, eventAt } from '../trace-names.ts';
import { count } from '../render/table.ts';

/** The user's words for good and bad. */
export interface Terms {
  readonly good: string;
  readonly bad: string;
}

/** What is bisected, and for whom. */
export interface Subject {
  readonly io: Io;
  readonly trace: string;
  readonly reader: SqliteTraceReader;
  readonly terms: Terms;
  readonly good: number;
  readonly bad: number;
  readonly json: boolean;
  /** The verdict is about the boot, for git: 1 when it turns bad, 0 when it stays good. */
  readonly forGit: boolean;
}

/** The event that led to a position, its calls and where they were made, for people. */
export function placeLines({ reader }: Subject, position: number): string[] {
  const event = eventAt(reader, position - 1);
  if (!event) return ['power-on'];
  const context = contextOf(reader);
  const calls = callsAround(reader, event);
  return [
    `#${position}  ${event.type}  ${describeEvent(event, context)}`,
    ...calls.map((call, depth) => `${'  '.repeat(depth + 1)}${callLine(call)}`),
  ];
}

const callLine = (call: EventView & { type: 'call.entered' }): string =>
  [callText(call), call.caller === '' ? '' : `from ${safe(call.caller)}`, safe(call.origin)]
    .filter((part) => part !== '')
    .join('  ');

/** The calls open around an event, innermost first. */
function callsAround(reader: SqliteTraceReader, event: EventView): (EventView & { type: 'call.entered' })[] {
  const found: (EventView & { type: 'call.entered' })[] = [];
  const first = event.type === 'call.entered' ? event : eventAt(reader, event.cause);
  for (let call = first; call?.type === 'call.entered'; call = eventAt(reader, call.cause)) found.push(call);
  return found;
}

function placeJson({ reader }: Subject, position: number): object {
  const event = eventAt(reader, position - 1);
  if (!event) return { position, event: null, calls: [] };
  const calls = callsAround(reader, event).map(({ seq, fn, args, caller, stack, origin }) => ({
    seq,
    fn,
    args,
    caller,
    stack,
    origin,
  }));
  return { position, event: { seq: event.seq, ...toEvent(event) }, calls };
}

/** How often the property turns among the positions that were looked at, of all there are. */
export interface Turns {
  readonly turns: number;
  readonly checked: number;
  readonly positions: number;
}

/** Say what a search came to. `why` are sentences about the first bad position. */
export async function showResult(
  subject: Subject,
  { result, probes }: Bisected,
  why: readonly string[] = [],
  turns?: Turns,
): Promise<number> {
  const { io, trace, terms, json } = subject;
  if (json)
    await printJson(io, {
      trace,
      result: result.kind,
      probes,
      why,
      ...(turns && { turns }),
      ...(result.kind === 'found' ? placeJson(subject, result.position) : result),
    });
  switch (result.kind) {
    case 'found':
      if (!json)
        await print(io, [
          `${result.position} is the first ${terms.bad} position (${count(probes, 'test')}).`,
          ...placeLines(subject, result.position).map((line) => `  ${line}`),
          ...why.map((line) => `  ${safe(line)}`),
          `Look at it with: kwind debug ${safe(trace)} --at ${result.position}`,
        ]);
      return subject.forGit ? exitCodes.differs : exitCodes.ok;
    case 'skipped':
      if (!json)
        await print(io, [
          `Only skipped positions are left: the first ${terms.bad} one is one of ${result.span.from} to ${result.span.to - 1}.`,
        ]);
      return CANNOT_JUDGE;
    case 'no-turn':
      await note(io, noTurn(subject, result.position, result.verdict));
      if (result.verdict === 'skip') return CANNOT_JUDGE;
      return subject.forGit && result.verdict === 'good' ? exitCodes.ok : exitCodes.differs;
  }
}

function noTurn({ terms, good }: Subject, position: number, verdict: string): string {
  if (verdict === 'skip')
    return `kwind: position ${position} is an end of the search and cannot be skipped; choose another with --good-at or --bad-at.`;
  if (position === good)
    return `kwind: position ${position} is ${terms.bad} already; name a ${terms.good} one with --good-at.`;
  return `kwind: position ${position} is ${terms.good}, so nothing turned ${terms.bad} for good; --all-flips shows what was ${terms.bad} in between, --bad-at names a ${terms.bad} position.`;
}
