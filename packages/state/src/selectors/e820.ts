import { e820TypeText, type E820Entry } from '@kwind/x86';
import type { MachineView } from '../machine.ts';

/** An entry with its number and the words of this kernel's log. */
export interface E820View extends E820Entry {
  readonly index: number;
  /** Last byte, inclusive; an empty entry has none. */
  readonly end: bigint;
  readonly text: string;
}

/** The kernel's memory map as it stands: in the order of the table, which is by address after each sanitising. */
export function e820Table(view: MachineView): readonly E820View[] {
  return view.control.e820.map((entry, index) => ({
    ...entry,
    index,
    end: BigInt.asUintN(64, entry.start + entry.size - 1n),
    text: e820TypeText(view.profile.e820, entry.type),
  }));
}

/** The entry that holds an address; undefined in a gap. */
export const e820At = (view: MachineView, address: bigint): E820View | undefined =>
  e820Table(view).find((entry) => entry.size !== 0n && entry.start <= address && address <= entry.end);
