import type { EventView } from '@kwind/events';
import { slots, type MachineState } from '@kwind/state';
import type { SqliteTraceReader } from '@kwind/trace';
import { eventAt } from '../trace-names.ts';
import type { Tally } from './watch.ts';

/** A mapping that is still there at the end, and who made it. */
export interface StillMapped {
  readonly slot: number;
  readonly vaddr: bigint;
  readonly phys: bigint;
  readonly size: bigint;
  /** Position at which it was made. */
  readonly since: number;
  /** The outermost call that made it, its return address and where it was said. */
  readonly fn: string;
  readonly caller: string;
  readonly origin: string;
}

/** What a boot came to. */
export interface BootOutcome extends Tally {
  readonly slots: number;
  readonly stillMapped: readonly StillMapped[];
  readonly warnings: number;
  readonly bugs: number;
  readonly faults: number;
}

export function outcomeOf(tally: Tally, end: MachineState, reader: SqliteTraceReader): BootOutcome {
  const { warnings, bugs, faults } = end.control.trouble;
  const stillMapped = slots(end)
    .filter((slot) => slot.inUse)
    .map(({ slot, prevMap, phys, prevSize, claimedBy }) => ({
      slot,
      vaddr: prevMap,
      phys,
      size: prevSize,
      since: claimedBy + 1,
      ...ownerOf(reader, claimedBy),
    }));
  return { ...tally, slots: end.profile.fixBtmapsSlots, stillMapped, warnings, bugs, faults };
}

function ownerOf(reader: SqliteTraceReader, seq: number): Pick<StillMapped, 'fn' | 'caller' | 'origin'> {
  let outermost: EventView | undefined;
  for (let call = eventAt(reader, eventAt(reader, seq)?.cause ?? -1); call; call = eventAt(reader, call.cause))
    outermost = call;
  if (outermost?.type !== 'call.entered') return { fn: '', caller: '', origin: '' };
  const { fn, caller, origin } = outermost;
  return { fn, caller, origin };
}
