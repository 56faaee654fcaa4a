import {
  didYouMean,
  hex16,
  slot as slotOf,
  slotVirt,
  ToolError,
  type KernelProfile,
  type Level,
  type ResourceTreeName,
} from '@kwind/x86';
import { kernelVariables, type MachineView } from '@kwind/state';
import { registerChanges, slotChanges, typeMatches, variableChanges } from '@kwind/timeline';
import type { Core } from '../core.ts';
import { parseAddress, parseVaddrRange, slotNumber } from '../ranges.ts';
import { slotInfos } from '../views/slots.ts';
import { expressionTarget } from './expression.ts';
import { entryTarget, tlbTarget, translationTarget } from './memory.ts';
import { resourceTarget } from './resources.ts';
import type { Target } from './target.ts';

const FORMS =
  'Name an address, pte ADDRESS, slot N, fix NAME, tlb ADDRESS, iomem A-B, ioport A-B, a register as cr3, a kernel variable, or an expression.';

/** {@link parseTarget} of what a question names, or of what the last one named, or of what the event at hand is about. */
export function askedTarget(text: string, core: Core): Target {
  const target = parseTarget(text.trim() || core.asked || aboutEvent(core), core);
  if (text.trim() !== '') core.asked = text.trim();
  return target;
}

/** The question names nothing, none before it did, and neither does the event at hand, a warning for example. */
export const namesNothing = (text: string, core: Core): boolean =>
  (text.trim() || core.asked || aboutEvent(core)) === '';

/** The slot or the address that the event at hand names, as the user would; empty when it names none. */
function aboutEvent({ event }: Core): string {
  if (event === undefined) return '';
  if ('slot' in event && typeof event.slot === 'number') return `slot ${event.slot}`;
  return 'vaddr' in event && typeof event.vaddr === 'bigint' ? hex16(event.vaddr) : '';
}

function slotTarget(number: number, profile: KernelProfile): Target {
  const start = slotVirt(profile, slotOf(number));
  return {
    title: `slot ${number}`,
    follows: false,
    range: { start, end: start + (BigInt(profile.nrFixBtmaps) << 12n) },
    changes: () => slotChanges(number),
    value: (timeline, cursor) => ({ kind: 'slot', slot: slotInfos(timeline, cursor)[number]! }),
  };
}

function registerTarget(name: string): Target {
  return {
    title: name,
    follows: false,
    changes: () => registerChanges(name),
    value: (_timeline, { state }) => ({ kind: 'number', value: state.control.registers[name] ?? 0n }),
    valueAfter: (event) =>
      'after' in event && typeof event.after === 'bigint' ? { kind: 'number', value: event.after } : undefined,
  };
}

function variableTarget(name: string): Target {
  return {
    title: name,
    follows: false,
    changes: () => variableChanges(name),
    value: (_timeline, { state }) => ({ kind: 'number', value: state.control.variables[name] ?? 0n }),
    valueAfter: (event) => (event.type === 'variable.set' ? { kind: 'number', value: event.after } : undefined),
  };
}

const phaseTarget: Target = {
  title: 'phase',
  follows: false,
  changes: () => typeMatches('phase.entered'),
  value: (_timeline, { state }) => ({ kind: 'text', value: state.control.phase }),
  valueAfter: (event) => (event.type === 'phase.entered' ? { kind: 'text', value: event.name } : undefined),
};

/** A register, a kernel variable, or the phase, by its name alone. */
function namedTarget(name: string, view: MachineView): Target | undefined {
  if (Object.hasOwn(view.control.registers, name)) return registerTarget(name);
  if (Object.hasOwn(kernelVariables, name) || Object.hasOwn(view.control.variables, name)) return variableTarget(name);
  return name === 'phase' ? phaseTarget : undefined;
}

/**
 * Read what `last`, `next-write`, `history`, `why` and `watch` are asked about.
 * @throws ToolError command/usage; address/*, fixmap/unknown, expression/* of the address in it
 */
export function parseTarget(text: string, core: Core): Target {
  const trimmed = text.trim();
  const { profile } = core.timeline;
  const { state } = core.cursor;
  if (trimmed === '') throw new ToolError('command/usage', 'nothing is named.', FORMS);
  const slot = /^slot\s+([0-9]{1,9})$/.exec(trimmed);
  if (slot) return slotTarget(slotNumber(slot[1]!, profile), profile);
  const entry = /^(pte|pmd|pud|p4d|pgd)\s+(\S[\s\S]*)$/.exec(trimmed);
  if (entry) return entryTarget(state, entry[1] as Level, parseAddress(entry[2]!, core));
  const cached = /^tlb\s+(\S[\s\S]*)$/.exec(trimmed);
  if (cached) return tlbTarget(parseAddress(cached[1]!, core));
  if (/^fix(?:map)?\s+/.test(trimmed)) {
    const start = parseAddress(trimmed, core);
    return translationTarget(trimmed.replace(/^fix(?:map)?\s+/, 'fix '), { start, end: start + 0x1000n });
  }
  const named = namedTarget(trimmed.replace(/^\$|^register\s+|^variable\s+/, ''), state);
  if (named) return named;
  const resource = /^(iomem|ioport)s?\s+(\S[\s\S]*)$/.exec(trimmed);
  if (resource) return resourceTarget(resource[1] as ResourceTreeName, resource[2]!);
  const address = /^va\s+(\S[\s\S]*)$/.exec(trimmed)?.[1];
  if (address !== undefined) return rangeTarget(address, core);
  return addressTarget(trimmed, core);
}

/** One address, `A..B`, `A len N` or `A,+N`. */
function rangeTarget(text: string, core: Core): Target {
  if (!/\.\.|,\s*\+|\slen\s/.test(text)) {
    const address = parseAddress(text, core);
    return translationTarget(hex16(address), { start: address, end: address + 1n });
  }
  const range = parseVaddrRange(text, core);
  return translationTarget(`${hex16(range.start)}..${hex16(range.end)}`, range);
}

/** Digits, a symbol with an offset, or a range of them: never the value of an expression. */
const PLAIN = /^(?:0x[0-9a-f_]+|[0-9][0-9a-f_]*|[0-9a-f_]{5,})$|\.\.|,\s*\+|\slen\s|^fix(?:map)?\s|^slot\s/i;

function addressTarget(text: string, core: Core): Target {
  try {
    return (PLAIN.test(text) ? undefined : expressionTarget(text, core)) ?? rangeTarget(text, core);
  } catch (error) {
    if (!(error instanceof ToolError) || error.code !== 'expression/name') throw error;
    const names = [
      ...Object.keys(core.cursor.state.control.registers),
      ...Object.keys(kernelVariables),
      'slot',
      'pte',
      'fix',
      'tlb',
      'phase',
      ...core.scope.names(),
    ];
    throw new ToolError('command/usage', `there is no "${text}" to ask about.`, didYouMean(text, names, FORMS), {
      cause: error,
    });
  }
}
