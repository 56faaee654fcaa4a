import type { MachineView } from '@kwind/state';
import type { Cursor, Timeline } from '@kwind/timeline';
import type { RegistersView } from '../answers.ts';
import { placeOf } from '../place.ts';

/** Bits that matter for translation, as the SDM names them. @kernel arch/x86/include/uapi/asm/processor-flags.h */
const bits: Readonly<Record<string, readonly (readonly [number, string])[]>> = {
  cr0: [
    [0, 'PE'],
    [1, 'MP'],
    [4, 'ET'],
    [5, 'NE'],
    [16, 'WP'],
    [18, 'AM'],
    [31, 'PG'],
  ],
  cr3: [
    [3, 'PWT'],
    [4, 'PCD'],
  ],
  cr4: [
    [4, 'PSE'],
    [5, 'PAE'],
    [6, 'MCE'],
    [7, 'PGE'],
    [9, 'OSFXSR'],
    [10, 'OSXMMEXCPT'],
    [12, 'LA57'],
    [17, 'PCIDE'],
    [20, 'SMEP'],
    [21, 'SMAP'],
    [22, 'PKE'],
  ],
  efer: [
    [0, 'SCE'],
    [8, 'LME'],
    [10, 'LMA'],
    [11, 'NXE'],
  ],
};

const flagsOf = (name: string, value: bigint): string =>
  (bits[name] ?? [])
    .filter(([bit]) => ((value >> BigInt(bit)) & 1n) !== 0n)
    .map(([, flag]) => flag)
    .join(' ');

function meaningOf(view: MachineView, name: string, value: bigint): string {
  return name === 'system_state' ? (view.profile.systemStates[Number(value)] ?? '') : '';
}

/** Control registers in their order, then the kernel's variables by name. */
export function registersView(timeline: Timeline, { position, state }: Cursor): RegistersView {
  const { registers, variables } = state.control;
  return {
    type: 'registers',
    at: placeOf(timeline, position),
    registers: Object.entries(registers)
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([name, value]) => ({ name, value, flags: flagsOf(name, value) })),
    variables: Object.entries(variables)
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([name, value]) => ({ name, value, meaning: meaningOf(state, name, value) })),
  };
}
