import { catalog, codeOfType } from '@kwind/events';
import { CALL_ENTERED, CALL_RETURNED, type RawBatch, type RowSource } from '@kwind/events/raw';
import type { CallFrame, ControlState, Counters } from './control.ts';
import type { MachineState } from './machine.ts';
import { applyOther, TABLE_ALLOCATED } from './reduce.ts';
import { idle } from './reducers/trouble.ts';
import { MachineWriter } from './writer.ts';

/*
 * All of a machine but its pages is two parts, and neither depends on the other: the control state, which few events
 * change, and the tally of what nearly all others do: calls and flushes. Who asks for a register need not read the calls.
 */

/** How often things happened, and the innermost open call. */
export interface Tally {
  readonly counters: Counters;
  readonly calls: CallFrame | null;
}

/** What events of a type do besides storing to pages. Those that only drop translations do nothing while none is cached. */
const CHANGES = 1;
const DROPS = 2;
const COUNTS = 4;

const effects = new Uint8Array(256);
for (const { code } of catalog)
  effects[code] = (code & 0xf0) === 0x10 || code === TABLE_ALLOCATED || idle.has(code) ? 0 : CHANGES;
for (const code of [CALL_ENTERED, CALL_RETURNED]) effects[code] = COUNTS;
for (const type of ['tlb.page-flushed', 'tlb.flushed'] as const) effects[codeOfType(type)] = DROPS | COUNTS;
effects[codeOfType('tlb.evicted')] = DROPS;
const TLB_FILLED = codeOfType('tlb.filled');

const codesThat = (mask: number): readonly number[] =>
  catalog.map(({ code }) => code).filter((code) => (effects[code]! & mask) !== 0);
const changing = codesThat(CHANGES);
const changingOrDropping = codesThat(CHANGES | DROPS);

export function hasTranslations({ tlb }: ControlState): boolean {
  for (const _key in tlb) return true;
  return false;
}

/** Codes of the events that can change a control state, up to one that caches its first translation or drops its last. */
export const codesChanging = (control: ControlState): readonly number[] =>
  hasTranslations(control) ? changingOrDropping : changing;

/** Of events `from` to `to − 1` of a batch, those that can change the control state right before them. */
export function rowsChanging(control: ControlState, { codes }: RawBatch, from: number, to: number): Uint16Array {
  const found = new Uint16Array(to - from);
  let count = 0;
  let wanted = hasTranslations(control) ? CHANGES | DROPS : CHANGES;
  for (let i = from; i < to; i++) {
    const code = codes[i]!;
    if ((effects[code]! & wanted) === 0) continue;
    if (code === TLB_FILLED) wanted |= DROPS;
    found[count++] = i;
  }
  return found.slice(0, count);
}

/** A state's control state after some events of a batch, in order: those of {@link rowsChanging}. */
export function controlAfter(before: MachineState, source: RowSource, rows: Uint16Array): ControlState {
  if (rows.length === 0) return before.control;
  const machine = new MachineWriter(before);
  for (const i of rows) applyOther(machine, source.raw.codes[i]!, source, i);
  return machine.finish().control;
}

/** Counts on from a machine, event by event: from the types of the events alone, until somebody asks for the calls. */
export class TallyWriter {
  readonly #machine: MachineWriter;

  /** @param before the machine before the first event; of its control state the translations do not count */
  constructor(before: MachineState) {
    this.#machine = new MachineWriter({ ...before, control: { ...before.control, tlb: {} } });
  }

  /** Events `from` to `to − 1` of a batch, whose rows must stay as they are until {@link keep} or {@link take}. */
  apply(source: RowSource, from: number, to: number): void {
    const { codes } = source.raw;
    for (let i = from; i < to; i++)
      if ((effects[codes[i]!]! & COUNTS) !== 0) applyOther(this.#machine, codes[i]!, source, i);
  }

  /** The rows that were applied may change now. */
  keep(): void {
    this.#machine.keepRows();
  }

  take(): Tally {
    return Object.freeze({ counters: Object.freeze({ ...this.#machine.counters }), calls: this.#machine.calls });
  }
}
