import { describe, expect, it } from 'vitest';
import { physAddr, profile, PTE, vaddr, type KernelProfile, type Level } from '@kwind/x86';
import { BatchBuilder, type BootEvent } from '@kwind/events';
import { initialState, reduce, type MachineState } from '@kwind/state';
import { patMemtypeList } from './pat.ts';
import { ptdump } from './ptdump.ts';
import { procVmallocinfo } from './vmallocinfo.ts';

const stateOf = (target: KernelProfile, events: readonly BootEvent[]): MachineState => {
  const builder = new BatchBuilder();
  for (const event of events) builder.append(event);
  return reduce(initialState(target), builder.freeze());
};

/** Stores below swapper_pg_dir: `pgd[511] -> 0x1000` links a table, a number alone is a leaf. */
const rootFrame = 0x2a10;
const store = (level: Level, table: number, index: number, after: bigint): BootEvent =>
  ({ type: `${level}.written`, table, index, before: 0n, after }) as unknown as BootEvent;
const link = (frame: number, bits = 0x67n): bigint => (BigInt(frame) << 12n) | bits;
/** Tables for the 2 MiB at the end of the address space but one: pgd 511, pud 511, pmd 510. */
const path = (entries: readonly BootEvent[], upper = 0x67n): BootEvent[] => [
  store('pgd', rootFrame, 511, link(0x10, upper)),
  store('pud', 0x10, 511, link(0x11)),
  ...entries,
];
const root = { root: rootFrame as never };
const rowsOf = (target: KernelProfile, events: readonly BootEvent[]): string[] =>
  ptdump(stateOf(target, events), root)
    .split('\n')
    .filter((line) => line.startsWith('0xffffffffff') && !/ {30}p/.test(line));

const p61 = profile('linux-6.1');

describe('a dump of page tables', () => {
  it('of nothing has a row up to each marker that an entry of the root reaches', () => {
    const text = ptdump(stateOf(p61, []), root);
    expect(text.split('\n').filter((line) => line.startsWith('---['))).toHaveLength(8);
    expect(text.split('\n')[1]).toBe(`0x0000000000000000-0xffff880000000000    16777096T ${' '.repeat(30)}pgd`);
    expect(text.endsWith(`-0x0000000000000000           1T ${' '.repeat(30)}pgd\n`)).toBe(true);
  });

  it('starts the kernel half at 0xffff800000000000 where the walk does not leave the guard hole out', () => {
    expect(ptdump(stateOf(profile('linux-4.19'), []), root).split('\n')[1]).toBe(
      `0x0000000000000000-0xffff800000000000    16777088T ${' '.repeat(30)}pgd`,
    );
  });

  it('shows each bit in a column of its own', () => {
    const leaf = (bits: bigint): BootEvent => store('pmd', 0x11, 510, (0x4000_0000n | bits) as never);
    expect(rowsOf(p61, path([leaf(0x8000_0000_0000_01e3n)]))).toEqual([
      '0xffffffffffc00000-0xffffffffffe00000           2M     RW         PSE     GLB NX pmd',
    ]);
    expect(rowsOf(p61, path([leaf(0xe5n)]))).toEqual([
      '0xffffffffffc00000-0xffffffffffe00000           2M USR ro         PSE         x  pmd',
    ]);
    expect(rowsOf(p61, path([leaf(0xfbn)]))).toEqual([
      '0xffffffffffc00000-0xffffffffffe00000           2M     RW PWT PCD PSE         x  pmd',
    ]);
    const page = (bits: bigint): BootEvent[] =>
      path([store('pmd', 0x11, 510, link(0x12)), store('pte', 0x12, 1, bits)]);
    expect(rowsOf(p61, page(0x8000_0000_0000_11fbn))).toEqual([
      '0xffffffffffc01000-0xffffffffffc02000           4K     RW PWT PCD     PAT GLB NX pte',
    ]);
  });

  it('forgets the PAT bit of a large page where the walker masks it away', () => {
    const events = path([store('pmd', 0x11, 510, 0x8000_0000_4000_11fbn as never)]);
    expect(rowsOf(p61, events)[0]).toContain('PWT PCD PSE     GLB');
    expect(rowsOf(profile('linux-4.19'), events)[0]).toContain('PWT PCD PSE PAT GLB');
  });

  it('joins what is equal, over tables too', () => {
    const leaf = (index: number, phys: bigint, bits = 0x1e3n): BootEvent => store('pmd', 0x11, index, phys | bits);
    expect(rowsOf(p61, path([leaf(508, 0n), leaf(509, 0x8000_0000n), leaf(510, 0x20_0000n, 0x1e1n)]))).toEqual([
      '0xffffffffff800000-0xffffffffffc00000           4M     RW         PSE     GLB x  pmd',
      '0xffffffffffc00000-0xffffffffffe00000           2M     ro         PSE     GLB x  pmd',
    ]);
  });

  it('breaks a row where the rights of the levels above differ, since 4.17', () => {
    const events = [
      store('pgd', rootFrame, 511, link(0x10)),
      store('pud', 0x10, 511, link(0x11)),
      store('pmd', 0x11, 509, link(0x12, 0x67n)),
      store('pmd', 0x11, 510, link(0x13, 0x65n)),
      ...[0x12, 0x13].flatMap((table) =>
        Array.from({ length: 512 }, (_, i) => store('pte', table, i, (BigInt(i) << 12n) | 0x163n)),
      ),
    ];
    expect(rowsOf(p61, events)).toHaveLength(2);
    expect(rowsOf(profile('linux-4.14'), events)).toEqual([
      '0xffffffffffa00000-0xffffffffffe00000           4M     RW                 GLB x  pte',
    ]);
  });

  it('shows the bits of an entry that is not present in 4.4, and only breaks a row for it later', () => {
    const events = path([store('pmd', 0x11, 510, 0xe2n)]);
    const row = (target: KernelProfile): string =>
      ptdump(stateOf(target, events), root)
        .split('\n')
        .find((line) => line.startsWith('0xffffffffffc00000-'))!;
    expect(row(profile('linux-4.4'))).toContain('RW         PSE');
    expect(row(p61)).toMatch(/ {30}pmd$/);
  });

  it('counts rows of the ESPfix area after sixteen of them', () => {
    const espfix = 510;
    const pages = Array.from({ length: 20 }, (_, i) =>
      store('pte', 0x22, 2 * i, (BigInt(i) << 12n) | 0x8000_0000_0000_0161n),
    );
    const events = [
      store('pgd', rootFrame, 511, link(0x10)),
      store('pgd', rootFrame, espfix, link(0x20)),
      store('pud', 0x20, 0, link(0x21)),
      store('pmd', 0x21, 0, link(0x22)),
      ...pages,
    ];
    expect(ptdump(stateOf(p61, events), root)).toContain(
      '... 26 entries skipped ... \n---[ EFI Runtime Services ]---\n',
    );
  });

  it('has a p4d with 5 levels', () => {
    const deep = profile('linux-6.1', ['la57=y']);
    const events = [store('pgd', rootFrame, 511, link(0x10)), store('p4d', 0x10, 511, link(0x11))];
    const text = ptdump(stateOf(deep, events), root);
    expect(text).toMatch(/ {30}p4d\n/);
    expect(text.split('\n')[1]).toContain('0x0000000000000000-0xff10000000000000');
  });
});

describe('/proc/vmallocinfo by kernel', () => {
  const claimed = (
    start: bigint,
    size: bigint,
    more: Partial<Extract<BootEvent, { type: 'area.claimed' }>> = {},
  ): BootEvent => ({
    type: 'area.claimed',
    start: vaddr(start),
    end: vaddr(start + size),
    phys: physAddr(0n),
    flags: 1,
    pages: 0,
    caller: '',
    ...more,
  });
  const base = 0xffff_c900_0000_0000n;
  const events: BootEvent[] = [
    claimed(base, 0x2000n, { phys: physAddr(0xfed0_0000n), caller: 'hpet_enable+0xef/0x46d' }),
    claimed(base + 0x2000n, 0x2000n),
    claimed(base + 0x4000n, 0x2000n),
    claimed(base + 0x6000n, 0x5000n, { flags: 2, pages: 4 }),
    { type: 'area.released', start: vaddr(base + 0x4000n), end: vaddr(base + 0x6000n) },
    { type: 'area.released', start: vaddr(base + 0x2000n), end: vaddr(base + 0x4000n) },
  ];
  const linesIn = (name: string): string[] =>
    procVmallocinfo(stateOf(profile(name, ['CONFIG_NUMA=n']), events)).split('\n');

  it('prints physical addresses bare in 4.4, and nothing of areas that wait', () => {
    expect(linesIn('linux-4.4')).toEqual([
      '0xffffc90000000000-0xffffc90000002000    8192 hpet_enable+0xef/0x46d phys=fed00000 ioremap',
      '0xffffc90000006000-0xffffc9000000b000   20480 pages=4 vmalloc',
      '',
    ]);
  });

  it('lists them among the others in 4.14 and 4.19, and joined at the end in 6.1', () => {
    expect(linesIn('linux-4.19').map((line) => line.slice(40))).toEqual([
      ' 8192 hpet_enable+0xef/0x46d phys=0x00000000fed00000 ioremap',
      ' 8192 unpurged vm_area',
      ' 8192 unpurged vm_area',
      '20480 pages=4 vmalloc',
      '',
    ]);
    expect(linesIn('linux-6.1').slice(-3)).toEqual([
      '0xffffc90000006000-0xffffc9000000b000   20480 pages=4 vmalloc',
      '0xffffc90000002000-0xffffc90000006000   16384 unpurged vm_area',
      '',
    ]);
  });

  it('prints placeholders for hashes that have no seed', () => {
    expect(procVmallocinfo(stateOf(p61, events.slice(0, 1)), { hashed: true })).toBe(
      '0x(____ptrval____)-0x(____ptrval____)    8192 hpet_enable+0xef/0x46d phys=0x00000000fed00000 ioremap\n',
    );
  });

  it('says where pages lie on a build with NUMA, and whether their array has an area', () => {
    const text = procVmallocinfo(stateOf(p61, [claimed(base, 0x40_1000n, { flags: 2, pages: 1024 })]));
    expect(text).toBe('0xffffc90000000000-0xffffc90000401000 4198400 pages=1024 vmalloc vpages N0=1024\n');
  });
});

describe('pat_memtype_list', () => {
  it('has another form in 4.x', () => {
    const events: BootEvent[] = [
      {
        type: 'memtype.reserved',
        start: physAddr(0xfed0_0000n),
        end: physAddr(0xfed0_1000n),
        wanted: 'WC',
        held: 'UC-',
      },
    ];
    expect(patMemtypeList(stateOf(profile('linux-4.4'), events))).toBe(
      'PAT memtype list:\nuncached-minus @ 0xfed00000-0xfed01000\n',
    );
    expect(patMemtypeList(stateOf(p61, []))).toBe('PAT memtype list:\n');
    expect(PTE.PRESENT).toBe(1n);
  });
});
