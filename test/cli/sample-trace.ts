import { EVENT_SCHEMA, type BootEvent, type TraceHeader } from '@kwind/events';
import { LiveMachine } from '@kwind/recorder';
import { createTrace } from '@kwind/trace';
import { profile, type Pfn, type PhysAddr, type Pte, type Vaddr } from '@kwind/x86';

const ROOT = 0x100 as Pfn;
const pte = (value: bigint): Pte => value as Pte;
const vaddr = (value: bigint): Vaddr => value as Vaddr;

/** Tables for one page at 0xffffffffff200000, a mapping of it made and undone inside two calls, a warning with an escape sequence. */
export const sampleEvents: readonly BootEvent[] = [
  { type: 'table.allocated', table: ROOT, level: 'pgd', name: 'init_top_pgt' },
  { type: 'table.allocated', table: 0x101 as Pfn, level: 'pud', name: 'level3_kernel_pgt' },
  { type: 'table.allocated', table: 0x102 as Pfn, level: 'pmd', name: 'level2_fixmap_pgt' },
  { type: 'table.allocated', table: 0x103 as Pfn, level: 'pte', name: 'bm_pte' },
  { type: 'pgd.populated', table: ROOT, index: 511, before: pte(0n), after: pte(0x101063n) },
  { type: 'pud.populated', table: 0x101 as Pfn, index: 511, before: pte(0n), after: pte(0x102063n) },
  { type: 'cr3.loaded', before: 0n, after: 0x100000n },
  { type: 'phase.entered', name: 'setup_arch' },
  { type: 'pmd.populated', table: 0x102 as Pfn, index: 505, before: pte(0n), after: pte(0x103063n) },
  {
    type: 'call.entered',
    fn: 'early_ioremap',
    caller: 'dmi_setup+0xfa/0x26f',
    stack: '',
    origin: 'boot.log:12',
    text: '',
    args: [0xf0000n, 0x1000n],
  },
  {
    type: 'call.entered',
    fn: '__early_set_fixmap',
    caller: '',
    stack: '',
    origin: '',
    text: '',
    args: [1535n, 0xf0000n, 0x163n],
  },
  { type: 'pte.written', table: 0x103 as Pfn, index: 0, before: pte(0n), after: pte(0x8000_0000_000f_0163n) },
  { type: 'tlb.page-flushed', vaddr: vaddr(0xffff_ffff_ff20_0000n), how: 'invlpg' },
  { type: 'call.returned', fn: '__early_set_fixmap', result: 0n },
  { type: 'slot.claimed', slot: 0, vaddr: vaddr(0xffff_ffff_ff20_0000n), phys: 0xf0000n, size: 0x1000n, pages: 1 },
  { type: 'call.returned', fn: 'early_ioremap', result: 0xffff_ffff_ff20_0000n },
  {
    type: 'warn.raised',
    fn: 'early_iounmap',
    file: 'mm/early_ioremap.c',
    debug: false,
    message: 'evil \u001b[31mred\u001b[0m\nline',
  },
  { type: 'pte.written', table: 0x103 as Pfn, index: 7, before: pte(0n), after: pte(0xfed0_0163n) },
  { type: 'memory.loaded', vaddr: vaddr(0xffff_ffff_ff20_0010n), phys: 0xf0010n as PhysAddr, via: 'tlb', stale: true },
];

export const sampleHeader: TraceHeader = {
  eventSchema: EVENT_SCHEMA,
  profile: 'linux-6.1',
  options: [],
  source: { kind: 'script', name: 'sample.kws' },
  kernelVersion: '6.1.0-56-amd64',
  created: '2026-11-22T12:00:00.000Z',
  recordedBy: '0.1.0',
  notes: [],
};

/** Record events into a trace file; what a machine would refuse is refused here too. */
export function writeTrace(
  path: string,
  events: Iterable<BootEvent> = sampleEvents,
  header: TraceHeader = sampleHeader,
): void {
  const writer = createTrace(path, header, { force: true });
  const machine = new LiveMachine(profile(header.profile, header.options), (batch) => writer.append(batch));
  for (const event of events) machine.emit(event);
  machine.flush();
  writer.finish();
}

/** Stores of ever other values to one entry: fills many batches and packs badly. */
export function* restless(count: number): Generator<BootEvent> {
  let before = 0n;
  for (let i = 1; i <= count; i++) {
    const after = BigInt.asUintN(40, BigInt(i) ** 5n * 0x9e37_79b9_7f4a_7c15n) << 12n;
    yield { type: 'pte.written', table: 0x103 as Pfn, index: 3, before: pte(before), after: pte(after) };
    before = after;
  }
}
