import { describe, expect, it } from 'vitest';
import { conform } from '@kwind/conform';
import { toEvent, type BootEvent } from '@kwind/events';
import { parseCapture, shownPlaces } from '@kwind/importers';
import { boot, earlyIoremapInner, earlyIounmap, initMemMapping, ioremapCaller, nativeSetFixmap, pointerTo, vmallocInit, type KernelContext } from '@kwind/kernel';
import { LiveMachine } from '@kwind/recorder';
import { physAddr, profile, type KernelProfile } from '@kwind/x86';

const PROT = 0x8000_0000_0000_0163n;
const hex = (value: bigint): string => value.toString(16);

/** A short boot on the model. */
function shortBoot(machine: LiveMachine): void {
  boot(machine);
  const table = earlyIoremapInner(machine, 0xf_5a20n, 0x178n, PROT)!;
  earlyIounmap(machine, table, 0x178n);
  initMemMapping(machine);
  nativeSetFixmap(machine, 0x202, physAddr(0xfee0_0000n), 0x8000_0000_0000_017bn);
  vmallocInit(machine);
  ioremapCaller(machine, 0xfed0_0000n, 0x400n, 'UC-');
}

const traced = new Set(['early_ioremap_init', 'early_ioremap_setup', '__early_ioremap', 'early_iounmap', '__early_set_fixmap', 'native_set_fixmap', 'ioremap_page_range', '__ioremap_caller', 'native_flush_tlb_global']);
const returns = new Set(['__early_ioremap', 'early_iounmap', 'ioremap_page_range', '__ioremap_caller']);

/** What a tracer would have printed of a boot that the model made: the way back, so only the reading of the capture is tested. */
function captureOf(build: KernelProfile): string {
  const events: BootEvent[] = [];
  const machine = new LiveMachine(build, (batch) => {
    for (const view of batch) events.push(toEvent(view));
  });
  shortBoot(machine);
  machine.flush();
  const lines: object[] = [];
  const open: { fn: string; n: number }[] = [];
  const add = (f: string, a: readonly bigint[]): number => lines.push({ n: lines.length, f, a: a.map(hex), s: open.toReversed().map(({ fn }) => `${fn}+0x10`) }) - 1;
  const from = events.findIndex((event) => event.type === 'call.entered' && event.fn === 'early_ioremap_init');
  for (const event of events.slice(from)) {
    if (event.type === 'call.entered') open.push({ fn: event.fn, n: traced.has(event.fn) ? add(event.fn, event.args) : -1 });
    else if (event.type === 'call.returned') {
      const call = open.pop()!;
      if (returns.has(call.fn)) lines.push({ n: lines.length, f: `ret:${call.fn}`, of: call.n, r: hex(event.result) });
    } else addEffect(machine, event, add, open.at(-1)?.fn);
  }
  return lines.map((line) => `${JSON.stringify(line)}\n`).join('');
}

function addEffect(ctx: KernelContext, event: BootEvent, add: (f: string, a: readonly bigint[]) => number, inside: string | undefined): void {
  const level = /^(p(?:te|md|ud|4d|gd))\./.exec(event.type)?.[1];
  if (level) {
    const { table, index, after } = event as Extract<BootEvent, { type: 'pte.written' }>;
    add(`native_set_${level === 'pgd' && ctx.profile.levels === 4 ? 'p4d' : level}`, [pointerTo(ctx, { table, index }), after]);
  }
  if (event.type === 'tlb.page-flushed') add('native_flush_tlb_one_user', [event.vaddr]);
  if (event.type === 'cr3.loaded' && inside === 'load_cr3') add('native_write_cr3', [event.after]);
}

describe.each([
  ['4 levels', 'linux-6.1', []],
  ['5 levels', 'linux-6.1', ['la57=1', 'phys_bits=46']],
  ['5 levels, moved by KASLR', 'linux-6.1', ['la57=1', 'page_offset=0xff4e000040000000', 'vmalloc_start=0xffa2000080000000']],
  ['4 levels and pages of 1 GiB', 'linux-6.1', ['gbpages=1']],
  ['6.12', 'linux-6.12', []],
] as const)('a capture with %s', (_, name, options) => {
  const build = profile(name, options);
  const text = captureOf(build);

  it('shows the machine well enough to agree with it, without notes', () => {
    const capture = parseCapture(text, { name: 'made-up' });
    const shown = shownPlaces(capture).map(({ option }) => option);
    const report = conform(capture, profile(name, [...shown, `phys_bits=${build.physBits}`]));
    expect(report.disagreements).toEqual([]);
    expect(report.agreement.find(({ kind }) => kind === 'returned __ioremap_caller')).toMatchObject({ agreed: 1, total: 1 });
  });
});
