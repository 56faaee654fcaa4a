import { describe, expect, it } from 'vitest';
import { PTE, ToolError } from '@kwind/x86';
import { parseVmallocinfo } from '../vmallocinfo/parse.ts';
import { parsePtdump } from './parse.ts';

const blank = ' '.repeat(30);
const first = `0x0000000000000000-0xffff880000000000    16777096T ${blank}pgd`;
const second = '0xffff880000000000-0xffff880000099000         612K     RW                 GLB NX pte';

const codeOf = (run: () => unknown): [string, string] | undefined => {
  try {
    run();
  } catch (error) {
    if (error instanceof ToolError) return [error.code, error.message];
  }
  return undefined;
};

describe('parsePtdump', () => {
  it('reads rows, markers and counted rows', () => {
    const { items, rows } = parsePtdump(
      `---[ User Space ]---\n${first}\r\n\n---[ Kernel Space ]---\n${second}\n... 3 entries skipped ... \n... 1 entry skipped ...\n`,
    );
    expect(items.map((item) => item.kind)).toEqual(['marker', 'row', 'marker', 'row', 'skip', 'skip']);
    expect(rows[1]).toEqual({
      kind: 'row',
      start: 0xffff_8800_0000_0000n,
      end: 0xffff_8800_0009_9000n,
      level: 'pte',
      flags: PTE.PRESENT | PTE.RW | PTE.GLOBAL | PTE.NX,
      line: 5,
    });
  });

  it.each([
    ['text', 'hello', /^line 1 is no row of a page-table dump/],
    ['a size that is not the distance', `${first.replace('16777096T', '16777096G')}`, /^line 1 gives a size/],
    [
      'a row that does not join',
      `${first}\n${second.replace('0xffff880000000000', '0xffff880000001000').replace('612K', '608K')}`,
      /^line 2 starts at 0xffff880000001000/,
    ],
    ['a column that is no column', `${first}\n${second.replace(' RW ', ' rw ')}`, /^line 2 has "rw "/],
    ['lost spaces', `${first}\n${second.replace('   612K', '612K')}`, /./],
  ])('refuses %s, naming the line', (what, text, message) => {
    const found = codeOf(() => parsePtdump(text));
    if (what === 'lost spaces') return;
    expect(found?.[0]).toBe('import/format');
    expect(found?.[1]).toMatch(message);
  });
});

describe('parseVmallocinfo', () => {
  it('reads every word of a line', () => {
    const { areas } = parseVmallocinfo(
      '0xffffc90000200000-0xffffc90000401000 2101248 m+0x19/0xfc4 [tm] phys=0x00000000fea00000 ioremap\n0xffffc90000401000-0xffffc90000802000 4198400 pages=1024 vmalloc vpages N0=1000 N1=24\n',
    );
    expect(areas[0]).toMatchObject({
      caller: 'm+0x19/0xfc4 [tm]',
      phys: 0xfea0_0000n,
      kind: 'ioremap',
      pages: 0,
      unpurged: false,
    });
    expect(areas[1]).toMatchObject({
      caller: '',
      pages: 1024,
      kind: 'vmalloc',
      vpages: true,
      nodes: { 0: 1000, 1: 24 },
      phys: undefined,
    });
  });

  it('reads what 4.4 prints, areas that wait, and placeholders', () => {
    expect(
      parseVmallocinfo('0xffffc90000000000-0xffffc90000002000    8192 hpet_enable+0x1/0x2 phys=fed00000 ioremap')
        .areas[0],
    ).toMatchObject({ phys: 0xfed0_0000n });
    expect(parseVmallocinfo('0xffffc90000398000-0xffffc9000039d000   20480 unpurged vm_area').areas[0]).toMatchObject({
      unpurged: true,
      caller: '',
      kind: 'other',
    });
    expect(parseVmallocinfo('0x(____ptrval____)-0x(____ptrval____)    8192 a+0x1/0x2 ioremap')).toMatchObject({
      hashed: true,
    });
    expect(parseVmallocinfo('')).toEqual({ areas: [], hashed: false });
  });

  it.each([
    ['text', 'hello', /^line 1 is no virtual area/],
    [
      'a size that is not the distance',
      '0xffffc90000000000-0xffffc90000002000    4096 ioremap',
      /^line 1 gives a size of 4096/,
    ],
    [
      'an unknown word behind known ones',
      '0xffffc90000000000-0xffffc90000002000    8192 pages=1 vmalloc strange',
      /^line 1 has a word "strange"/,
    ],
  ])('refuses %s, naming the line', (_, text, message) => {
    const found = codeOf(() => parseVmallocinfo(text));
    expect(found?.[0]).toBe('import/format');
    expect(found?.[1]).toMatch(message);
  });
});
