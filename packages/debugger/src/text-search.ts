import { catalog, specOfType, type EventView } from '@kwind/events';
import { hex } from '@kwind/x86';
import type { Predicate } from '@kwind/timeline';

const withText = catalog.filter((spec) => Object.values(spec.fields).includes('str')).map((spec) => spec.code);

/**
 * Events that hold a text, without regard to case: in a name, a message, a caller, an origin, or the type; a text that begins
 * with `0x` also among the numbers.
 */
export function textPredicate(text: string): Predicate {
  const wanted = text.toLowerCase();
  const types = catalog.filter((spec) => spec.type.includes(wanted)).map((spec) => spec.code);
  if (wanted.startsWith('0x')) return { test: ({ event }) => holds(event, wanted) };
  return { sources: [{ codes: [...new Set([...withText, ...types])] }], test: ({ event }) => holds(event, wanted) };
}

function holds(event: EventView, wanted: string): boolean {
  if (event.type.includes(wanted)) return true;
  const values = event as unknown as Record<string, unknown>;
  for (const name in specOfType(event.type)!.fields) {
    const value = values[name];
    if (
      typeof value === 'string'
        ? value.toLowerCase().includes(wanted)
        : wanted.startsWith('0x') && numbers(name, value).includes(wanted)
    )
      return true;
  }
  return false;
}

/** A number as people read it: a table by its physical address. */
function numbers(name: string, value: unknown): string {
  if (Array.isArray(value)) return value.map((one: bigint) => hex(one)).join(' ');
  if (name === 'table') return hex(BigInt(value as number) << 12n);
  return typeof value === 'bigint' ? hex(value) : '';
}
