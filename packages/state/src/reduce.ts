import { hex, ToolError, type Position } from '@kwind/x86';
import { catalog, codeOfType, isEntryCode, type BatchRows, type EventBatch } from '@kwind/events';
import { CALL_ENTERED, CALL_RETURNED, movedView, rawOf, type RawBatch, type RowSource } from '@kwind/events/raw';
import type { MachineState } from './machine.ts';
import { reducers } from './reducers/index.ts';
import { PageCell, PIECE_SHIFT } from './page-cell.ts';
import { SLOT_CLAIMED, SLOT_RELEASED } from './slot-line.ts';
import { MachineWriter } from './writer.ts';

/**
 * Number of this reducer. Rises when equal events give another state, or a state is stored in another way; checkpoints
 * of other numbers are ignored.
 */
export const REDUCER_VERSION = 2;

const byCode: (((machine: MachineWriter, event: never) => void) | undefined)[] = [];
for (const spec of catalog) {
  if (spec.type in reducers)
    byCode[spec.code] = reducers[spec.type as keyof typeof reducers] as (machine: MachineWriter, event: never) => void;
}

// After nearly every store; the address matters only to what is cached.
const PAGE_FLUSHED = codeOfType('tlb.page-flushed');

/** Apply a row that is no store to an entry. The frames of calls are not made of the rows yet. Only for this room. */
export function applyOther(machine: MachineWriter, code: number, source: RowSource, index: number): void {
  if (code === CALL_ENTERED) machine.enterCall(source.raw, source.firstSeq, index);
  else if (code === CALL_RETURNED) machine.leaveCall();
  else if (code === PAGE_FLUSHED && machine.tlbIsEmpty) machine.counters.pageFlushes++;
  else {
    if ((code === SLOT_CLAIMED || code === SLOT_RELEASED) && machine.turnSlot(source.raw, source.firstSeq, index))
      return;
    byCode[code]!(machine, movedView(source, index) as never);
  }
}

const TWO_32 = 0x1_0000_0000;

/**
 * Apply events `from` to `to` (indices in the batch) to a machine that is open for writing.
 * @throws ToolError state/mismatch when an event's recorded old value is not what the machine holds
 */
export function applyRows(machine: MachineWriter, raw: RawBatch, firstSeq: number, from: number, to: number): void {
  foldRows(machine, raw, firstSeq, from, to);
  machine.keepRows();
}

function foldRows(machine: MachineWriter, raw: RawBatch, firstSeq: number, from: number, to: number): void {
  const { codes, offsets, words } = raw;
  const source = { raw, firstSeq };
  // The page written last and the words of its name: stores mostly go on in one table.
  let page = PageCell.none;
  let image = page.words!;
  let lo = 0;
  let hi = 0;
  /** What of it was stored to. */
  let stored = 0;
  for (let i = from; i < to; i++) {
    const code = codes[i]!;
    if ((code & 0xf0) !== 0x10) {
      page.stored |= stored;
      applyOther(machine, code, source, i);
      continue;
    }
    const at = offsets[i]!;
    // Straight from the words: no object, no bigint. 95 % of a real boot's events end here.
    if (page === PageCell.none || words[at] !== lo || words[at + 1] !== hi) {
      lo = words[at]!;
      hi = words[at + 1]!;
      page.stored |= stored;
      stored = 0;
      page = machine.pages.open(lo + hi * TWO_32);
      image = page.words!;
    }
    const entry = 2 * words[at + 2]!;
    if (image[entry] !== words[at + 3] || image[entry + 1] !== words[at + 4]) {
      page.stored |= stored;
      throw mismatch(machine, raw, i, firstSeq + i);
    }
    image[entry] = words[at + 5]!;
    image[entry + 1] = words[at + 6]!;
    stored |= 1 << (entry >> PIECE_SHIFT);
  }
  page.stored |= stored;
  machine.position = (firstSeq + to) as Position;
}

/**
 * Apply one event of a batch that is still being filled. The rows must stay as they are until {@link MachineWriter.keepRows}.
 * @throws ToolError as {@link applyRows}
 */
export function applyRow(machine: MachineWriter, source: RowSource, index: number): void {
  const { raw, firstSeq } = source;
  const code = raw.codes[index]!;
  if (isEntryCode(code)) return foldRows(machine, raw, firstSeq, index, index + 1);
  applyOther(machine, code, source, index);
  machine.position = (firstSeq + index + 1) as Position;
}

function mismatch(machine: MachineWriter, raw: RawBatch, i: number, seq: number): ToolError {
  const moved = movedView({ raw, firstSeq: seq - i }, i) as unknown;
  const view = moved as { table: number; index: number; before: bigint };
  return mismatchError(seq, view, machine.pages.entry(view.table, view.index));
}

/** For an event whose old value is not the one that the entry `held`. */
export function mismatchError(
  seq: number,
  { table, index, before }: { readonly table: number; readonly index: number; readonly before: bigint },
  held: bigint,
): ToolError {
  return new ToolError(
    'state/mismatch',
    `event ${seq} says that entry ${index} of table ${hex(BigInt(table) << 12n)} held ${hex(before)}, but it holds ${hex(held)}.`,
    'The trace is damaged before this event, or was put together from different boots; kwind verify tells which.',
  );
}

/** Code of table.allocated: with the stores to entries, all that changes pages. */
export const TABLE_ALLOCATED = codeOfType('table.allocated');

/**
 * The one reducer: the state after events `from` to `to` of a batch. Pure; `state` stays as it is.
 * The caller sees to it that `state` stands right before event `from`.
 * @throws ToolError state/mismatch; internal/invariant when state and batch do not join
 */
export function reduce(state: MachineState, batch: EventBatch, from = 0, to = batch.length): MachineState {
  if (state.position !== batch.firstSeq + from) {
    throw new ToolError(
      'internal/invariant',
      `a state at position ${state.position} cannot take event ${batch.firstSeq + from}.`,
    );
  }
  if (from === to) return state;
  const machine = new MachineWriter(state);
  applyRows(machine, rawOf(batch), batch.firstSeq, from, to);
  return machine.finish();
}

/**
 * The state after the batches that begin before `end`, straight from a store's rows: the fast way over a long stretch.
 * @throws ToolError as {@link reduce}
 */
export function reduceRows(state: MachineState, batches: Iterable<BatchRows>, end = Infinity): MachineState {
  const machine = new MachineWriter(state);
  for (const { firstSeq, length, raw } of batches) {
    if (machine.position !== firstSeq) throw misplaced(machine.position, firstSeq);
    applyRows(machine, raw, firstSeq, 0, Math.min(length, end - firstSeq));
    if (machine.position >= end) break;
  }
  return machine.finish();
}

const misplaced = (position: number, seq: number): ToolError =>
  new ToolError('internal/invariant', `a machine at position ${position} cannot take event ${seq}.`);

/**
 * The state after a run of whole batches; only the last state is made, so each page is copied once for all of them.
 * @throws ToolError as {@link reduce}
 */
export function reduceAll(state: MachineState, batches: Iterable<EventBatch>): MachineState {
  const machine = new MachineWriter(state);
  for (const batch of batches) {
    if (machine.position !== batch.firstSeq) throw misplaced(machine.position, batch.firstSeq);
    applyRows(machine, rawOf(batch), batch.firstSeq, 0, batch.length);
  }
  return machine.finish();
}
