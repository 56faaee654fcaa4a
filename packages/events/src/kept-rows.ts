import { BATCH_SIZE, batchFromRaw, causesOf, rawOf, type EventBatch, type RawBatch } from './batch.ts';
import { viewAt, type EventView, type RowSource } from './view.ts';

/** Events whose rows stay as they are, whatever becomes of the batch that they come from. */
export interface KeptRows {
  readonly length: number;
  at(i: number): EventView;
}

/** All events of a batch, on rows of their own. */
export function keepAll(batch: EventBatch): KeptRows {
  const { codes, offsets, words, strings, whole } = rawOf(batch);
  const offsetsAt = words.byteLength;
  const codesAt = offsetsAt + offsets.byteLength;
  const buffer = new ArrayBuffer(codesAt + codes.byteLength);
  const kept = {
    codes: new Uint8Array(buffer, codesAt, codes.length),
    offsets: new Uint32Array(buffer, offsetsAt, offsets.length),
    words: new Uint32Array(buffer, 0, words.length),
  };
  kept.codes.set(codes);
  kept.offsets.set(offsets);
  kept.words.set(words);
  return batchFromRaw(batch.firstSeq, batch.openCalls, { ...kept, strings, ...(whole && { whole }) });
}

/** The events of a batch whose code is wanted (not 0 at it), on rows of their own; the others cost nothing but a look at their code. */
export function keepSome(batch: EventBatch, wanted: Uint8Array): KeptRows {
  const raw = rawOf(batch);
  const places = placesOf(raw.codes, wanted);
  const { length } = places;
  if (2 * length > batch.length) {
    const all = keepAll(batch);
    return { length, at: (i) => all.at(places[i]!) };
  }
  const source = length === 0 ? undefined : sourceOf(batch, raw, places);
  return { length, at: (i) => viewAt(source!, i, batch.firstSeq + places[i]!) };
}

const found = new Uint16Array(BATCH_SIZE);

function placesOf(codes: Uint8Array, wanted: Uint8Array): Uint16Array {
  let length = 0;
  for (let i = 0; i < codes.length; i++) if (wanted[codes[i]!] !== 0) found[length++] = i;
  return found.slice(0, length);
}

function sourceOf(batch: EventBatch, raw: RawBatch, places: Uint16Array): RowSource {
  const { length } = places;
  const codes = new Uint8Array(length);
  const offsets = new Uint32Array(length + 1);
  for (let i = 0; i < length; i++) {
    const place = places[i]!;
    codes[i] = raw.codes[place]!;
    offsets[i + 1] = offsets[i]! + raw.offsets[place + 1]! - raw.offsets[place]!;
  }
  const words = new Uint32Array(offsets[length]!);
  for (let i = 0; i < length; i++)
    for (let to = offsets[i]!, from = raw.offsets[places[i]!]!; to < offsets[i + 1]!;) words[to++] = raw.words[from++]!;
  const causeOf = causesOf(batch.firstSeq, batch.openCalls, raw.codes.slice());
  return {
    raw: { codes, offsets, words, strings: raw.strings },
    firstSeq: batch.firstSeq,
    causeOf: (i) => causeOf(places[i]!),
  };
}
