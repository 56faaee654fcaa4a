import { createHash } from 'node:crypto';
import { canonicalBytes } from '@kwind/events';
import { openTrace } from '@kwind/trace';

/** A trace as hashes of its beginnings: of the events up to the end of each batch. */
export function beginnings(path: string): ReadonlyMap<number, string> {
  const reader = openTrace(path);
  try {
    const hash = createHash('sha256');
    const found = new Map([[0, hash.copy().digest('hex')]]);
    for (let seq = 0; seq < reader.length;) {
      const batch = reader.batchContaining(seq);
      hash.update(canonicalBytes(batch));
      seq = batch.firstSeq + batch.length;
      found.set(seq, hash.copy().digest('hex'));
    }
    return found;
  } finally {
    reader.close();
  }
}
