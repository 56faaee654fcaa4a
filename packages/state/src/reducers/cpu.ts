import type { MachineWriter } from '../writer.ts';
import type { Reducers } from './types.ts';

const setRegister = (m: MachineWriter, name: string, value: bigint): void => {
  m.edit().registers[name] = value;
};

export const cpuReducers: Reducers<
  'cr3.loaded' | 'cr4.written' | 'register.written' | 'variable.set' | 'phase.entered'
> = {
  'cr3.loaded': (m, e) => setRegister(m, 'cr3', e.after),
  'cr4.written': (m, e) => setRegister(m, 'cr4', e.after),
  'register.written': (m, e) => setRegister(m, e.name, e.after),
  'variable.set': (m, e) => {
    m.edit().variables[e.name] = e.after;
  },
  'phase.entered': (m, e) => {
    m.edit().phase = e.name;
  },
};
