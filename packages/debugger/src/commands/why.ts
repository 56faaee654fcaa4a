import type { Vaddr } from '@kwind/x86';
import { walk, type WalkStep } from '@kwind/state';
import { entriesChange, entryAt, registerChanges, sourceOf, type Predicate } from '@kwind/timeline';
import type { Cause, WhyAnswer } from '../answers.ts';
import type { Core } from '../core.ts';
import { callsOf, happeningOf } from '../explain.ts';
import { nameOfTable } from '../names.ts';
import { Interrupted } from '../interrupted.ts';
import type { Question } from '../protocol.ts';
import { askedTarget, namesNothing } from '../targets/parse.ts';
import { isChange, type Target } from '../targets/target.ts';

/** The chain of causes of what a target is here, from the fact back to the line that asked for it, and what it stands on. */
export function why(core: Core, { target: text }: Extract<Question, { do: 'why' }>): WhyAnswer {
  const { event } = core;
  if (event !== undefined && namesNothing(text, core))
    return { type: 'why', at: core.place, target: event.type, chain: causesOf(core, 'made-by', event.seq, '', 0) };
  const target = askedTarget(text, core);
  const made = lastChange(core, target);
  const chain = made === undefined ? [] : causesOf(core, 'made-by', made, target.title, 0);
  const base = target.range?.start as Vaddr | undefined;
  const needs = base === undefined ? [] : needsOf(core, target, base, made);
  return { type: 'why', at: core.place, target: target.title, chain: [...chain, ...needs] };
}

/** Last event before the position that changed a target; the one that made this very state counts. */
function lastChange(core: Core, target: Target): number | undefined {
  const { timeline, shouldStop } = core;
  for (let position = core.position + 1; ;) {
    const view = core.cursorAt(Math.min(position - 1, timeline.length)).state;
    const found = timeline.find(position, target.changes(view), 'backward', { shouldStop });
    if (found.kind === 'interrupted') throw new Interrupted();
    if (found.kind === 'edge') return undefined;
    if (isChange(target, timeline, found.seq)) return found.seq;
    position = found.seq + 1;
  }
}

/** An event with the calls around it, up to where they came from. */
function causesOf(
  core: Core,
  relation: Cause['relation'],
  seq: number,
  about: string,
  level: number,
): readonly Cause[] {
  const calls = callsOf(core.timeline, seq);
  const from = calls.find((call) => call.origin !== '');
  const causes: Cause[] = [
    {
      relation,
      seq,
      event: happeningOf(core.timeline, seq, core.cursorAt(seq + 1).state),
      call: null,
      origin: '',
      about,
      level,
    },
  ];
  for (const call of calls)
    if (call.seq !== seq)
      causes.push({ relation: 'called-by', seq: call.seq, event: null, call, origin: '', about: '', level });
  if (from)
    causes.push({ relation: 'origin', seq: from.seq, event: null, call: from, origin: from.origin, about: '', level });
  return causes;
}

/** What a mapping stands on: the entries above it, the tables that hold them, and the root. */
function needsOf(core: Core, target: Target, base: Vaddr, made: number | undefined): readonly Cause[] {
  const found = walk(core.cursor.state, base);
  if (found.kind === 'non-canonical') return [];
  const steps = found.steps.toReversed();
  const causes: Cause[] = [];
  const explain = (relation: Cause['relation'], predicate: Predicate, about: string): void => {
    const seq = before(core, predicate);
    // What made the target itself has been told already.
    if (seq !== undefined && seq !== made) causes.push(...causesOf(core, relation, seq, about, 1));
  };
  for (const step of steps) {
    explain('needs', entriesChange([entryAt(step.table, step.index)]), describeStep(core, step));
    explain('allocated-by', allocationOf(step.table), nameOfTable(core.cursor.state, step.table));
  }
  explain('loaded-by', registerChanges('cr3'), 'cr3');
  if (target.title.startsWith('slot'))
    explain('based-by', basingOf(Number(target.title.slice('slot '.length))), `slot_virt of ${target.title}`);
  return causes;
}

const describeStep = (core: Core, step: WalkStep): string =>
  `${step.level}[${step.index}] of ${nameOfTable(core.cursor.state, step.table)}`;

function before(core: Core, predicate: Predicate): number | undefined {
  const found = core.timeline.find(core.position + 1, predicate, 'backward', { shouldStop: core.shouldStop });
  if (found.kind === 'interrupted') throw new Interrupted();
  return found.kind === 'hit' ? found.seq : undefined;
}

function allocationOf(table: number): Predicate {
  const [source] = sourceOf('table.allocated');
  return {
    sources: [{ ...source!, touch: { table } }],
    test: ({ event }) => event.type === 'table.allocated' && event.table === table,
  };
}

const basingOf = (slot: number): Predicate => ({
  sources: sourceOf('slot.based'),
  test: ({ event }) => event.type === 'slot.based' && event.slot === slot,
});
