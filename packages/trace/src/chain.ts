import { createHash } from 'node:crypto';
import { canonicalBytes, type Checkpoint, type EventBatch } from '@kwind/events';

/**
 * What the first batch is chained to. The header is not part of it, so that two recordings of the same events have
 * the same chain whatever their names and dates; the seal in `meta` binds header and chain together.
 */
export const CHAIN_START: Buffer = createHash('sha256').update('kwind trace').digest();

export const chainLink = (previous: Uint8Array, batch: EventBatch): Buffer =>
  createHash('sha256').update(previous).update(canonicalBytes(batch)).digest();

/** `chain` is the link of the last batch that ends at or before the checkpoint: it belongs to these events and no others. */
export const checkpointSha = (chain: Uint8Array, { position, reducer, bytes }: Checkpoint): Buffer =>
  createHash('sha256').update(chain).update(`checkpoint ${position} ${reducer} `).update(bytes).digest();
