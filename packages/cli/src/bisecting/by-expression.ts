import { kernelScope } from '@kwind/kernel';
import { eventScope, explainFailure, holds, parseExpression, compileExpression, type Environment } from '@kwind/state';
import { bisect, Timeline, type Verdict } from '@kwind/timeline';
import { profile } from '@kwind/x86';
import { exitCodes } from '../exit-code.ts';
import { note, print, printJson } from '../output.ts';
import { count } from '../render/table.ts';
import { safe } from '../terminal.ts';
import { eventAt } from '../trace-names.ts';
import { placeLines, showResult, type Subject, type Turns } from './subject.ts';

/** Searches over up to this many positions look at every one of them afterwards, to see whether the property turned only once. */
const SCANNED = 20_000;
/** Of longer ones at so many, spread evenly, and no longer than so many milliseconds. */
const SAMPLES = 256;
const PATIENCE_MS = 2000;

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

/** How often the property turns among the positions that there is time to look at; `found` is one where it does. */
function turnsOf({ good, bad }: Subject, { test }: Property, found: number): Turns {
  const positions = bad - good + 1;
  const isWhole = positions <= SCANNED;
  const step = isWhole ? 1 : (bad - good) / SAMPLES;
  const end = performance.now() + PATIENCE_MS;
  const seen = new Map<number, Verdict>([good, found - 1, found, bad].map((position) => [position, test(position)]));
  // From the middle of ever smaller parts, so that whenever time is over what was seen lies evenly.
  for (const part of isWhole ? counting(positions) : halving(SAMPLES)) {
    if (!isWhole && performance.now() > end) break;
    const position = good + Math.floor(part * step);
    if (!seen.has(position)) seen.set(position, test(position));
  }
  const verdicts = [...seen].toSorted(([a], [b]) => a - b).map(([, verdict]) => verdict);
  const turns = verdicts.filter((verdict, i) => i > 0 && verdict !== verdicts[i - 1]).length;
  return { turns, checked: seen.size, positions };
}

function* counting(end: number): Generator<number> {
  for (let i = 0; i < end; i++) yield i;
}

/** 0 to end − 1 for a power of two: halves, quarters, eighths … */
function* halving(end: number): Generator<number> {
  for (let part = end; part >= 1; part /= 2) for (let i = part / 2; i >= 1 && i < end; i += part) yield i;
}

export async function bisectByExpression(subject: Subject, text: string): Promise<number> {
  const property = propertyOf(subject, text);
  const bisected = await bisect(subject.good, subject.bad, property.test);
  const { result } = bisected;
  if (result.kind !== 'found') return showResult(subject, bisected);
  const turns = turnsOf(subject, property, result.position);
  const code = await showResult(subject, bisected, [property.why(result.position)], turns);
  await sayTurns(subject, turns);
  return code;
}

/** A warning when the position is one of several, and what it is worth when not every position was looked at. */
async function sayTurns({ io }: Subject, { turns, checked, positions }: Turns): Promise<void> {
  const some = checked < positions;
  const numbers = `${checked.toLocaleString('en-US')} of ${positions.toLocaleString('en-US')} positions`;
  if (turns > 1) {
    const often = some ? `at least ${turns} times (${numbers} were looked at)` : `${turns} times`;
    await note(io, `kwind: it turns ${often}, and this is one of them; --all-flips shows all.`);
  } else if (some)
    await note(
      io,
      `kwind: among ${numbers} it turns once; it may turn to and fro between them, which --all-flips would show.`,
    );
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
