import { ToolError, type E820Entry } from '@kwind/x86';
import type { Reducers } from './types.ts';

export const e820Reducers: Reducers<'e820.added' | 'e820.changed' | 'e820.replaced'> = {
  'e820.added': (m, e) => {
    m.edit().e820.push({ start: e.start, size: e.size, type: e.kind });
  },
  'e820.changed': (m, e) => {
    const table = m.edit().e820;
    if (e.entry >= table.length) {
      throw new ToolError(
        'event/corrupt',
        `an event names entry ${e.entry} of the memory map, there are ${table.length}.`,
        'The trace is damaged; run kwind verify on it.',
      );
    }
    table[e.entry] = { start: e.start, size: e.size, type: e.kind };
  },
  'e820.replaced': (m, e) => {
    m.edit().e820 = entriesOf(e.entries);
  },
};

function entriesOf(numbers: readonly bigint[]): E820Entry[] {
  return Array.from({ length: Math.floor(numbers.length / 3) }, (_, i) => ({
    start: numbers[3 * i]!,
    size: numbers[3 * i + 1]!,
    type: Number(numbers[3 * i + 2]!),
  }));
}
