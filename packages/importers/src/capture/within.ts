import type { CaptureRecord } from './record.ts';

/** `native_set_pte` of `native_set_pte+0x6`; parts that the compiler split off count as the function. */
export const symbolOf = (frame: string): string =>
  frame.replace(/\+0x[0-9a-f]+(?:\/0x[0-9a-f]+)?$/i, '').replace(/(?:\.(?:part|cold|constprop|isra)(?:\.\d+)?)+$/, '');

/** How surely a record lies inside a call that was entered before it. */
export type Within = 'yes' | 'no' | 'unknown';

/** A function that calls one function after the other from one place. */
const LOOP = 'do_one_initcall';

/**
 * Whether `later` was reached from inside `call`, by its stack. The nearest frame that belongs to the caller of `call`
 * decides: when it is the very return address that `call` has, `later` came that way, also when a tail call has taken
 * `call` itself off the stack. A frame of `call` nearer than that says so too. When neither shows, the stack says nothing.
 * The address in do_one_initcall() is the same for every initcall, so it shows nothing.
 */
export function isWithin(call: CaptureRecord, later: CaptureRecord): Within {
  const [site] = call.stack;
  const isSibling = later.fn === call.fn && later.stack[0] === site;
  if (isSibling && site !== undefined) return 'no';
  const caller = site === undefined ? undefined : symbolOf(site);
  for (const frame of later.stack) {
    const symbol = symbolOf(frame);
    if (symbol === call.fn || (frame === site && symbol !== LOOP)) return 'yes';
    if (symbol === caller) return 'no';
  }
  return 'unknown';
}

/** Whether the return address of a call stands in a later stack. */
export const showsSite = ({ stack: [site] }: CaptureRecord, later: CaptureRecord): boolean =>
  site !== undefined && later.stack.includes(site);
