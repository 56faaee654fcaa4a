import type { EventOf, TraceReader } from '@kwind/events';
import { describeFlags, hex, PTE, type KernelProfile } from '@kwind/x86';
import type { EntryRow } from '../pass/entry-row.ts';
import { runRules } from '../pass/run.ts';
import { rules } from '../rules/index.ts';
import type { Frame, Rule, Watch } from '../types.ts';
import { from, outcome, place, words } from './words.ts';

/** How grave it is when it is new, gravest first. */
export const categories = ['rule', 'trouble', 'result', 'state', 'call', 'other'] as const;
export type Category = (typeof categories)[number];

/** Something that happens in a boot, by its words. */
export interface Thing {
  readonly category: Category;
  count: number;
  /** Events that showed it first and last. */
  readonly first: number;
  last: number;
  /** Of a call, for each argument, its values and the event that had each first. */
  readonly args: Map<string, number>[];
}

export interface Observed {
  readonly things: ReadonlyMap<string, Thing>;
  /** The ranges that the firmware told of, as one text; '' when the trace does not say. */
  readonly memory: string;
}

/** More values than this are a range, and not learned one by one. */
export const MOST_VALUES = 64;
/** Between a call and what it gave back. */
export const RETURNS = ' returns ';
const ACCESSED_DIRTY = 0x60n;

class Observer {
  readonly things = new Map<string, Thing>();
  readonly ranges = new Set<string>();
  readonly #profile: KernelProfile;
  readonly #slots = new Map<number, { readonly text: string; readonly seq: number }>();
  readonly #entries = new Map<string, Thing>();

  constructor(profile: KernelProfile) {
    this.#profile = profile;
  }

  note(category: Category, text: string, seq: number): Thing {
    const thing = this.things.get(text) ?? { category, count: 0, first: seq, last: seq, args: [] };
    thing.count++;
    thing.last = seq;
    this.things.set(text, thing);
    return thing;
  }

  watch(): Watch {
    return {
      entry: (row, { seq, frame }) => this.#entry(row, seq, frame),
      events: {
        'call.entered': (event, { seq, frame }) => this.#call(event, seq, frame),
        'call.returned': ({ fn, result }, { seq, frame }) => {
          this.note('result', `${fn}()${RETURNS}${outcome(result)}`, seq);
          this.note('result', `${fn}()${from(callerOf(frame))}${RETURNS}${outcome(result)}`, seq);
        },
        'e820.added': ({ start, size, kind }) => void this.ranges.add(`${hex(start)}+${hex(size)} ${kind}`),
        'warn.raised': ({ debug, fn, message }, { seq }) =>
          void (debug || this.note('trouble', `WARN in ${fn}(): ${words(message)}`, seq)),
        'bug.raised': ({ fn, message }, { seq }) => void this.note('trouble', `BUG in ${fn}(): ${words(message)}`, seq),
        'fault.raised': ({ access, reason }, { seq, frame }) =>
          void this.note(
            'trouble',
            `fault of a ${access} in ${frame?.fn ?? ''}()${from(callerOf(frame))}: ${words(reason)}`,
            seq,
          ),
        'message.printed': ({ text }, { seq }) => void this.note('other', `message: ${words(text)}`, seq),
        'phase.entered': ({ name }, { seq }) => void this.note('other', `phase ${name}`, seq),
        // What is not refused the kernel works around, as often as the memory map asks for it.
        'resource.conflicted': ({ name, outcome: end, otherName, reason }, { seq }) => {
          const text = `resource ${name} ${end} because of ${otherName}: ${reason}`;
          this.note(end === 'refused' ? 'trouble' : 'other', text, seq);
        },
        'resource.claimed': ({ name }, { seq }) => void this.note('other', `resource claimed: ${words(name)}`, seq),
        'resource.inserted': ({ name }, { seq }) => void this.note('other', `resource inserted: ${words(name)}`, seq),
        'memory.loaded': ({ stale }, moment) => this.#access(stale, 'load', moment.seq, moment.frame),
        'memory.stored': ({ stale }, moment) => this.#access(stale, 'store', moment.seq, moment.frame),
        'slot.claimed': ({ slot }, { seq, frame }) =>
          void this.#slots.set(slot, { text: `still mapped at the end: ${outermost(frame)}`, seq }),
        'slot.released': ({ slot }) => void this.#slots.delete(slot),
      },
      end: () => {
        for (const { text, seq } of this.#slots.values()) this.note('state', text, seq);
      },
    };
  }

  #call({ fn, args, caller }: EventOf<'call.entered'>, seq: number, frame: Frame | null): void {
    const inside = frame?.outer ? ` in ${frame.outer.fn}()` : '';
    const thing = this.note('call', `call of ${fn}()${inside}${from(caller)}`, seq);
    for (const [i, value] of args.entries()) {
      const values = (thing.args[i] ??= new Map());
      if (values.size > MOST_VALUES) continue;
      const text = place(this.#profile, value);
      if (!values.has(text)) values.set(text, seq);
    }
  }

  #access(stale: boolean, what: string, seq: number, frame: Frame | null): void {
    if (stale)
      this.note('trouble', `${what} through a stale translation in ${frame?.fn ?? ''}()${from(callerOf(frame))}`, seq);
  }

  /** Levels and rights of what is stored, by function; the same few for millions of stores. */
  #entry(row: EntryRow, seq: number, frame: Frame | null): void {
    const key = `${row.code} ${row.afterLo & 0xf9f} ${row.afterHi >>> 31} ${frame?.fn ?? ''}`;
    const known = this.#entries.get(key);
    if (known) {
      known.count++;
      known.last = seq;
      return;
    }
    const flags = row.after & (0xf9fn | PTE.NX) & ~ACCESSED_DIRTY;
    const what = (flags & 1n) === 0n ? 'none' : describeFlags(row.level, flags);
    const text = `${row.isLink ? 'link' : 'entry'} of ${row.level} with ${what}${frame ? ` in ${frame.fn}()` : ''}`;
    this.#entries.set(key, this.note('other', text, seq));
  }
}

const callerOf = (frame: Frame | null): string => {
  for (let at = frame; at; at = at.outer) if (at.caller !== '') return at.caller;
  return '';
};

function outermost(frame: Frame | null): string {
  let at = frame;
  while (at?.outer && at.caller === '') at = at.outer;
  return at ? `${at.fn}()${from(at.caller)}` : 'a mapping that no call made';
}

/** What happens in a boot, in words that do not depend on where KASLR put things; the broken rules too. One pass. */
export function observe(reader: TraceReader, profile: KernelProfile): Observed {
  const observer = new Observer(profile);
  const asRule: Rule = {
    name: 'observer',
    severity: 'note',
    title: '',
    explanation: '',
    source: '',
    start: () => observer.watch(),
  };
  for (const { rule, culprit, last } of runRules(reader, profile, [...rules, asRule])) {
    const by = culprit ? ` by ${culprit.fn}()${from(culprit.caller)}` : '';
    observer.note('rule', `broken rule ${rule}${by}`, last);
  }
  return { things: observer.things, memory: [...observer.ranges].toSorted().join(', ') };
}
