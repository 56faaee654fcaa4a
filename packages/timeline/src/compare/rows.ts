import type { Apart } from './apart.ts';
import type { FieldPlan } from './plans.ts';

/** Above all levels: CR3 points to a root, and has no Present bit. */
export const ROOT = 5;

export const COUNTS_TABLE = 1;
export const COUNTS_INDEX = 2;
export const COUNTS_BEFORE = 4;
export const COUNTS_AFTER = 8;
/** Which of an entry's fields count, as bits. */
export const countedOf = (plan: readonly FieldPlan[] = []): number =>
  ['table', 'index', 'before', 'after'].reduce(
    (bits, name, i) => (plan.some((field) => field.name === name) ? bits | (1 << i) : bits),
    0,
  );

/** Of these an argument is a whole entry, or a size: no address. */
export const SETTER = /^(?:native_)?set_(?:pte|pmd|pud|p4d|pgd)$/;
const MAPPER = /(?:ioremap|memremap|iounmap|memunmap)(?!_page_range)/;

/** Clearing what is clear: the direct map is followed by as many such stores as its last table has entries left. */
export const isNothing = (words: Uint32Array, at: number): boolean =>
  (words[at + 3]! | words[at + 4]! | words[at + 5]! | words[at + 6]!) === 0;

/** Whether an entry of a table above the last level points to a table. */
export const isLink = (depth: number, lo: number): boolean =>
  depth === ROOT || (depth > 0 && (lo & 1) !== 0 && (depth > 2 || (lo & 0x80) === 0));

/** Variables that say where the image lies, or which page is given out next. */
export const saysPlace = (variable: string, { allocates, rebuilt }: Apart): boolean =>
  variable === 'phys_base' || (allocates && (isOwnCount(variable) || (variable === 'pgt_buf_end' && !rebuilt)));

/** The model's own count of what was given out: the kernel has no such variable. */
export const isOwnCount = (variable: string): boolean => variable.startsWith('kwind.');

const seconds = new Map<string, 'entry' | 'size' | false>();
/** What a function's second argument is, where it is no address. */
export function secondOf(fn: string): 'entry' | 'size' | false {
  let second = seconds.get(fn);
  if (second === undefined) seconds.set(fn, (second = SETTER.test(fn) ? 'entry' : MAPPER.test(fn) ? 'size' : false));
  return second;
}
export const depthOf = (fn: string): number => ['te', 'md', 'ud', '4d', 'gd'].indexOf(fn.slice(-2));
