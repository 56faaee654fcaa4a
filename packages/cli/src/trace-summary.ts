import { catalog, type TraceHeader } from '@kwind/events';
import type { SqliteTraceReader } from '@kwind/trace';

export interface TraceSummary {
  readonly trace: string;
  readonly header: TraceHeader;
  readonly events: number;
  readonly batches: number;
  /** Bytes on disk. */
  readonly bytes: number;
  /** False while a recorder is at work, or when it was stopped. */
  readonly finished: boolean;
  readonly recorder: { readonly pid: number; readonly host: string; readonly started: string };
  /** Last link of the hash chain: equal for traces of equal events. */
  readonly digest: string;
  /** Events by type, most frequent first. */
  readonly types: readonly { readonly type: string; readonly events: number }[];
}

/** Counts by the code column of each batch: no event is unpacked. */
export function countByType(
  reader: SqliteTraceReader,
  onProgress: (done: number) => void = () => {},
): { batches: number; types: TraceSummary['types'] } {
  const counts = new Uint32Array(256);
  let batches = 0;
  for (let seq = 0; seq < reader.length; batches++) {
    const batch = reader.batchContaining(seq);
    for (let i = 0; i < batch.length; i++) counts[batch.codeAt(i)]!++;
    seq = batch.firstSeq + batch.length;
    onProgress(seq);
  }
  const types = catalog
    .map((spec) => ({ type: spec.type as string, events: counts[spec.code]! }))
    .filter(({ events }) => events > 0)
    .sort((a, b) => b.events - a.events);
  return { batches, types };
}

export function summarise(
  trace: string,
  reader: SqliteTraceReader,
  bytes: number,
  onProgress?: (done: number) => void,
): TraceSummary {
  const { header, length: events, finished, recorder, digest } = reader;
  return { trace, header, events, bytes, finished, recorder, digest, ...countByType(reader, onProgress) };
}
