import { catalog, type EventView } from '@kwind/events';
import { findKernelFunction, kernelFunctions } from '@kwind/kernel';
import { didYouMean, hex16, ToolError } from '@kwind/x86';
import {
  either,
  entriesChange,
  registerChanges,
  slotChanges,
  sourceOf,
  typeMatches,
  type Predicate,
  type Source,
} from '@kwind/timeline';
import type { Core } from '../core.ts';
import { Interrupted } from '../interrupted.ts';
import type { WatchAccess } from '../protocol.ts';
import { parseVaddrRange, slotNumber, type VaddrRange } from '../ranges.ts';
import { entriesFor } from '../targets/memory.ts';
import { parseTarget } from '../targets/parse.ts';
import { isChange, type Target } from '../targets/target.ts';
import { environmentOf, type Condition } from './condition.ts';
import type { Trigger } from './trigger.ts';

const entered = sourceOf('call.entered');
const vaddrEvents: readonly Source[] = [
  { codes: catalog.filter((spec) => 'vaddr' in spec.fields).map((spec) => spec.code) },
];

const fixed = (what: string, predicate: Predicate): Trigger => ({ what, follows: false, predicate: () => predicate });

const isIn = (range: VaddrRange, event: EventView): boolean =>
  'vaddr' in event && event.vaddr >= range.start && event.vaddr < range.end;

function functionTrigger(name: string, core: Core): Trigger {
  const predicate: Predicate = {
    sources: entered,
    test: ({ event }) => event.type === 'call.entered' && event.fn === name,
  };
  if (findKernelFunction(name) === undefined && !isCalled(predicate, core)) {
    const names = kernelFunctions.map((fn) => fn.name);
    throw new ToolError(
      'command/usage',
      `the trace has no call of "${name}".`,
      didYouMean(name, names, 'info calls all lists those it has.'),
    );
  }
  return fixed(name, predicate);
}

function isCalled(predicate: Predicate, { timeline, shouldStop }: Core): boolean {
  const found = timeline.find(0, predicate, 'forward', { shouldStop });
  if (found.kind === 'interrupted') throw new Interrupted();
  return found.kind === 'hit';
}

/** Events about addresses in a range: accesses, flushes and fills of it, and stores to the entries that translate it. */
function rangeTrigger(range: VaddrRange): Trigger {
  const named: Predicate = { sources: vaddrEvents, test: ({ event }) => isIn(range, event) };
  return {
    what: `${hex16(range.start)}..${hex16(range.end)}`,
    follows: true,
    // A load of CR3 is no event of the address, but from then on other entries translate it.
    predicate: (view) => either([named, entriesChange(entriesFor(view, range)), registerChanges('cr3')]),
    confirm: (timeline, seq) => timeline.event(seq).type !== 'cr3.loaded',
  };
}

/** Any event that makes an expression true. One that asks about the event itself stops at each event it holds for. */
export function conditionTrigger(condition: Condition): Trigger {
  const { text, usesEvent, sources, holds } = condition;
  if (usesEvent) return fixed(`if ${text}`, { test: (moment) => holds(environmentOf(moment)) });
  const test: Predicate['test'] = ({ before, after }) => holds({ view: after }) && !holds({ view: before });
  return fixed(`if ${text}`, { ...(sources && { sources }), test });
}

/**
 * Read what a `break` is set on.
 * @throws ToolError command/usage, event/unknown-type, address/*
 */
export function breakTrigger(text: string, core: Core): Trigger {
  const slot = /^slot\s+([0-9]{1,9})$/.exec(text);
  if (slot) {
    const number = slotNumber(slot[1]!, core.timeline.profile);
    return fixed(`slot ${number}`, slotChanges(number));
  }
  if (/^[a-z0-9*-]+\.[a-z0-9.*,-]*$/i.test(text) && !text.includes('..')) return fixed(text, typeMatches(text));
  if (text === '*') return fixed('*', { test: () => true });
  if (/^[a-z_]\w*(?:\(\))?$/i.test(text) && !/^(?:0x)?[0-9a-f]{5,16}$/i.test(text))
    return functionTrigger(text.replace('()', ''), core);
  return rangeTrigger(parseVaddrRange(text, core));
}

const troubles: Readonly<Record<string, () => Predicate>> = {
  // The frames that early_ioremap_debug prints around its own lines are no trouble.
  warn: () => ({ ...typeMatches('warn.raised'), test: ({ event }) => event.type === 'warn.raised' && !event.debug }),
  bug: () => typeMatches('bug.raised'),
  fault: () => typeMatches('fault.raised'),
  conflict: () => typeMatches('resource.conflicted,memtype.conflicted'),
  // An access that the TLB answered with a page that the tables no longer name.
  stale: () => ({
    ...typeMatches('memory.*'),
    test: ({ event }) => 'stale' in event && event.stale,
  }),
  leak: () => ({
    ...typeMatches('warn.raised'),
    test: ({ event }) => event.type === 'warn.raised' && event.fn === 'check_early_ioremap_leak',
  }),
};

/** @throws ToolError command/usage */
export function catchTrigger(text: string): Trigger {
  const name = text.trim();
  const names = Object.keys(troubles);
  if (!Object.hasOwn(troubles, name))
    throw new ToolError(
      'command/usage',
      `"${name}" cannot be caught.`,
      didYouMean(name, names, `These can: ${names.join(', ')}.`),
    );
  return fixed(name, troubles[name]!());
}

/** Changes of a target, accesses to it, or both. @throws ToolError command/usage and those of parseTarget */
export function watchTrigger(text: string, access: WatchAccess, core: Core): Trigger {
  const target = parseTarget(text, core);
  if (access === 'write') return writeTrigger(target);
  const { range } = target;
  if (range === undefined)
    throw new ToolError(
      'command/usage',
      `${target.title} is not read through the MMU.`,
      'watch stops when it changes.',
    );
  const reads = readsOf(range);
  if (access === 'read') return fixed(target.title, reads);
  const writes = writeTrigger(target);
  return {
    ...writes,
    predicate: (view) => either([reads, writes.predicate(view)]),
    confirm: (timeline, seq) => isRead(timeline.event(seq)) || writes.confirm!(timeline, seq),
  };
}

const isRead = ({ type }: EventView): boolean => type === 'memory.loaded' || type === 'tlb.filled';

function writeTrigger(target: Target): Trigger {
  const { range } = target;
  const stores: Predicate = {
    sources: sourceOf('memory.stored'),
    test: ({ event }) => range !== undefined && isIn(range, event),
  };
  return {
    what: target.title,
    follows: target.follows,
    target,
    predicate: (view) => (range === undefined ? target.changes(view) : either([target.changes(view), stores])),
    confirm: (timeline, seq) => timeline.event(seq).type === 'memory.stored' || isChange(target, timeline, seq),
  };
}

/** Loads from a range, and translations of it that the CPU cached. */
function readsOf(range: VaddrRange): Predicate {
  return {
    sources: sourceOf('memory.loaded', 'tlb.filled'),
    test: ({ event }) => {
      if (event.type === 'tlb.filled') return event.vaddr < range.end && event.vaddr + event.size > range.start;
      return isIn(range, event);
    },
  };
}
