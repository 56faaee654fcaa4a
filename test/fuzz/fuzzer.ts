import { ToolError } from '@kwind/x86';
import { MemoryWatch } from './memory-watch.ts';
import { Random } from './random.ts';

/** What is fed with damaged input, ready to be used. */
export interface Subject {
  /** One case. Returns how it went in a word or two; throws {@link Finding} when something is not as it must be. */
  one(random: Random): string | Promise<string>;
  /** Process ids of others that work for it just now. */
  helpers?(): readonly number[];
  close?(): void;
}

export interface Target {
  readonly name: string;
  /** What is mutated, and what must hold. */
  readonly about: string;
  prepare(folder: string): Subject | Promise<Subject>;
}

/** A property that does not hold. */
export class Finding extends Error {}

export interface Report {
  readonly target: string;
  readonly seed: number;
  readonly cases: number;
  readonly seconds: number;
  /** How the cases went, most frequent first. */
  readonly outcomes: Readonly<Record<string, number>>;
  readonly slowestMs: number;
  /** Most memory that a case took beyond what the process had before it, in MiB; NaN where the system does not tell. */
  readonly growthMiB: number;
  readonly growthIndex: number;
  /** Most memory that a process had, in MiB: this one since its start, or another that worked for it. */
  readonly peakMiB: number;
  readonly findings: readonly { readonly index: number; readonly what: string }[];
}

export interface Plan {
  readonly seed: number;
  readonly seconds: number;
  /** Only this case. */
  readonly only?: number | undefined;
  /** Number of the first case; 0 without it. */
  readonly from?: number | undefined;
  /** Called before each case. */
  readonly onCase?: (index: number) => void;
}

export const MOST_FINDINGS = 10;
/** A case may take this long on a machine that does other things as well; most take milliseconds. */
export const DEADLINE_MS = 30_000;

/** The outcome of an action that may refuse its input: '' or the code of the ToolError. Anything else falls out. */
export function refusal(action: () => void): string {
  try {
    action();
    return '';
  } catch (error) {
    return codeOf(error);
  }
}

/** Code of a refusal; an error that is none, or says that we are to blame, goes on as it is. */
export function codeOf(error: unknown): string {
  if (error instanceof ToolError && error.code !== 'internal/invariant') return error.code;
  throw error;
}

/** Feed a subject until the time is over. */
export async function fuzz(target: Target, folder: string, plan: Plan): Promise<Report> {
  const { seed, seconds, only, from = 0 } = plan;
  const subject = await target.prepare(folder);
  const outcomes = new Map<string, number>();
  const findings: { index: number; what: string }[] = [];
  const started = performance.now();
  const memory = new MemoryWatch();
  let slowestMs = 0;
  let index = only ?? from;
  for (; only === undefined ? performance.now() - started < seconds * 1000 : index === only; index++) {
    plan.onCase?.(index);
    memory.before();
    const before = performance.now();
    let outcome = 'FINDING';
    try {
      outcome = await subject.one(Random.ofCase(seed, index));
    } catch (error) {
      findings.push({ index, what: error instanceof Finding ? error.message : String((error as Error).stack) });
      if (findings.length >= MOST_FINDINGS) break;
    }
    const took = performance.now() - before;
    slowestMs = Math.max(slowestMs, took);
    memory.after(index, subject.helpers?.() ?? []);
    if (took > DEADLINE_MS) findings.push({ index, what: `took ${Math.round(took)} ms` });
    outcomes.set(outcome, (outcomes.get(outcome) ?? 0) + 1);
  }
  subject.close?.();
  const sorted = [...outcomes].sort(([, a], [, b]) => b - a);
  return {
    target: target.name,
    seed,
    cases: only === undefined ? index - from : 1,
    seconds: (performance.now() - started) / 1000,
    outcomes: Object.fromEntries(sorted),
    slowestMs,
    growthMiB: memory.growthMiB,
    growthIndex: memory.growthIndex,
    peakMiB: memory.peakMiB,
    findings,
  };
}
