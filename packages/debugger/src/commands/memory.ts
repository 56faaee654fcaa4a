import { hex16, paOf, pfnOf, physAddr, ToolError, vaddr } from '@kwind/x86';
import { walk, type MachineState } from '@kwind/state';
import type { MemoryAnswer, PageTableView } from '../answers.ts';
import type { Core } from '../core.ts';
import { entryInfo } from '../explain.ts';
import { nameOfTable } from '../names.ts';
import type { Question } from '../protocol.ts';
import { parseAddress, parseVaddrRange } from '../ranges.ts';
import { pageTableView } from '../views/page-table.ts';

type Of<D extends Question['do']> = Extract<Question, { do: D }>;

const unitBytes: Readonly<Record<string, number>> = { b: 1, h: 2, w: 4, g: 8 };
const MOST_WORDS = 4096;

/** Words at an address, as far as they lie in page-table pages: no other memory's content is recorded. */
export function examine(core: Core, { address, count, unit, format }: Of<'x'>): MemoryAnswer {
  const bytes = unitBytes[unit];
  if (bytes === undefined) throw new ToolError('command/usage', `"${unit}" is no unit.`, 'Units are b, h, w and g.');
  if (count < 1 || count > MOST_WORDS)
    throw new ToolError('command/usage', `${count} words cannot be shown.`, `Ask for 1 to ${MOST_WORDS}.`);
  const start = parseAddress(address, core);
  if (start % BigInt(bytes) !== 0n)
    throw new ToolError(
      'address/invalid',
      `${hex16(start)} is not a multiple of ${bytes}.`,
      'Units are read where they lie in memory.',
    );
  const words = Array.from({ length: count }, (_, i) =>
    wordAt(core.cursor.state, start + BigInt(i * bytes), bytes, format),
  );
  return { type: 'memory', at: core.place, unit, format, words };
}

function wordAt(state: MachineState, at: bigint, bytes: number, format: string): MemoryAnswer['words'][number] {
  const address = vaddr(at);
  const found = walk(state, address);
  // The image's own addresses mean their memory, whether the tables of this moment map them or not.
  const phys = found.kind === 'mapped' ? found.phys : paOf(state.profile, address);
  const none = { vaddr: address, phys: phys ?? null, value: null, entry: null, name: '' };
  if (phys === undefined) return none;
  const table = pfnOf(phys);
  const info = state.pages.info(table);
  if (!info) return none;
  const offset = Number(phys & 0xfffn);
  const entry = state.pages.entry(table, Math.floor(offset / 8));
  const value = (entry >> BigInt((offset % 8) * 8)) & ((1n << BigInt(bytes * 8)) - 1n);
  const decoded = format === 'p' && bytes === 8 ? entryInfo(info.level, entry) : null;
  return {
    vaddr: address,
    phys: physAddr(phys),
    value,
    entry: decoded,
    name: `${nameOfTable(state, table)}[${Math.floor(offset / 8)}]`,
  };
}

/** What the tables map, all of it or a range. */
export function mappings(core: Core, { range }: Of<'vmmap'>): PageTableView {
  return pageTableView(core.timeline, core.cursor, range === '' ? null : parseVaddrRange(range, core));
}
