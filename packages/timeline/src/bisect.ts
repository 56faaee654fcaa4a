import { ToolError } from '@kwind/x86';

/** What a test says about a position. `skip`: it cannot be judged there. */
export type Verdict = 'good' | 'bad' | 'skip';

/** Positions `from` to `to − 1`. */
export interface Span {
  readonly from: number;
  readonly to: number;
}

/** What is known so far: good up to `good`, bad from `bad` on, and what was skipped. */
export interface Bisection {
  readonly good: number;
  readonly bad: number;
  readonly skipped: readonly Span[];
}

export type BisectResult =
  /** `position` is the first bad one. */
  | { readonly kind: 'found'; readonly position: number }
  /** Only skipped positions are left: the first bad one is in here. */
  | { readonly kind: 'skipped'; readonly span: Span }
  /** An end is not what it was said to be: the property does not turn from good to bad in between. */
  | { readonly kind: 'no-turn'; readonly position: number; readonly verdict: Verdict };

const holeAt = (skipped: readonly Span[], position: number): Span | undefined =>
  skipped.find(({ from, to }) => from <= position && position < to);

/** The nearest position in a direction from `start` on that was not skipped, or undefined outside good and bad. */
function nearest({ good, bad, skipped }: Bisection, start: number, step: 1 | -1): number | undefined {
  let at = start;
  for (let hole = holeAt(skipped, at); hole; hole = holeAt(skipped, at)) at = step === 1 ? hole.to : hole.from - 1;
  return at > good && at < bad ? at : undefined;
}

/** Where to test next: the middle, or the nearest to it that was not skipped. Undefined when there is nothing left to test. */
export function nextProbe(state: Bisection): number | undefined {
  const middle = state.good + Math.floor((state.bad - state.good) / 2);
  const [below, above] = [nearest(state, middle, -1), nearest(state, middle, 1)];
  if (below === undefined || above === undefined) return below ?? above;
  return middle - below <= above - middle ? below : above;
}

/** How it stands when there is nothing left to test. */
export function outcomeOf({ good, bad }: Bisection): BisectResult {
  return bad - good === 1
    ? { kind: 'found', position: bad }
    : { kind: 'skipped', span: { from: good + 1, to: bad + 1 } };
}

/**
 * Take a verdict into account.
 * @throws ToolError command/usage when it contradicts an earlier one: the property is not monotone, or somebody erred
 */
export function judged(state: Bisection, span: Span, verdict: Verdict): Bisection {
  const last = span.to - 1;
  if (verdict === 'skip') return { ...state, skipped: [...state.skipped, span] };
  const contradicts = verdict === 'good' ? last >= state.bad : span.from <= state.good;
  if (contradicts) {
    const [here, there] =
      verdict === 'good'
        ? [`${last} is good`, `${state.bad} is bad`]
        : [`${span.from} is bad`, `${state.good} is good`];
    throw new ToolError(
      'command/usage',
      `position ${here}, but ${there} already.`,
      'A search by halves needs one turn from good to bad: start again between two turns, or list them all with --all-flips.',
    );
  }
  return verdict === 'good'
    ? { ...state, good: Math.max(state.good, last) }
    : { ...state, bad: Math.min(state.bad, span.from) };
}

/**
 * Search the first bad position by halves. Yields positions to test and is told what they are; both ends are tested
 * first, so that an answer is never made of a wrong assumption. At most ⌈log2 n⌉ + 2 tests while nothing is skipped.
 */
export function* bisection(good: number, bad: number): Generator<number, BisectResult, Verdict> {
  if (good >= bad)
    throw new ToolError(
      'command/usage',
      `the good position ${good} does not come before the bad one ${bad}.`,
      'Good is the earlier one.',
    );
  const last = yield bad;
  if (last !== 'bad') return { kind: 'no-turn', position: bad, verdict: last };
  const first = yield good;
  if (first !== 'good') return { kind: 'no-turn', position: good, verdict: first };
  let state: Bisection = { good, bad, skipped: [] };
  for (let at = nextProbe(state); at !== undefined; at = nextProbe(state)) {
    state = judged(state, { from: at, to: at + 1 }, yield at);
  }
  return outcomeOf(state);
}

export interface Bisected {
  readonly result: BisectResult;
  /** Tests that were made. */
  readonly probes: number;
}

/** {@link bisection} with a test that may take its time. */
export async function bisect(
  good: number,
  bad: number,
  test: (position: number) => Verdict | Promise<Verdict>,
): Promise<Bisected> {
  const search = bisection(good, bad);
  let step = search.next();
  let probes = 0;
  while (step.done !== true) {
    probes++;
    step = search.next(await test(step.value));
  }
  return { result: step.value, probes };
}
