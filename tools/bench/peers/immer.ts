import { produce } from 'immer';
import type { Store } from '../workload.ts';
import { timed, type Time } from '../measure.ts';

/** One `produce` a store, over the shape that suits immer best: 32 by 32 tables instead of one wide list. */
export function immerFold(stores: readonly Store[]): Time {
  const ordinals = new Map<number, number>();
  for (const { table } of stores) if (!ordinals.has(table)) ordinals.set(table, ordinals.size);
  const page = (): number[] => Array.from({ length: 512 }, () => 0);
  let state: readonly (readonly (readonly number[])[])[] = Array.from({ length: 32 }, () =>
    Array.from({ length: Math.ceil(ordinals.size / 32) }, page),
  );
  return timed(() => {
    for (const { table, index, lo, hi } of stores) {
      const ordinal = ordinals.get(table)!;
      state = produce(state, (draft) => {
        draft[ordinal % 32]![Math.floor(ordinal / 32)]![index] = hi * 0x1_0000_0000 + lo;
      });
    }
  });
}
