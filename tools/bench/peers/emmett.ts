import module from 'node:module';
import { rmSync } from 'node:fs';
import type { Store } from '../workload.ts';
import { timedAsync, type Time } from '../measure.ts';

const BATCH = 1000;
const STREAM = 'boot-1';

interface Stored {
  readonly type: 'pte.written';
  readonly data: { readonly table: number; readonly index: number; readonly before: string; readonly after: string };
}
interface EventStore {
  appendToStream(stream: string, events: readonly Stored[]): Promise<unknown>;
  readStream(stream: string): Promise<{ readonly events: readonly Stored[] }>;
}

async function emmett(): Promise<{ getSQLiteEventStore(options: { fileName: string }): EventStore }> {
  module.registerHooks({
    resolve: (specifier, context, next) =>
      specifier === 'sqlite3'
        ? { url: new URL('sqlite3.ts', import.meta.url).href, shortCircuit: true }
        : next(specifier, context),
  });
  return (await import('@event-driven-io/emmett-sqlite')) as never;
}

const hex = (hi: number, lo: number): string => `0x${((BigInt(hi) << 32n) | BigInt(lo)).toString(16)}`;

const asStored = ({ table, index, beforeLo, beforeHi, lo, hi }: Store): Stored => ({
  type: 'pte.written',
  data: { table, index, before: hex(beforeHi, beforeLo), after: hex(hi, lo) },
});

/** The stores appended a thousand at a time, and read back and folded into a Map. */
export async function emmettTimes(
  path: string,
  stores: readonly Store[],
): Promise<{ readonly record: Time; readonly replay: Time }> {
  rmSync(path, { force: true });
  const { getSQLiteEventStore } = await emmett();
  const store = getSQLiteEventStore({ fileName: path });
  await store.readStream(STREAM); // makes its tables, which is not what is measured
  const record = await timedAsync(async () => {
    for (let i = 0; i < stores.length; i += BATCH)
      await store.appendToStream(STREAM, stores.slice(i, i + BATCH).map(asStored));
  });
  const entries = new Map<string, bigint>();
  const replay = await timedAsync(async () => {
    const { events } = await store.readStream(STREAM);
    for (const { data } of events) entries.set(`${data.table} ${data.index}`, BigInt(data.after));
    if (events.length !== stores.length) throw new Error(`emmett gave back ${events.length} events`);
  });
  return { record, replay };
}
