import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { cacheModes, cacheModeName, coverageOf, physAddr, profile, PTE, vaddr, type CacheMode } from '@kwind/x86';
import { patConfiguration, patMemtypeList, procVmallocinfo, ptdump } from '@kwind/exporters';
import { parsePtdump, parseVmallocinfo, type PtdumpRow } from '@kwind/importers';
import { boot, setEntry } from '@kwind/kernel';
import { LiveMachine } from '@kwind/recorder';
import { VM } from '@kwind/state';
import { entryFor } from '../../packages/kernel/src/mm/kernel_tables.ts';
import { captureNames } from './capture.ts';
import { readVmallocinfo } from './ioremap-capture.ts';

const textOf = (name: string): string => readFileSync(new URL(`formats/${name}`, import.meta.url), 'utf8');
const off = ['RANDOMIZE_BASE', 'INTEL_TXT', 'PARAVIRT', 'PARAVIRT_XXL', 'ACPI_APEI_GHES', 'MODIFY_LDT_SYSCALL', 'X86_ESPFIX64', 'EFI', 'NUMA'];
const built = profile('linux-6.1', off.map((option) => `CONFIG_${option}=n`));
const machine = (target = built): LiveMachine => new LiveMachine(target, () => {});

/** Tables in which a dump finds these rows: their level says how deep the walk went. */
function plantRow(target: LiveMachine, row: PtdumpRow): void {
  const size = coverageOf(row.level, 4);
  const end = row.end === 0n ? 1n << 64n : row.end;
  for (let address = row.start; address < end && row.level !== 'pgd'; address += size) {
    const place = entryFor(target, vaddr(address), row.level);
    if (row.flags === 0n) {
      // An empty table is enough; its other entries are looked at when their turn comes.
      address = ((address / (size * 512n)) * 512n + 511n) * size;
      continue;
    }
    setEntry(target, row.level, place.table, place.index, (address & 0x3fe0_0000n) | row.flags | PTE.ACCESSED | PTE.DIRTY);
  }
}

describe('a dump of the page tables of a real kernel', () => {
  const text = textOf('page_tables_kernel.txt');
  const { items, rows } = parsePtdump(text);

  it('is read row by row, with its markers', () => {
    expect(rows).toHaveLength(128);
    expect(items.filter((item) => item.kind === 'marker').map((item) => item.kind === 'marker' && item.name)).toEqual([
      'User Space',
      'Kernel Space',
      'Low Kernel Mapping',
      'vmalloc() Area',
      'Vmemmap',
      'CPU entry Area',
      'High Kernel Mapping',
      'Modules',
      'End Modules',
      'Fixmap Area',
    ]);
    expect(rows.at(-1)).toMatchObject({ start: 0xffff_ffff_ff80_0000n, end: 0n, level: 'pmd', flags: 0n });
  });

  it('comes out byte for byte when tables with those entries are dumped', () => {
    const target = machine();
    boot(target);
    // The dump is of a running kernel: what the start-up code left in the shared tables goes.
    const fresh = machine();
    for (const row of rows) plantRow(fresh, row);
    expect(ptdump(fresh.view)).toBe(text);
    expect(ptdump(target.view)).not.toBe(text);
  });
});

describe('/proc/vmallocinfo of real kernels', () => {
  const plant = (target: LiveMachine, text: string): void => {
    for (const area of parseVmallocinfo(text).areas) {
      const { start, end, pages, caller, kind, unpurged } = area;
      const flags = kind === 'ioremap' ? VM.IOREMAP : kind === 'vmalloc' ? VM.ALLOC : VM.MAP;
      target.emit({ type: 'area.claimed', start: vaddr(start), end: vaddr(end), phys: physAddr(area.phys ?? 0n), flags, pages, caller });
      if (unpurged) target.emit({ type: 'area.released', start: vaddr(start), end: vaddr(end) });
    }
  };

  it('comes out byte for byte', () => {
    const target = machine();
    plant(target, textOf('vmallocinfo.txt'));
    expect(procVmallocinfo(target.view)).toBe(textOf('vmallocinfo.txt'));
  });

  it.each(captureNames)('comes out byte for byte after the boot of %s', (name) => {
    const target = machine(profile('linux-6.1'));
    plant(target, readVmallocinfo(name));
    expect(procVmallocinfo(target.view)).toBe(readVmallocinfo(name));
    expect(parseVmallocinfo(readVmallocinfo(name)).areas.filter((area) => area.unpurged)).toHaveLength(name.startsWith('pc') ? 3 : 0);
  });
});

describe('the list of memory types of a real kernel', () => {
  it('comes out byte for byte', () => {
    const text = textOf('pat_memtype_list.txt');
    const target = machine();
    const modeOf = (name: string): CacheMode => cacheModes.find((mode) => cacheModeName(mode) === name)!;
    for (const [, start, end, name] of text.matchAll(/0x([0-9a-f]+)-0x([0-9a-f]+)\] (\S+)/g)) {
      const range = { start: physAddr(BigInt(`0x${start!}`)), end: physAddr(BigInt(`0x${end!}`)) };
      target.emit({ type: 'memtype.reserved', ...range, wanted: modeOf(name!), held: modeOf(name!) });
    }
    expect(patMemtypeList(target.view)).toBe(text);
  });

  it('goes with the line that the kernel logs about its slots', () => {
    expect(patConfiguration({ profile: profile('linux-6.1') })).toBe('x86/PAT: Configuration [0-7]: WB  WC  UC- UC  WB  WP  UC- WT  ');
    expect(patConfiguration({ profile: profile('linux-4.4') })).toBe('x86/PAT: Configuration [0-7]: WB  WC  UC- UC  WB  WC  UC- WT  ');
  });
});
