import { readFileSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { parseE820Line, type E820Entry } from '@kwind/x86';
import { procIomem, procIoports } from '@kwind/exporters';
import { parseProcResources } from '@kwind/importers';
import { e820MemorySetup, e820ReserveResources, e820ReserveResourcesLate, e820SetupPciGap, insertKernelResources, probeRoms, reserveStandardIoResources, trimBiosRange } from '@kwind/kernel';
import { checkInvariants } from '@kwind/state';
import { readProc, readRecords, replay, type OwnStretch, type ResourceRecord, type UnseenAct } from './resource-capture.ts';

const captures = ['q35-6.1.0-56', 'pc-smp2-6.1.0-56', 'q35-6.1.0-47'] as const;

/**
 * All that the captures cannot show, for all three. Bus numbers hang in a tree of their own that /proc does not print, and
 * what PCI and PnP code stores into flags without a call (BUSY taken from `pnp 00:05`) changes no line.
 */
const unseen: readonly UnseenAct[] = [
  {
    act: 'rename',
    tree: 'ioport',
    address: 0x70n,
    from: 'rtc_cmos',
    to: 'rtc0',
    why: 'rename_region() is a macro that stores a pointer: no call that a tracer could see',
  },
];

const calls = {
  'q35-6.1.0-56': { calls: 69, results: 59 },
  'pc-smp2-6.1.0-56': { calls: 65, results: 57 },
  'q35-6.1.0-47': { calls: 70, results: 59 },
} as const;

const sum = (counts: ReadonlyMap<string, number>): number => [...counts.values()].reduce((a, b) => a + b, 0);

describe.each(captures)('the resource calls of %s', (name) => {
  const records = readRecords(name);

  it('return in the simulator what they returned in the kernel, each of them', () => {
    const run = replay(records, unseen);
    expect(run.differences).toEqual([]);
    expect({ calls: sum(run.calls), results: sum(run.results) }).toEqual(calls[name]);
    expect(checkInvariants(run.state)).toEqual([]);
  });

  it('leave /proc/iomem and /proc/ioports as the kernel printed them, byte for byte', () => {
    const { state } = replay(records, unseen);
    expect(procIomem(state)).toBe(readProc(name, 'iomem'));
    expect(procIoports(state)).toBe(readProc(name, 'ioports'));
  });

  it('need the one act that no record shows: without it exactly that line differs', () => {
    const { state } = replay(records);
    expect(procIomem(state)).toBe(readProc(name, 'iomem'));
    const [wanted, found] = [readProc(name, 'ioports'), procIoports(state)].map((text) => text.split('\n'));
    expect(found!.flatMap((line, i) => (line === wanted![i] ? [] : [[line, wanted![i]]]))).toEqual([['  0070-0077 : rtc_cmos', '  0070-0077 : rtc0']]);
  });

  it('read back from what the kernel printed, give the same trees', () => {
    for (const file of ['iomem', 'ioports'] as const) {
      const { resources, hidden } = parseProcResources(readProc(name, file));
      expect(hidden).toBe(false);
      expect(resources.length).toBeGreaterThan(2);
    }
  });
});

const logs = { q35: 'q35-nokaslr', pc: 'pc-generic-6.1.0-56' } as const;

function linesOfLog(machine: keyof typeof logs): readonly string[] {
  const text = gunzipSync(readFileSync(new URL(`../../traces/logs/${logs[machine]}.log.gz`, import.meta.url))).toString('latin1');
  return text.split('\n').map((line) => line.replace(/^(?:<\d>)?\[ *\d+\.\d+\] /, '').trim());
}

/** The firmware's map as a log of the same kind of machine printed it, once. */
const firmwareMap = (machine: keyof typeof logs): readonly E820Entry[] => {
  const entries = linesOfLog(machine).flatMap((line) => parseE820Line(line) ?? []);
  return entries.map(({ start, size, type }) => ({ start, size, type }));
};

/** Option ROMs of QEMU's machines: video, and the network card's. */
const roms = [
  { start: 0xc_0000n, length: 0x9c00n },
  { start: 0xc_a000n, length: 0xe00n },
  { start: 0xc_b000n, length: 0x600n },
];

const ownStretches = (machine: keyof typeof logs): readonly OwnStretch[] => [
  {
    callers: /^(?:probe_roms|setup_arch|e820__reserve_resources|reserve_standard_io_resources)\+/,
    run: (k) => {
      e820MemorySetup(k, { entries: firmwareMap(machine) });
      probeRoms(k, roms);
      insertKernelResources(k);
      trimBiosRange(k);
      e820ReserveResources(k);
      reserveStandardIoResources(k);
      e820SetupPciGap(k, 0n);
    },
  },
  { callers: /^e820__reserve_resources_late\+/, run: (k) => e820ReserveResourcesLate(k) },
];

// The older kernel's image has other bounds than the profile's, which are those of the newer one.
describe.each([
  ['q35-6.1.0-56', 'q35'],
  ['pc-smp2-6.1.0-56', 'pc'],
] as const)('setup_arch() of %s', (name, machine) => {
  const run = replay(readRecords(name), unseen, ownStretches(machine));

  it('made from the memory map makes the same resource calls in the same order, early and late', () => {
    expect(run.differences).toEqual([]);
    expect(sum(run.calls)).toBe(calls[name].calls);
  });

  it('leaves the same /proc files', () => {
    expect(procIomem(run.state)).toBe(readProc(name, 'iomem'));
    expect(procIoports(run.state)).toBe(readProc(name, 'ioports'));
  });

  it('prints what the log of such a machine holds about its memory, line by line', () => {
    const about = /^(?:BIOS-provided|BIOS-e820:|e820: (?:update|remove|reserve)|\[mem .* available for PCI devices)/;
    const printed = run.facts.flatMap((fact) => (fact.type === 'message.printed' && about.test(fact.text) ? [fact.text] : []));
    // The generic kernel's log repeats itself; each line counts once, where it stands first.
    expect(printed).toEqual([...new Set(linesOfLog(machine).filter((line) => about.test(line)))]);
    expect(printed).toHaveLength(machine === 'q35' ? 15 : 13);
  });
});

describe('the comparison', () => {
  const name = 'q35-6.1.0-56';
  const records = readRecords(name);
  const changed = (change: (record: ResourceRecord) => ResourceRecord | undefined): ReturnType<typeof replay> => replay(records.flatMap((record) => change(record) ?? []), []);

  it('sees a result that is another', () => {
    const victim = records.find((record) => record.f === 'ret:insert_resource')!;
    const { differences } = changed((record) => (record === victim ? { ...record, r: 'fffffff0' } : record));
    expect(differences).toEqual([{ n: victim.of, f: 'insert_resource', what: 'result', captured: '0xfffffff0', modelled: '0x0' }]);
  });

  it('sees regions that were refused', () => {
    const { differences } = changed((record) => (record.f === 'ret:__request_region' ? { ...record, r: '0' } : record));
    expect(differences.filter((one) => one.what === 'result')).toHaveLength(11);
  });

  it('sees a bound that is another in the final text, and a struct that a later record reads otherwise', () => {
    const { state, differences } = changed((record) => (record.res?.[1]?.name === 'Video ROM' ? { ...record, res: [record.res[0]!, { ...record.res[1], end: 'c9aff' }] } : record));
    expect(differences).toEqual([]);
    expect(procIomem(state)).not.toBe(readProc(name, 'iomem'));
    const bus = changed((record) => (record.f === 'insert_resource_conflict' && record.res![1]!.start === 'c0000000' ? { ...record, res: [record.res![0]!, { ...record.res![1]!, end: 'fea00000' }] } : record));
    expect(bus.differences.length).toBeGreaterThan(0);
    expect(bus.differences[0]!.what).toMatch(/^struct /);
  });

  it('sees a call that is missing, and two that are swapped', () => {
    const dropped = changed((record) => (record.f === 'insert_resource' && record.res![1]!.name === 'PCI MMCONFIG 0000 [bus 00-ff]' ? undefined : record));
    expect(procIomem(dropped.state)).not.toBe(readProc(name, 'iomem'));
    const [reserved, mmconfig] = [records.findIndex((one) => one.res?.[1]?.start === 'b0000000'), records.findIndex((one) => one.res?.[1]?.name?.startsWith('PCI MMCONFIG'))];
    const swapped = records.with(reserved, records[mmconfig]!).with(mmconfig, records[reserved]!);
    expect(procIomem(replay(swapped).state)).not.toBe(readProc(name, 'iomem'));
  });
});
