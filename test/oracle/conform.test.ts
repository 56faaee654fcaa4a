import { describe, expect, it } from 'vitest';
import { procIomem, procIoports } from '@kwind/exporters';
import type { ConformReport } from '@kwind/conform';
import { besideCapture, captureText, conformText, linesOf, realCaptures, renumbered, type Line } from './real-captures.ts';

const sumOf = (report: ConformReport, kind: string): string => {
  const found = report.agreement.find((agreement) => agreement.kind === kind);
  return found ? `${found.agreed}/${found.total}` : 'none';
};

describe.each(realCaptures)('the kernel of %s and the model', (name) => {
  const text = captureText(name);
  const report = conformText(name, text);
  const lines = linesOf(text);
  const nr = (fn: string): number => lines.filter((line) => line.f === fn).length;

  it('agree in every effect that is compared', () => {
    expect(report.disagreements).toEqual([]);
    expect(report.agrees).toBe(true);
    for (const { kind, agreed, total } of report.agreement) expect([kind, agreed]).toEqual([kind, total]);
  });

  it('end with the same /proc/iomem and /proc/ioports, byte for byte', () => {
    expect(procIomem(report.end)).toBe(besideCapture(name, 'iomem.txt'));
    expect(procIoports(report.end)).toBe(besideCapture(name, 'ioports.txt'));
  });

  it('are compared on every call of early_ioremap, the fixmap, ioremap and the resource functions', () => {
    for (const fn of ['__early_ioremap', 'request_resource', 'insert_resource', 'request_resource_conflict', 'insert_resource_conflict', '__request_region', '__ioremap_caller', 'ioremap_page_range']) {
      expect([fn, sumOf(report, `returned ${fn}`)]).toEqual([fn, `${nr(fn)}/${nr(fn)}`]);
    }
    for (const fn of ['__early_set_fixmap', 'ioremap_page_range', 'early_ioremap_setup']) expect([fn, sumOf(report, fn)]).toEqual([fn, `${nr(fn)}/${nr(fn)}`]);
    expect(report.unknown).toEqual([]);
  });

  it('are compared on every record, but for those of functions that the model does not run', () => {
    const notDriven = report.given.filter(({ reason }) => reason === 'not-driven').reduce((sum, { count }) => sum + count, 0);
    const twice = report.given.find(({ reason }) => reason === 'recorded-twice')?.count ?? 0;
    const effects = lines.filter(({ f }) => /^native_(?:set_p(?:te|md|ud|4d|gd)|flush_tlb|write_cr3)/.test(f)).length;
    const compared = report.agreement.filter(({ kind }) => /^(?:p(?:te|md|ud|4d|gd)|tlb|cr3)\./.test(kind)).reduce((sum, { total }) => sum + total, 0);
    expect(compared + notDriven + twice).toBe(effects);
  });

  it('agree as well when nothing beside the capture says where the symbols are', () => {
    expect(conformText(name, text, false).disagreements).toEqual([]);
  });
});

describe('a capture of another place', () => {
  it('is understood when KASLR moved the image and the direct map, each by a distance of its own', () => {
    const { options } = conformText('q35-kaslr-6.12.117', captureText('q35-kaslr-6.12.117'));
    const [image, memory, map] = ['kaslr=', 'phys_base=', 'page_offset='].map((key) => options.findLast((option) => option.startsWith(key)));
    expect(image).toMatch(/^kaslr=0x[1-9a-f]/);
    expect(memory).not.toBe(`phys_base=-${image!.slice('kaslr='.length)}`);
    expect(map).not.toBe('page_offset=0xffff888000000000');
  });

  it('is compared as far as it goes when it was cut in the middle of a line', () => {
    const text = captureText('pc-smp2-6.1.0-56');
    const report = conformText('pc-smp2-6.1.0-56', text.slice(0, 900_000));
    expect(report.disagreements).toEqual([]);
    expect(report.notes.map(({ kind }) => kind)).toContain('cut');
  });

  it('is compared as far as it goes when it ends inside a call, and what is missing before its end is caught all the same', () => {
    const name = 'pc-smp2-6.1.0-56';
    const all = linesOf(captureText(name));
    const end = all.findIndex(({ f }) => f === 'ret:__early_ioremap');
    const begin = all.findIndex(({ f }) => f === '__early_ioremap');
    const second = all.findIndex(({ f }, i) => i > end && f === '__early_ioremap');
    for (const at of [end - 1, end - 2, end - 3, second + 1, second + 2, second + 3]) {
      const report = conformText(name, renumbered(all.slice(0, at)));
      expect(report.disagreements).toEqual([]);
      expect(report.given.map(({ reason }) => reason)).toContain('cut');
    }
    const flush = all.findIndex(({ f }, i) => i > begin && f === 'native_flush_tlb_one_user');
    expect(conformText(name, renumbered(all.slice(0, end).toSpliced(flush, 1))).disagreements).toMatchObject([{ kind: 'tlb.page-flushed' }]);
  });

  it('says what nobody traced instead of comparing it', () => {
    const lines = linesOf(captureText('pc-smp2-6.1.0-56')).filter(({ f }) => f !== 'native_set_pte' && f !== '__early_set_fixmap' && f !== 'native_flush_tlb_one_user');
    const report = conformText('pc-smp2-6.1.0-56', renumbered(lines));
    expect(report.given.filter(({ reason }) => reason === 'not-traced').map(({ what }) => what).join('; ')).toMatch(/native_set_pte/);
    expect(report.disagreements).toEqual([]);
  });
});

describe('PCI ranges that the kernel places itself', () => {
  const name = 'q35-smp4-6.1.0-56';
  const lines = linesOf(captureText(name));
  const at = lines.findLastIndex(({ f }) => f === 'allocate_resource');
  const bus = '  1000-1fff : PCI Bus 0000:01\n';

  it('are placed by the struct where the tracer did not record the alignment', () => {
    expect(lines[at]!.a).toHaveLength(5);
    expect(procIoports(conformText(name, captureText(name)).end)).toContain(bus);
  });

  it('are placed by the sixth argument where it is there', () => {
    const [own, other] = ['1000', '4000'].map((align) => conformText(name, renumbered(lines.with(at, { ...lines[at]!, a: [...lines[at]!.a!, align] }))));
    expect(procIoports(own!.end)).toContain(bus);
    expect(procIoports(other!.end)).not.toContain(bus);
  });

  it('are named as missing where nothing says how they must be aligned', () => {
    const res = structuredClone(lines[at]!.res!);
    res[1]!.flags = '20000100';
    const report = conformText(name, renumbered(lines.with(at, { ...lines[at]!, res })));
    expect(report.given).toContainEqual(expect.objectContaining({ reason: 'not-placed', what: expect.stringContaining('PCI Bus 0000:01'), records: [[at, at]] }));
    expect(procIoports(report.end)).not.toContain(bus);
  });
});

describe('a machine whose memory is in use at its end', () => {
  const name = 'q35-uefi-6.1.0-56';
  const lines = linesOf(captureText(name));
  const at = lines.findIndex((line) => line.f === 'native_set_pmd' && line.s?.some((frame) => frame.startsWith('init_memory_mapping+')) === true && (BigInt(`0x${line.a![1]!}`) & 0x80n) !== 0n);

  it('is mapped from the 2 MiB on where the kernel began, and the report says so', () => {
    const { given } = conformText(name, captureText(name));
    expect(given.filter(({ reason }) => reason === 'memory-taken')).toMatchObject([{ what: expect.stringContaining('init_mem_mapping()'), records: [[lines[at]!.n, lines[at]!.n]] }]);
    expect(conformText('q35-6.1.0-56', captureText('q35-6.1.0-56')).given.map(({ reason }) => reason)).not.toContain('memory-taken');
  });

  it('is not taken for one that begins anywhere: its other entries must follow from where', () => {
    const line = lines[at]!;
    const above = [(BigInt(`0x${line.a![0]!}`) + 8n).toString(16), (BigInt(`0x${line.a![1]!}`) + 0x20_0000n).toString(16)];
    expect(conformText(name, renumbered(lines.with(at, { ...line, a: above }))).agrees).toBe(false);
  });
});

describe('the comparison', () => {
  const name = 'pc-smp2-6.1.0-56';
  const text = captureText(name);
  const original = linesOf(text);
  const flip = (hex: string): string => (BigInt(`0x${hex}`) ^ 0x1000n).toString(16);
  const changed = (at: number, change: (line: Line) => Line): ConformReport => conformText(name, renumbered(original.with(at, change(structuredClone(original[at]!)))));
  const find = (fn: string, more: (line: Line, i: number) => boolean = () => true): number => original.findIndex((line, i) => line.f === fn && more(line, i));
  const inEarly = (line: Line): boolean => line.s?.some((frame) => frame.startsWith('__early_ioremap+')) === true;
  const first = (report: ConformReport) => report.disagreements[0]!;

  it.each(['native_set_pte', 'native_flush_tlb_one_user', '__early_set_fixmap'])('catches another value in %s', (fn) => {
    const at = find(fn, inEarly);
    const last = original[at]!.a!.length - 1;
    const report = changed(at, (line) => ({ ...line, a: line.a!.with(last, flip(line.a![last]!)) }));
    expect(report.agrees).toBe(false);
    expect(first(report).n).toBe(at);
    expect(first(report).call).toMatch(/^__early_ioremap\(0xf0000, 0x10000/);
    expect(first(report).callers[0]).toMatch(/^dmi_setup\+/);
  });

  it('catches a store to another entry', () => {
    const at = find('native_set_pte', inEarly);
    expect(first(changed(at, (line) => ({ ...line, a: [(BigInt(`0x${line.a![0]!}`) + 8n).toString(16), line.a![1]!] })))).toMatchObject({ kind: 'pte.written', n: at });
  });

  it('catches a flush that is missing', () => {
    const at = find('native_flush_tlb_one_user', inEarly);
    const report = conformText(name, renumbered(original.toSpliced(at, 1)));
    expect(first(report)).toMatchObject({ kind: 'tlb.page-flushed', kernel: '', model: expect.stringContaining('0xffffffffff200000') });
  });

  it('names a record that is missing by its number', () => {
    const cut = original.toSpliced(find('native_flush_tlb_one_user', inEarly), 1).map((line) => `${JSON.stringify(line)}\n`).join('');
    expect(conformText(name, cut).disagreements.some(({ kind }) => kind === 'record')).toBe(true);
  });

  it('catches two records that were swapped', () => {
    const at = find('native_set_pte', inEarly);
    const [store, flush] = [original[at]!, original[at + 1]!];
    const swapped = original.with(at, { ...flush, n: store.n }).with(at + 1, { ...store, n: flush.n });
    expect(conformText(name, renumbered(swapped)).agrees).toBe(false);
  });

  it.each(['__early_ioremap', 'request_resource', 'insert_resource', 'request_resource_conflict', '__ioremap_caller', 'ioremap_page_range'])('catches another result of %s', (fn) => {
    const at = find(`ret:${fn}`);
    const report = changed(at, (line) => ({ ...line, r: flip(line.r!) }));
    expect(report.disagreements.map(({ kind }) => kind)).toContain(`returned ${fn}`);
  });

  it.each(['native_set_pte', 'native_flush_tlb_one_user', '__early_set_fixmap', '__early_ioremap', 'native_set_fixmap', 'insert_resource'])(
    'takes %s that stands twice in a row for one call, and says so with the record',
    (fn) => {
      const at = find(fn, (line) => fn !== 'native_set_pte' || inEarly(line));
      const report = conformText(name, renumbered(original.toSpliced(at + 1, 0, { ...original[at]!, n: at + 0.5 })));
      expect(report.disagreements).toEqual([]);
      expect(report.given.filter(({ reason }) => reason === 'recorded-twice').flatMap(({ records }) => records)).toContainEqual([at + 1, at + 1]);
    },
  );

  it('gives a table out once whose link stands twice in a row', () => {
    const at = find('native_set_p4d', (line) => line.s?.some((frame) => frame.startsWith('mem_init+')) === true) + 5;
    const report = conformText(name, renumbered(original.toSpliced(at + 1, 0, { ...original[at]!, n: at + 0.5 })));
    expect(report.disagreements).toEqual([]);
  });

  it('does not take a flush for a double that stands apart, or flushes another page', () => {
    const at = find('native_flush_tlb_one_user', inEarly);
    const [apart, other] = [original[at]!, { ...original[at]!, a: [flip(original[at]!.a![0]!)] }];
    const reports = [original.toSpliced(at + 2, 0, { ...apart, n: at + 1.5 }), original.toSpliced(at + 1, 0, { ...other, n: at + 0.5 })].map((lines) => conformText(name, renumbered(lines)));
    for (const report of reports) expect(report.disagreements).toMatchObject([{ kind: 'tlb.page-flushed', model: '' }]);
  });

  it('catches an early mapping in another slot', () => {
    const at = find('ret:__early_ioremap');
    const report = changed(at, (line) => ({ ...line, r: (BigInt(`0x${line.r!}`) + 0x4_0000n).toString(16) }));
    expect(report.disagreements.map(({ kind }) => kind)).toEqual(expect.arrayContaining(['slot.claimed', 'returned __early_ioremap']));
  });

  it('catches an ioremap area that is not aligned, or overlaps another', () => {
    const at = find('__ioremap_caller', (line) => BigInt(`0x${line.a![1]!}`) > 0x1000n);
    const moved = original.map((line, i) => {
      if (i === at + 1) return { ...line, a: [(BigInt(`0x${line.a![0]!}`) + 0x1000n).toString(16), (BigInt(`0x${line.a![1]!}`) + 0x1000n).toString(16), ...line.a!.slice(2)] };
      return line;
    });
    expect(first(conformText(name, renumbered(moved))).kind).toBe('area.placed');
  });

  it.each([
    ['a ROM', (line: Line) => line.res?.[1]?.name === 'Video ROM'],
    ['a part of the kernel image', (line: Line) => line.res?.[1]?.name === 'Kernel bss'],
    ['a PCI bus', (line: Line) => line.res?.[1]?.name === 'PCI Bus 0000:00'],
  ])('catches that the call for %s was dropped', (_, test) => {
    const at = original.findIndex((line) => test(line));
    const report = conformText(name, renumbered(original.toSpliced(at, 2)));
    const sameText = procIomem(report.end) === besideCapture(name, 'iomem.txt') && procIoports(report.end) === besideCapture(name, 'ioports.txt');
    expect(report.agrees && sameText).toBe(false);
  });

  it('catches a region that is released twice, by the text in the end', () => {
    const at = find('__release_region');
    const again = original.map((line, i) => (i === at ? { ...line, a: [line.a![0]!, '3f8', '8'] } : line));
    expect(procIoports(conformText(name, renumbered(again)).end)).not.toBe(besideCapture(name, 'ioports.txt'));
  });

  it('does not run a call that the tracer made return at once, and says so', () => {
    const at = find('early_iounmap');
    const end = find('ret:early_iounmap');
    const skip: Line = { n: original[at + 1]!.n, f: 'injected:skip', of: original[at]!.n };
    const report = conformText(name, renumbered([...original.slice(0, at + 1), skip, ...original.slice(end + 1)]));
    expect(report.given.filter(({ reason }) => reason === 'injected')).toMatchObject([{ what: expect.stringContaining('early_iounmap()'), records: [[at, at]] }]);
    // The slot stays in use: the kernel, which was not skipped in the capture, took lower ones later.
    expect(report.disagreements.length).toBeGreaterThan(0);
  });
});
