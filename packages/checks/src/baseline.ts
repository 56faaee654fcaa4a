import { codeOfType, type EventView, type TraceReader } from '@kwind/events';
import { ToolError, type KernelProfile } from '@kwind/x86';
import { runRules } from './pass/run.ts';
import { rules } from './rules/index.ts';

const FORMAT = 1;

/** What good boots have in common and in what they vary: each thing that happened, in words without addresses, and in how many. */
export interface Baseline {
  readonly format: number;
  readonly profile: string;
  /** Boots that it was learned from. */
  readonly boots: number;
  readonly seen: Readonly<Record<string, number>>;
}

/** Something that a candidate does and no good boot did, or the other way round. */
export interface Regression {
  readonly kind: 'new' | 'missing';
  readonly what: string;
  /** First event of the candidate that shows it; −1 for what is missing. */
  readonly seq: number;
}

const OFFSET = /\+0x[0-9a-f]+(?:\/0x[0-9a-f]+)?/g;
const NUMBER = /\b(?:0x)?[0-9a-f]*\d[0-9a-f]*\b/gi;
const words = (text: string): string => text.replace(OFFSET, '').replace(NUMBER, 'N').split('\n', 1)[0]!;

const watched = [
  'call.entered',
  'warn.raised',
  'bug.raised',
  'fault.raised',
  'phase.entered',
  'resource.conflicted',
] as const;
const watchedCodes: ReadonlySet<number> = new Set(watched.map(codeOfType));

/** An event in words, or nothing when it is none that counts; `inside` is the function around it, or ''. */
function signatureOf(event: EventView, inside: string): string | undefined {
  switch (event.type) {
    case 'call.entered': {
      const place = inside === '' ? '' : ` in ${inside}()`;
      return `call of ${event.fn}()${place}${event.caller === '' ? '' : ` from ${words(event.caller)}`}`;
    }
    case 'warn.raised':
      return event.debug ? undefined : `WARN in ${event.fn}(): ${words(event.message)}`;
    case 'bug.raised':
      return `BUG in ${event.fn}(): ${words(event.message)}`;
    case 'fault.raised':
      return `fault of a ${event.access} in ${inside}(): ${words(event.reason)}`;
    case 'phase.entered':
      return `phase ${event.name}`;
    case 'resource.conflicted':
      return `${event.name} ${event.outcome} because of ${event.otherName}: ${event.reason}`;
    default:
      return undefined;
  }
}

/** What happens in a boot, in words that do not depend on addresses, sizes and counts, each with its first event. */
function signaturesOf(reader: TraceReader, profile: KernelProfile): ReadonlyMap<string, number> {
  const found = new Map<string, number>();
  const note = (text: string | undefined, seq: number): void => {
    if (text !== undefined && !found.has(text)) found.set(text, seq);
  };
  const fns = new Map<number, string>();
  for (let seq = 0; seq < reader.length;) {
    const batch = reader.batchContaining(seq);
    for (let i = 0; i < batch.length; i++) {
      if (!watchedCodes.has(batch.codeAt(i))) continue;
      const event = batch.at(i);
      if (event.type === 'call.entered') fns.set(event.seq, event.fn);
      note(signatureOf(event, fns.get(event.cause) ?? ''), event.seq);
    }
    seq = batch.firstSeq + batch.length;
  }
  for (const { rule, culprit, last } of runRules(reader, profile, rules)) {
    note(`broken rule ${rule}${culprit ? ` by ${culprit.fn}() from ${words(culprit.caller)}` : ''}`, last);
  }
  return found;
}

/** Add a good boot to a baseline, or begin one with it. */
export function learn(base: Baseline | undefined, reader: TraceReader, profile: KernelProfile): Baseline {
  const seen: Record<string, number> = { ...base?.seen };
  for (const text of signaturesOf(reader, profile).keys()) seen[text] = (seen[text] ?? 0) + 1;
  return { format: FORMAT, profile: base?.profile ?? profile.name, boots: (base?.boots ?? 0) + 1, seen };
}

/** What a candidate does that no good boot did, and what it leaves out that all of them did. */
export function regressions(base: Baseline, reader: TraceReader, profile: KernelProfile): readonly Regression[] {
  const here = signaturesOf(reader, profile);
  const fresh = [...here]
    .filter(([text]) => !Object.hasOwn(base.seen, text))
    .map(([what, seq]): Regression => ({ kind: 'new', what, seq }));
  const missing = Object.entries(base.seen)
    .filter(([text, n]) => n === base.boots && !here.has(text))
    .map(([what]): Regression => ({ kind: 'missing', what, seq: -1 }));
  return [...fresh, ...missing];
}

/** @throws ToolError import/format when the text is no baseline */
export function parseBaseline(text: string, name: string): Baseline {
  const wrong = (): ToolError =>
    new ToolError('import/format', `${name} is no baseline.`, 'kwind baseline build GOOD... -o BASE writes one.');
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (cause) {
    throw new ToolError('import/format', wrong().message, wrong().hint, { cause });
  }
  const { format, profile, boots, seen } = (value ?? {}) as Partial<Baseline>;
  const isWhole =
    format === FORMAT &&
    typeof profile === 'string' &&
    typeof boots === 'number' &&
    typeof seen === 'object' &&
    seen !== null;
  if (!isWhole) throw wrong();
  return { format, profile, boots, seen };
}
