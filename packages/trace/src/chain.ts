import { createHash, type Hash } from 'node:crypto';
import { canonicalParts, type Checkpoint, type EventBatch } from '@kwind/events';

/**
 * What the first batch is chained to. The header is not part of it, so that two recordings of the same events have
 * the same chain whatever their names and dates; the seal in `meta` binds header and chain together.
 */
export const CHAIN_START: Buffer = createHash('sha256').update('kwind trace').digest();

/** @param columns what encodeBatch() gave for the batch, where that is at hand */
export function chainLink(previous: Uint8Array, batch: EventBatch, columns?: Uint8Array): Buffer {
  const hash = createHash('sha256').update(previous);
  for (const part of canonicalParts(batch, columns)) hash.update(part);
  return hash.digest();
}

/**
 * `chain` is the link of the last batch that ends at or before the checkpoint: it belongs to these events and no others.
 * The parts put with it, as they are stored, belong to it too.
 */
export class CheckpointHash {
  readonly #hash: Hash;

  constructor(chain: Uint8Array, { position, reducer, bytes }: Checkpoint) {
    this.#hash = createHash('sha256').update(chain).update(`checkpoint ${position} ${reducer} `).update(bytes);
  }
  add(part: number, body: Uint8Array): void {
    this.#hash.update(` part ${part} ${body.length} `).update(body);
  }
  digest(): Buffer {
    return this.#hash.digest();
  }
}
