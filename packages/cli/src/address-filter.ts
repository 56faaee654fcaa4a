import { isEntryCode, specOfType, type EventBatch, type EventView } from '@kwind/events';
import { initialState, reduce, walk, type MachineState } from '@kwind/state';
import type { SqliteTraceReader } from '@kwind/trace';
import { hex, parseVaddr, profile, type Vaddr } from '@kwind/x86';

type Test = (event: EventView) => boolean;

/**
 * Whether an event concerns one address: it stores to an entry that translates the address at some time of the trace,
 * flushes or caches its page, or is an access to that page.
 * @throws ToolError address/invalid, address/not-canonical
 */
export function concernsAddress(reader: SqliteTraceReader, text: string): Test {
  const build = profile(reader.header.profile, reader.header.options);
  const address = parseVaddr(text, build.levels);
  const entries = entriesOnWalks(reader, initialState(build), address);
  return (event) => {
    if ('table' in event && 'index' in event) return entries.has(keyOf(event.table, event.index));
    if (event.type === 'tlb.flushed') return true;
    if (!('vaddr' in event) || event.type.startsWith('slot.')) return false;
    const size = 'size' in event ? event.size : PAGE;
    return address - (address % size) === event.vaddr - (event.vaddr % size);
  };
}

const PAGE = 4096n;
const keyOf = (table: number, index: number): string => `${hex(table)}[${index}]`;
const CR3_LOADED = specOfType('cr3.loaded')!.code;

/**
 * Every entry that a walk of the address meets at any position. A first pass over the whole trace, because an entry is
 * often stored before the table it is in gets linked.
 */
function entriesOnWalks(reader: SqliteTraceReader, start: MachineState, address: Vaddr): ReadonlySet<string> {
  const entries = new Set<string>();
  let state = start;
  let onWalk = stepsOf(state, address, entries);
  for (let seq = 0; seq < reader.length;) {
    const batch = reader.batchContaining(seq);
    let done = 0;
    for (let i = 0; i < batch.length; i++) {
      if (!changesWalk(batch, i, onWalk)) continue;
      state = reduce(state, batch, done, i + 1);
      done = i + 1;
      onWalk = stepsOf(state, address, entries);
    }
    state = reduce(state, batch, done);
    seq = batch.firstSeq + batch.length;
  }
  return entries;
}

function changesWalk(batch: EventBatch, i: number, onWalk: ReadonlySet<string>): boolean {
  const code = batch.codeAt(i);
  if (code === CR3_LOADED) return true;
  if (!isEntryCode(code)) return false;
  const { table, index } = batch.at(i) as unknown as { table: number; index: number };
  return onWalk.has(keyOf(table, index));
}

/** Entries of the walk as the tables stand; also noted in `all`. */
function stepsOf(state: MachineState, address: Vaddr, all: Set<string>): ReadonlySet<string> {
  const found = walk(state, address);
  const keys = found.kind === 'non-canonical' ? [] : found.steps.map(({ table, index }) => keyOf(table, index));
  for (const key of keys) all.add(key);
  return new Set(keys);
}
