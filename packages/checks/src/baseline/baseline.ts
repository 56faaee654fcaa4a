import type { TraceReader } from '@kwind/events';
import { ToolError, type KernelProfile } from '@kwind/x86';
import { categories, MOST_VALUES, observe, RETURNS, type Category, type Observed, type Thing } from './observe.ts';

/** Number of the file's layout; README.md of this package describes it. */
export const FORMAT = 3;

/** What good boots have in common in one thing that happens in them. */
export interface Learned {
  readonly category: Category;
  /** Good boots that had it. */
  readonly boots: number;
  /** How often it happened in those, at least and at most. */
  readonly least: number;
  readonly most: number;
  /** Of a call, the values of each argument where all good boots agree on them; null where they differ. */
  readonly args: readonly (readonly string[] | null)[];
}

/** What good boots have in common and in what they vary, by words without addresses. */
export interface Baseline {
  readonly kind: 'kwind-baseline';
  readonly format: typeof FORMAT;
  readonly profile: string;
  /** Boots that it was learned from. */
  readonly boots: number;
  /** What memory they had, each in the words of {@link Observed.memory}. */
  readonly memories: readonly string[];
  readonly things: Readonly<Record<string, Learned>>;
}

/** A note is what may come of an amount of memory that no good boot had. */
export type Weight = 'alarm' | 'note';

/** A difference before it is weighed. */
type Difference = Omit<Regression, 'weight'>;

/** Something in which a candidate differs from all good boots. */
export interface Regression {
  readonly weight: Weight;
  readonly kind: 'new' | 'missing' | 'count' | 'argument';
  readonly category: Category;
  readonly what: string;
  /** First event of the candidate that shows it; −1 for what is missing. */
  readonly seq: number;
}

function checkProfile(base: Baseline | undefined, profile: KernelProfile): void {
  if (base === undefined || base.profile === profile.name) return;
  throw new ToolError(
    'option/invalid',
    `the good boots are of ${base.profile}, and this one is of ${profile.name}.`,
    'Boots of one kernel build can be compared; build a baseline for each.',
  );
}

const valuesOf = (values: ReadonlyMap<string, number>): readonly string[] | null =>
  values.size > MOST_VALUES ? null : [...values.keys()].toSorted();

const sameValues = (a: readonly string[] | null, b: readonly string[] | null): boolean =>
  a !== null && b !== null && a.length === b.length && a.every((value, i) => value === b[i]);

const firstSight = ({ category, count, args }: Thing): Learned => ({
  category,
  boots: 1,
  least: count,
  most: count,
  args: args.map(valuesOf),
});

function again(known: Learned, { count, args }: Thing): Learned {
  const agreed = (_: unknown, i: number): readonly string[] | null => {
    const [before, now] = [known.args[i] ?? null, valuesOf(args[i] ?? new Map())];
    return sameValues(before, now) ? now : null;
  };
  return {
    ...known,
    boots: known.boots + 1,
    least: Math.min(known.least, count),
    most: Math.max(known.most, count),
    args: Array.from({ length: Math.max(known.args.length, args.length) }, agreed),
  };
}

/**
 * Add a good boot to a baseline, or begin one with it.
 * @throws ToolError option/invalid when it is of another kernel build
 */
export function learn(base: Baseline | undefined, reader: TraceReader, profile: KernelProfile): Baseline {
  checkProfile(base, profile);
  const things: Record<string, Learned> = { ...base?.things };
  const seen = observe(reader, profile);
  for (const [text, thing] of seen.things) {
    const known = Object.hasOwn(things, text) ? things[text] : undefined;
    things[text] = known ? again(known, thing) : firstSight(thing);
  }
  const memories = [...new Set([...(base?.memories ?? []), seen.memory])];
  const boots = (base?.boots ?? 0) + 1;
  return { kind: 'kwind-baseline', format: FORMAT, profile: profile.name, boots, memories, things };
}

/**
 * In what a candidate differs from all good boots, gravest first: what only it does, what it leaves out though all of them
 * did it, what it does far more or less often, and calls with arguments on which they agreed.
 * @throws ToolError option/invalid when it is of another kernel build
 */
export function regressions(base: Baseline, reader: TraceReader, profile: KernelProfile): readonly Regression[] {
  checkProfile(base, profile);
  const { things: here, memory } = observe(reader, profile);
  const found = [...here].flatMap(([text, thing]) =>
    Object.hasOwn(base.things, text) ? judge(text, base.things[text]!, thing, base.boots) : [fresh(text, thing)],
  );
  const calls = new Set(Object.keys(base.things).map(callOfResult));
  // What a call returns that no good boot makes adds nothing to the call.
  const told = found.filter(
    ({ kind, category, what }) => kind !== 'new' || category !== 'result' || calls.has(callOfResult(what)),
  );
  const isOwnMemory = !base.memories.includes(memory);
  return [...told, ...missing(base, here)]
    .map((one): Regression => ({ weight: weightOf(one, isOwnMemory), ...one }))
    .toSorted(
      (a, b) =>
        a.weight.localeCompare(b.weight) ||
        categories.indexOf(a.category) - categories.indexOf(b.category) ||
        a.seq - b.seq,
    );
}

/**
 * How much memory there is decides what the kernel's own functions call each other with and how often, which tables they
 * build and what they fill in: with a memory map that no good boot had, such differences prove nothing. What a driver asks
 * for, what a call gives back, and all trouble does not depend on it. To do without trouble is never wrong.
 */
function weightOf({ kind, category, what }: Difference, isOwnMemory: boolean): Weight {
  if (kind === 'missing' && (category === 'trouble' || category === 'rule')) return 'note';
  if (!isOwnMemory) return 'alarm';
  const isKernelsOwn = category === 'call' && / in \w+\(\)(?:$|:)/.test(what);
  return isKernelsOwn || category === 'other' ? 'note' : 'alarm';
}

const callOfResult = (text: string): string => text.slice(0, Math.max(0, text.lastIndexOf(RETURNS)));

const fresh = (what: string, { category, first }: Thing): Difference => ({ kind: 'new', category, what, seq: first });

function missing({ boots, things }: Baseline, here: Observed['things']): Difference[] {
  const calls = new Set([...here.keys()].map(callOfResult));
  return Object.entries(things)
    .filter(([text, known]) => known.boots === boots && !here.has(text))
    .filter(([text, { category }]) => category !== 'result' || calls.has(callOfResult(text)))
    .map(([what, { category }]) => ({ kind: 'missing', category, what, seq: -1 }));
}

const counted: readonly Category[] = ['trouble', 'call'];

function judge(text: string, known: Learned, thing: Thing, boots: number): Difference[] {
  const { category } = thing;
  // What varies may vary as much again; what some boots do without may happen less often, too.
  const slack = known.most - known.least;
  const [low, high] = [known.boots < boots ? 1 : known.least - slack, known.most + slack];
  const usual = known.least === known.most ? `${known.least}` : `${known.least} to ${known.most}`;
  // How many entries are stored and lines printed follows the size of memory; a result is counted with its call.
  const often = counted.includes(category) && (thing.count < low || thing.count > high);
  const frequency: Difference[] = often
    ? [{ kind: 'count', category, what: `${text}: ${thing.count} times, in good boots ${usual}`, seq: thing.last }]
    : [];
  return [
    ...frequency,
    ...thing.args.flatMap((values, i) => strangers(text, known.args[i] ?? null, values, i, category)),
  ];
}

function strangers(
  text: string,
  agreed: readonly string[] | null,
  values: ReadonlyMap<string, number>,
  i: number,
  category: Category,
): Difference[] {
  if (agreed === null) return [];
  const strange = [...values].find(([value]) => !agreed.includes(value));
  if (!strange) return [];
  const usual = agreed.length > 3 ? `one of ${agreed.length} values` : agreed.join(', ');
  return [
    {
      kind: 'argument',
      category,
      what: `${text}: argument ${i + 1} is ${strange[0]}, in good boots ${usual}`,
      seq: strange[1],
    },
  ];
}
