import type { Capture, CaptureCall } from '@kwind/events';
import { imageOf } from './image-places.ts';
import { featuresOf } from './features.ts';
import { tracedFunction } from './functions.ts';
import { everyCall } from './parse.ts';
import { hex, PAGE, START_KERNEL_MAP, type ShownPlace } from './shown-place.ts';
import { symbolOf } from './within.ts';

const FIVE_LEVEL_BASE = 0xff00_0000_0000_0000n;
const FOUR_LEVEL_BASE = 0xffff_0000_0000_0000n;
const FRAME = 0x000f_ffff_ffff_f000n;

/** Static tables stand in one row in every kernel: their distance from level2_fixmap_pgt, in pages. */
const neighbours: readonly (readonly [name: string, pages: bigint])[] = [
  ['level2_kernel_pgt', -1n],
  ['level3_kernel_pgt', -2n],
  ['level4_kernel_pgt', -3n],
  ['level2_ident_pgt', -4n],
  ['level3_ident_pgt', -5n],
];

/** Addresses of symbols as a tracer's own notes give them (meta.json): name → hex text. */
export type SymbolNotes = Readonly<Record<string, string>>;

/** Symbols of a meta.json beside a capture; an object without usable ones gives none. */
export function symbolNotes(meta: unknown): SymbolNotes {
  const symbols = typeof meta === 'object' && meta !== null && 'symbols' in meta ? meta.symbols : undefined;
  if (typeof symbols !== 'object' || symbols === null) return {};
  return Object.fromEntries(
    Object.entries(symbols).filter(
      (entry): entry is [string, string] =>
        /^[A-Za-z_]\w*$/.test(entry[0]) && typeof entry[1] === 'string' && /^(?:0x)?[0-9a-f]{1,16}$/i.test(entry[1]),
    ),
  );
}

/**
 * What a capture and the notes beside it show of the machine: paging depth, width of physical addresses, where the static
 * tables and the direct map are. Later entries of the list hold against earlier ones.
 */
export function shownPlaces(capture: Capture, notes: SymbolNotes = {}): readonly ShownPlace[] {
  const calls = [...everyCall(capture.calls)];
  const symbols = symbolsOf(calls, notes);
  const base = symbols.find(({ option }) => option.startsWith('phys_base='))?.option.slice('phys_base='.length) ?? '0';
  const moved = base.startsWith('-') ? -BigInt(base.slice(1)) : BigInt(base);
  const places = [
    ...pagingOf(calls),
    ...widthOf(calls),
    ...featuresOf(calls),
    ...imageOf(calls, moved, notes),
    ...symbols,
  ];
  return [...places, ...vmallocOf(calls, places)];
}

function pagingOf(calls: readonly CaptureCall[]): ShownPlace[] {
  const stores = calls.filter(({ fn }) => tracedFunction(fn)?.is === 'store' || fn === 'ioremap_page_range');
  const wide = stores.find(({ args: [pointer = 0n] }) => pointer >= FIVE_LEVEL_BASE && pointer < FOUR_LEVEL_BASE);
  return wide ? [{ option: 'la57=1', why: `record ${wide.n} has a kernel address that only 5 levels reach` }] : [];
}

function widthOf(calls: readonly CaptureCall[]): ShownPlace[] {
  for (const { n, resources } of calls) {
    const root = resources.find((found) => found.root === 'iomem');
    const bits = root && (root.end + 1n).toString(2).length - 1;
    if (root && bits !== undefined && bits >= 32 && bits <= 52)
      return [{ option: `phys_bits=${bits}`, why: `record ${n}: iomem ends at ${hex(root.end)}` }];
  }
  return [];
}

/** Symbols that were given, and those that follow: the row of static tables, and where the direct map must be. */
function symbolsOf(calls: readonly CaptureCall[], notes: SymbolNotes): ShownPlace[] {
  const link = calls
    .find(({ fn, inner }) => fn === 'early_ioremap_init' && inner.length > 0)
    ?.inner.find(({ fn }) => fn === 'native_set_pmd');
  const given = (name: string): bigint | undefined =>
    notes[name] === undefined ? undefined : BigInt(`0x${notes[name].replace(/^0x/i, '')}`);
  const stated = Object.entries(notes).map(([name, address]) => ({
    option: `symbol.${name}=0x${address.replace(/^0x/i, '')}`,
    why: 'the notes beside the capture',
  }));
  const bmPte = given('bm_pte') ?? shownBmPte(calls) ?? (link ? START_KERNEL_MAP + (link.args[1]! & FRAME) : undefined);
  const base = link && bmPte !== undefined ? (link.args[1]! & FRAME) - (bmPte - START_KERNEL_MAP) : undefined;
  const found = [...stated];
  if (bmPte !== undefined && notes['bm_pte'] === undefined)
    found.push({ option: `symbol.bm_pte=${hex(bmPte)}`, why: 'where the entries of the early window are stored' });
  if (base !== undefined && base !== 0n)
    found.push({
      option: `phys_base=${base < 0n ? '-' : ''}${hex(base < 0n ? -base : base)}`,
      why: `record ${link!.n} links bm_pte`,
    });
  const fixmap = given('level2_fixmap_pgt');
  if (fixmap !== undefined && link && base !== undefined)
    found.push(...directMapOf(link, fixmap - START_KERNEL_MAP + base));
  // kernel_randomize_memory() moves the map between the early window's link and the first table of the map itself.
  if (link) found.push(...directMapShown(calls));
  const table = fixmap ?? shownFixmapTable(link, base ?? 0n, baseOf(calls, found));
  if (table !== undefined) found.push(...rowOf(table, notes, fixmap === undefined));
  return [...found, ...rootOf(calls, notes, base ?? 0n)];
}

/** The first entry of bm_pte by a store to a later one: `pointer` selects by the index that was set. */
function shownBmPte(calls: readonly CaptureCall[]): bigint | undefined {
  const set = calls.find(
    ({ fn, inner }) => fn === '__early_set_fixmap' && inner.some((call) => call.fn === 'native_set_pte'),
  );
  const pointer = set?.inner.find((call) => call.fn === 'native_set_pte')?.args[0];
  return pointer === undefined || pointer < START_KERNEL_MAP ? undefined : pointer & ~(PAGE - 1n);
}

/** Direct map: where the entry of the early window was reached, less where it lies in memory. */
function directMapOf(link: CaptureCall, tablePhys: bigint): ShownPlace[] {
  const pointer = link.args[0]!;
  if (pointer >= START_KERNEL_MAP) return [];
  const offset = (pointer & ~(PAGE - 1n)) - tablePhys;
  const usual = offset === 0xffff_8880_0000_0000n || offset === 0xff11_0000_0000_0000n;
  return usual
    ? []
    : [
        {
          option: `page_offset=${hex(offset)}`,
          why: `record ${link.n}: ${symbolOf(link.stack[0] ?? 'early_ioremap_init')} reaches level2_fixmap_pgt there`,
        },
      ];
}

const PUD_SIZE = 0x4000_0000n;
const usualBases: readonly bigint[] = [0xffff_8880_0000_0000n, 0xff11_0000_0000_0000n];
const isStore = ({ fn }: CaptureCall): boolean => tracedFunction(fn)?.is === 'store';

/**
 * Where the direct map starts, by a table that was filled through it right before it was linked: its address there less where
 * the link says that it lies. KASLR moves the map in steps of 1 GiB.
 */
function shownBase(calls: readonly CaptureCall[]): { readonly base: bigint; readonly n: number } | undefined {
  const stores = calls.filter(isStore);
  for (const [i, { n, args, fn }] of stores.entries()) {
    const filled = stores[i - 1]?.args[0];
    const value = args[1] ?? 0n;
    const links = fn !== 'native_set_pte' && (value & 0xfffn & ~USER) === 0x63n;
    if (!links || filled === undefined || filled >= START_KERNEL_MAP) continue;
    const base = (filled & ~(PAGE - 1n)) - (value & FRAME);
    if (base >= FIVE_LEVEL_BASE && base % PUD_SIZE === 0n) return { base, n };
  }
  return undefined;
}

const USER = 4n;

function directMapShown(calls: readonly CaptureCall[]): ShownPlace[] {
  const shown = shownBase(calls);
  return shown && !usualBases.includes(shown.base)
    ? [{ option: `page_offset=${hex(shown.base)}`, why: `record ${shown.n} links a table that was filled there` }]
    : [];
}

/** The direct map's start as far as it is known by now. */
function baseOf(calls: readonly CaptureCall[], found: readonly ShownPlace[]): bigint {
  const stated = found.findLast(({ option }) => option.startsWith('page_offset='))?.option.split('=')[1];
  if (stated !== undefined) return BigInt(stated);
  return pagingOf(calls).length > 0 ? usualBases[1]! : usualBases[0]!;
}

/** A direct map that was moved has moved the vmalloc area as well: the first areas lie in its first GiB. */
function vmallocOf(calls: readonly CaptureCall[], places: readonly ShownPlace[]): ShownPlace[] {
  if (!places.some(({ option }) => option.startsWith('page_offset='))) return [];
  const lowest = calls
    .filter(({ fn, args }) => fn === 'ioremap_page_range' && args.length > 0)
    .toSorted((a, b) => (a.args[0]! < b.args[0]! ? -1 : 1))[0];
  if (!lowest) return vmallocByRoot(calls);
  const option = `vmalloc_start=${hex(lowest.args[0]! & ~(PUD_SIZE - 1n))}`;
  return [{ option, why: `record ${lowest.n}: the lowest ioremap area` }];
}

/** Before anything is mapped there, mem_init() fills the root's entries of the area: one more of them when it is not aligned. */
function vmallocByRoot(calls: readonly CaptureCall[]): ShownPlace[] {
  const filled = calls.filter(
    ({ fn, stack }) =>
      /^native_set_p[4g]d$/.test(fn) && stack.some((frame) => /^(?:mem_init|preallocate_vmalloc_pages)\+/.test(frame)),
  );
  const [first] = filled;
  if (!first) return [];
  const [shift, usual, base] =
    pagingOf(calls).length > 0 ? [48n, 50, 0xfe00_0000_0000_0000n] : [39n, 64, FOUR_LEVEL_BASE];
  const start = base | (((first.args[0]! % PAGE) / 8n) << shift);
  const option = `vmalloc_start=${hex(filled.length > usual ? start + PUD_SIZE : start)}`;
  return [{ option, why: `record ${first.n}: mem_init() fills the root's entries from there on` }];
}

/** Without notes: the table by its place in the direct map, if that is where it usually is. */
function shownFixmapTable(link: CaptureCall | undefined, moved: bigint, offset: bigint): bigint | undefined {
  const pointer = link?.args[0];
  if (pointer === undefined || pointer >= START_KERNEL_MAP) return undefined;
  // Below the map: KASLR had not moved it yet.
  const early = usualBases.find((base) => pointer >= base && pointer < offset && (pointer ^ base) >> 48n === 0n);
  const phys = (pointer & ~(PAGE - 1n)) - (early ?? offset);
  return phys > 0n && phys < 1n << 40n ? START_KERNEL_MAP + phys - moved : undefined;
}

function rowOf(table: bigint, notes: SymbolNotes, shown: boolean): ShownPlace[] {
  const row = neighbours.map(([name, pages]) => [name, table + pages * PAGE] as const);
  const all = shown
    ? [['level2_fixmap_pgt', table] as const, ...row, ['level1_fixmap_pgt', table + PAGE] as const]
    : row;
  return all
    .filter(([name]) => notes[name] === undefined)
    .map(([name, address]) => ({
      option: `symbol.${name}=${hex(address)}`,
      why: 'the static tables stand in one row',
    }));
}

/** The final root is what init_mem_mapping() loads. */
function rootOf(calls: readonly CaptureCall[], notes: SymbolNotes, base: bigint): ShownPlace[] {
  const load = calls.find(
    ({ fn, stack }) => fn === 'native_write_cr3' && stack.some((frame) => symbolOf(frame) === 'init_mem_mapping'),
  );
  const value = load?.args[0];
  if (value === undefined || notes['init_top_pgt'] !== undefined) return [];
  return [
    {
      option: `symbol.init_top_pgt=${hex(START_KERNEL_MAP + (value & FRAME) - base)}`,
      why: `record ${load!.n} loads it`,
    },
  ];
}
