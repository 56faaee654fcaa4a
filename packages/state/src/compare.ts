import type { MachineState } from './machine.ts';

/** One thing that differs: where (`slots[3].prevMap`, `table 0x32b5000 [0]`), and both values. */
export interface StateDifference {
  readonly path: string;
  readonly table?: number;
  readonly index?: number;
  readonly a: unknown;
  readonly b: unknown;
}

/**
 * All differences between two machines, small state first, then entries in the order of tables and indices.
 * @param poll called between two tables; what it throws ends the comparison
 */
export function compareStates(
  a: MachineState,
  b: MachineState,
  poll: () => void = () => {},
): readonly StateDifference[] {
  const found: StateDifference[] = [];
  compareValues('', a.control, b.control, found);
  compareValues('counters', a.counters, b.counters, found);
  const tables = [...new Set([...a.pages.tables(), ...b.pages.tables()])].sort((x, y) => x - y);
  for (const table of tables) {
    poll();
    if (!a.pages.sharesPage(b.pages, table)) comparePages(a, b, table, found);
  }
  return found;
}

function compareValues(path: string, a: unknown, b: unknown, found: StateDifference[]): void {
  if (Object.is(a, b)) return;
  if (typeof a !== 'object' || typeof b !== 'object' || a === null || b === null) {
    found.push({ path, a, b });
    return;
  }
  const [left, right] = [a as Record<string, unknown>, b as Record<string, unknown>];
  for (const key of new Set([...Object.keys(left), ...Object.keys(right)])) {
    const inner = Array.isArray(a) ? `${path}[${key}]` : path === '' ? key : `${path}.${key}`;
    compareValues(inner, left[key], right[key], found);
  }
}

function comparePages(a: MachineState, b: MachineState, table: number, found: StateDifference[]): void {
  const [left, right] = [a.pages.imageOf(table), b.pages.imageOf(table)];
  for (let index = 0; index < 512; index++) {
    if (left[2 * index] === right[2 * index] && left[2 * index + 1] === right[2 * index + 1]) continue;
    found.push({ path: 'entry', table, index, a: a.pages.entry(table, index), b: b.pages.entry(table, index) });
  }
}
