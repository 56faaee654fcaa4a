import { describe, expect, it } from 'vitest';
import { BATCH_SIZE, BatchBuilder, decodeBatch, encodeBatch, type EventOf } from './index.ts';
import { rawOf } from './raw.ts';

const call = (texts: readonly string[]): EventOf<'call.entered'> => {
  const [fn = '', caller = '', stack = '', origin = '', text = ''] = texts;
  return { type: 'call.entered', fn, caller, stack, origin, text, args: [1n] };
};
const textsOf = ({ fn, caller, stack, origin, text }: EventOf<'call.entered'>): string[] => [
  fn,
  caller,
  stack,
  origin,
  text,
];

/** Record calls whose five texts are those of `name`, and read them back. */
function recordTexts(name: (i: number) => string, count = BATCH_SIZE): { stored: string[]; nrTexts: number } {
  const builder = new BatchBuilder();
  for (let i = 0; i < count; i++) builder.append(call([0, 1, 2, 3, 4].map((k) => name(5 * i + k))));
  const batch = builder.freeze();
  const read = decodeBatch(encodeBatch(batch), 0);
  return {
    stored: [...read].flatMap((event) => textsOf(event as EventOf<'call.entered'>)),
    nrTexts: rawOf(batch).strings.length,
  };
}

describe('the texts of a batch', () => {
  it('may all be different, as many as its events can hold', () => {
    const name = (i: number): string => `boot.log:${i}`;
    const { stored, nrTexts } = recordTexts(name);
    expect(stored).toEqual(Array.from({ length: 5 * BATCH_SIZE }, (_, i) => name(i)));
    expect(nrTexts).toBe(5 * BATCH_SIZE);
  });

  it('are stored once each, even those that differ only where hardly anything looks', () => {
    // Alike in length, in the middle, at a quarter and at the end.
    const name = (i: number): string => `${String(i % 500).padStart(5, '0')}${'x'.repeat(40)}`;
    const { stored, nrTexts } = recordTexts(name, 400);
    expect(stored).toEqual(Array.from({ length: 2000 }, (_, i) => name(i)));
    expect(nrTexts).toBe(500);
  });

  it('are numbered anew in each batch', () => {
    const builder = new BatchBuilder();
    const texts = ['a', 'b', 'c', 'd', 'e'];
    builder.append(call(texts));
    builder.freeze();
    builder.append(call(texts));
    const second = builder.freeze();
    expect(textsOf(second.at(0) as EventOf<'call.entered'>)).toEqual(texts);
    expect(rawOf(second).strings.length).toBe(5);
  });
});
