import type { MachineInfo } from '@kwind/debugger';
import { safe } from '../terminal.ts';

const nothing: Readonly<Record<MachineInfo['type'], string>> = {
  iomem: 'no physical range is claimed',
  ioports: 'no I/O port is claimed',
  resources: 'no resource is claimed',
  vmalloc: 'no virtual area is in use',
  ptdump: 'no page table is loaded',
  e820: 'the memory map is empty',
  pat: 'no memory type is noted',
};

/** The kernel's own text. What it hides from an ordinary user is hidden here too. */
export function renderMachine({ type, text }: MachineInfo): string[] {
  return text === '' ? [nothing[type]] : text.replace(/\n$/, '').split('\n').map(safe);
}
