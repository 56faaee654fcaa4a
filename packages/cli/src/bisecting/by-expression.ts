import { kernelScope } from '@kwind/kernel';
import { eventScope, explainFailure, holds, parseExpression, compileExpression, type Environment } from '@kwind/state';
import { bisect, Timeline, type Verdict } from '@kwind/timeline';
import { profile } from '@kwind/x86';
import { exitCodes } from '../exit-code.ts';
import { note, print, printJson } from '../output.ts';
import { count } from '../render/table.ts';
import { safe } from '../terminal.ts';
import { eventAt } from '../trace-names.ts';
import { placeLines, showResult, type Subject } from './subject.ts';

/** Traces up to this long are tested at every position afterwards, to see whether the property turned only once. */
const SCANNED = 20_000;

interface Property {
  readonly test: (position: number) => Verdict;
  /** Why it does not hold there. */
  readonly why: (position: number) => string;
}

/** @throws ExpressionError */
function propertyOf({ reader }: Subject, text: string): Property {
  const build = profile(reader.header.profile, reader.header.options);
  const timeline = new Timeline(reader, build);
  const scope = eventScope(kernelScope(build));
  const expression = parseExpression(text);
  compileExpression(expression, scope);
  const at = (position: number): Environment => {
    const event = eventAt(reader, position - 1);
    return { view: timeline.stateAt(position), ...(event && { event }) };
  };
  return {
    test: (position) => (holds(expression, scope, at(position)) ? 'good' : 'bad'),
    why: (position) => explainFailure(expression, scope, at(position)).text,
  };
}

/** A position where the property turns: it is `verdict` there and was the other before. */
interface Flip {
  readonly position: number;
  readonly verdict: Verdict;
}

function flipsOf({ good, bad }: Subject, { test }: Property): Flip[] {
  const flips: Flip[] = [];
  let before = test(good);
  for (let position = good + 1; position <= bad; position++) {
    const verdict = test(position);
    if (verdict !== before) flips.push({ position, verdict });
    before = verdict;
  }
  return flips;
}

export async function bisectByExpression(subject: Subject, text: string): Promise<number> {
  const property = propertyOf(subject, text);
  const bisected = await bisect(subject.good, subject.bad, property.test);
  const { result } = bisected;
  const code = await showResult(subject, bisected, result.kind === 'found' ? [property.why(result.position)] : []);
  if (result.kind !== 'found' || subject.bad - subject.good > SCANNED) return code;
  const turns = flipsOf(subject, property).length;
  if (turns > 1)
    await note(subject.io, `kwind: it turns ${turns} times, and this is one of them; --all-flips shows all.`);
  return code;
}

export async function listFlips(subject: Subject, text: string): Promise<number> {
  const { io, json, terms } = subject;
  const property = propertyOf(subject, text);
  const flips = flipsOf(subject, property);
  if (json)
    await printJson(io, {
      trace: subject.trace,
      flips: flips.map(({ position, verdict }) => ({ position, now: termOf(verdict) })),
    });
  else {
    await print(
      io,
      flips.flatMap(({ position, verdict }) => [
        `${position} turns ${termOf(verdict)}`,
        ...placeLines(subject, position).map((line) => `  ${line}`),
      ]),
    );
    await print(io, [
      `${count(flips.length, 'turn')} of ${safe(text)}, which is ${termOf(property.test(subject.good))} at ${subject.good}.`,
    ]);
  }
  return flips.length > 0 ? exitCodes.ok : exitCodes.differs;

  function termOf(verdict: Verdict): string {
    return verdict === 'good' ? terms.good : terms.bad;
  }
}
