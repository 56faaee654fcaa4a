import type { EventView, TraceReader } from '@kwind/events';
import { specOfType } from '@kwind/events';
import type { EventContext } from './render/event.ts';

const KEPT_CHAINS = 10_000;

interface Named {
  readonly seq: number;
  readonly name: string;
}

/** Names and calls for the events of a trace, looked up in the trace itself: no state has to be folded for a list. */
export function contextOf(reader: TraceReader): EventContext {
  let names: ReadonlyMap<number, readonly Named[]> | undefined;
  const chains = new Map<number, readonly string[]>();
  return {
    tableName: (table, seq) =>
      (names ??= namesOf(reader)).get(table)?.findLast((named) => named.seq <= seq)?.name ?? '',
    chain: (event) => {
      if (chains.size > KEPT_CHAINS) chains.clear();
      const cause = event.type === 'call.returned' ? eventAt(reader, event.cause)?.cause : event.cause;
      return chainOf(reader, cause ?? -1, chains);
    },
  };
}

export function eventAt(reader: TraceReader, seq: number): EventView | undefined {
  if (seq < 0 || seq >= reader.length) return undefined;
  const batch = reader.batchContaining(seq);
  return batch.at(seq - batch.firstSeq);
}

function chainOf(reader: TraceReader, cause: number, known: Map<number, readonly string[]>): readonly string[] {
  const found = known.get(cause);
  if (found !== undefined) return found;
  const call = eventAt(reader, cause);
  if (call?.type !== 'call.entered') return [];
  const chain = [...chainOf(reader, call.cause, known), call.fn];
  known.set(cause, chain);
  return chain;
}

/** Symbols that tables got when they were allocated; a frame can become another table later. */
function namesOf(reader: TraceReader): Map<number, Named[]> {
  const names = new Map<number, Named[]>();
  const code = specOfType('table.allocated')!.code;
  for (const { firstSeq } of reader.batchesWith([code], 0, 'forward')) {
    for (const event of reader.batchContaining(firstSeq)) {
      if (event.type !== 'table.allocated' || event.name === '') continue;
      const list = names.get(event.table);
      if (list) list.push({ seq: event.seq, name: event.name });
      else names.set(event.table, [{ seq: event.seq, name: event.name }]);
    }
  }
  return names;
}
