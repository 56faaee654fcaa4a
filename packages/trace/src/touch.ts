import { catalog, widthOf, type EventBatch, type EventSpec } from '@kwind/events';
import { rawOf } from '@kwind/events/raw';
import { ToolError } from '@kwind/x86';

/** Where an event's row names a page-table page, an entry of it, or a slot; −1 where it does not. */
interface Plan {
  readonly table: number;
  readonly index: number;
  readonly slot: number;
}

const TWO_32 = 0x1_0000_0000;
const MAX_PFN = 2 ** 52;
const plans: (Plan | undefined)[] = Array.from({ length: 256 });
for (const spec of catalog) plans[spec.code] = planOf(spec);

function planOf(spec: EventSpec): Plan | undefined {
  const plan = { table: -1, index: -1, slot: -1 };
  let skip = 0;
  for (const [name, kind] of Object.entries(spec.fields)) {
    if (name === 'table' && kind === 'pfn') plan.table = skip;
    if (name === 'index' && kind === 'u16') plan.index = skip;
    if (name === 'slot' && kind === 'u16') plan.slot = skip;
    skip += widthOf(kind);
  }
  return plan.table >= 0 || plan.slot >= 0 ? plan : undefined;
}

/** Codes of events that touch a page-table page, and of those that change a slot. */
export const tableCodes: readonly number[] = plans.flatMap((plan, code) => (plan && plan.table >= 0 ? [code] : []));
export const slotCodes: readonly number[] = plans.flatMap((plan, code) => (plan && plan.slot >= 0 ? [code] : []));

/** Slots share the table with frames: one table less is one page less in a small file. */
export const slotKey = (slot: number): number => -1 - slot;
/** Bit of the mask that an entry sets: 512 entries in 64 groups of 8. */
export const groupOf = (index: number): number => (index >> 3) & 63;

/**
 * What one batch touches: a key and a mask of entry groups for each page-table page and slot.
 * Reused from batch to batch; made for millions of events a second, so no object is made for an event.
 */
export class TouchSet {
  readonly keys: number[] = [];
  /** Two words for each key: entry groups 0–31, 32–63. */
  get masks(): Uint32Array {
    return this.#masks;
  }
  #masks = new Uint32Array(2 * 256);
  readonly #rows = new Map<number, number>();

  /** Forget the last batch and note this one. */
  collect(batch: EventBatch): void {
    this.keys.length = 0;
    this.#rows.clear();
    const { codes, offsets, words } = rawOf(batch);
    let row = -1;
    let rowLo = 0;
    let rowHi = 0;
    for (let i = 0; i < codes.length; i++) {
      const plan = plans[codes[i]!];
      if (!plan) continue;
      const at = offsets[i]!;
      if (plan.slot >= 0) this.#masks[2 * this.#rowOf(slotKey(words[at + plan.slot]!))]! |= 1;
      if (plan.table < 0) continue;
      const lo = words[at + plan.table]!;
      const hi = words[at + plan.table + 1]!;
      // Neighbouring stores mostly go to one table.
      if (row < 0 || lo !== rowLo || hi !== rowHi) {
        row = this.#rowOf(hi * TWO_32 + lo);
        rowLo = lo;
        rowHi = hi;
      }
      if (plan.index < 0) {
        this.#masks.fill(0xffff_ffff, 2 * row, 2 * row + 2);
        continue;
      }
      const group = groupOf(words[at + plan.index]!);
      this.#masks[2 * row + (group >> 5)]! |= 1 << (group & 31);
    }
  }

  #rowOf(key: number): number {
    const known = this.#rows.get(key);
    if (known !== undefined) return known;
    if (key >= MAX_PFN)
      throw new ToolError(
        'event/bad-field',
        `frame 0x${key.toString(16)} of a page table is beyond 52 bits.`,
        'It cannot be a frame of an x86-64 machine.',
      );
    const row = this.keys.push(key) - 1;
    this.#rows.set(key, row);
    if (2 * row >= this.#masks.length) {
      const grown = new Uint32Array(this.#masks.length * 2);
      grown.set(this.#masks);
      this.#masks = grown;
    }
    this.#masks.fill(0, 2 * row, 2 * row + 2);
    return row;
  }
}
