import type { EventView, TraceReader } from '@kwind/events';
import { specOfType } from '@kwind/events';
import type { EventContext } from './render/event.ts';

const KEPT_CHAINS = 10_000;

interface Named {
  readonly seq: number;
  readonly name: string;
}
type Names<K> = ReadonlyMap<K, readonly Named[]>;

const nameAt = (names: readonly Named[] | undefined, seq: number): string =>
  names?.findLast((named) => named.seq <= seq)?.name ?? '';

/** Names and calls for the events of a trace, looked up in the trace itself: no state has to be folded for a list. */
export function contextOf(reader: TraceReader): EventContext {
  let tables: Names<number> | undefined;
  let resources: Names<bigint> | undefined;
  const chains = new Map<number, readonly string[]>();
  return {
    tableName: (table, seq) => nameAt((tables ??= tableNames(reader)).get(table), seq),
    resourceName: (id, seq) => nameAt((resources ??= resourceNames(reader)).get(id), seq),
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
function tableNames(reader: TraceReader): Names<number> {
  const names = new Map<number, Named[]>();
  for (const event of eventsOf(reader, ['table.allocated'])) {
    if (event.type === 'table.allocated' && event.name !== '') note(names, event.table, event.seq, event.name);
  }
  return names;
}

/** Names of resources, and what they were renamed to. */
function resourceNames(reader: TraceReader): Names<bigint> {
  const names = new Map<bigint, Named[]>();
  for (const event of eventsOf(reader, ['resource.created', 'resource.renamed'])) {
    if (event.type === 'resource.created') note(names, event.id, event.seq, event.name);
    else if (event.type === 'resource.renamed') note(names, event.id, event.seq, event.after);
  }
  return names;
}

function note<K>(names: Map<K, Named[]>, key: K, seq: number, name: string): void {
  const list = names.get(key);
  if (list) list.push({ seq, name });
  else names.set(key, [{ seq, name }]);
}

/** Events of batches that hold any of these types; others are among them. */
function* eventsOf(reader: TraceReader, types: readonly EventView['type'][]): Generator<EventView> {
  const codes = types.map((type) => specOfType(type)!.code);
  for (const { firstSeq } of reader.batchesWith(codes, 0, 'forward')) yield* reader.batchContaining(firstSeq);
}
