import { describe, expect, it } from 'vitest';
import { toEvent, type BootEvent } from '@kwind/events';
import { procIomem, procIoports } from '@kwind/exporters';
import { captureFacts } from '@kwind/importers';
import { LiveMachine, recordFacts, recordStaticTables } from '@kwind/recorder';
import { checkInvariants, slotsInUse, walk } from '@kwind/state';
import { physAddr, vaddr } from '@kwind/x86';
import { besideCapture, captureText, linesOf, loadCapture, realCaptures, renumbered, type Line } from './real-captures.ts';

function recorded(name: string, text = captureText(name)) {
  const { capture, profile } = loadCapture(name, text);
  const events: BootEvent[] = [];
  const machine = new LiveMachine(profile, (batch) => {
    for (const view of batch) events.push(toEvent(view));
  });
  recordStaticTables(machine);
  const run = recordFacts(machine, captureFacts(capture));
  machine.flush();
  return { run, events, state: machine.snapshot() };
}

/** Who asks for the first early mapping: a UEFI boot reads the firmware's memory map before anything else, 6.12 looks for an iBFT. */
const firstCaller = (name: string): RegExp =>
  name.includes('uefi') ? /^__efi_memmap_init\+0x/ : name.includes('6.12') ? /^reserve_ibft_region\+0x/ : /^dmi_setup\+0x/;

/** Where the kernel image lies, by the kernel's own text: firmware may make it move. */
const imageStart = (name: string): bigint => BigInt(`0x${/([0-9a-f]+)-[0-9a-f]+ : Kernel code/.exec(besideCapture(name, 'iomem.txt'))![1]!}`);

describe.each(realCaptures)('the facts of %s', (name) => {
  const { run, events, state } = recorded(name);
  const lines = linesOf(captureText(name));
  const nr = (test: RegExp): number => lines.filter(({ f }) => test.test(f)).length;

  it('are all placed, and none contradicts another', () => {
    expect(run).toMatchObject({ unplaced: 0, followed: 0, contradictions: [] });
    expect(checkInvariants(state)).toEqual([]);
  });
  it('hold each store and each flush once', () => {
    // cleanup and boot of the static tables come first, before the first record.
    const from = events.findIndex((event) => event.type === 'call.entered' && event.origin !== '');
    const own = events.slice(from);
    expect(own.filter(({ type }) => /^p(?:te|md|ud|4d|gd)\./.test(type)).length).toBe(nr(/^native_set_p/) + own.filter((event) => event.type === 'pte.written' && event.after === 0n && isClearedByIounmap(own, event)).length);
    expect(own.filter(({ type }) => type === 'slot.claimed').length).toBe(nr(/^__early_ioremap$/));
    expect(own.filter(({ type }) => type === 'area.claimed').length).toBe(nr(/^__ioremap_caller$/));
  });
  it('name the caller of each call', () => {
    const calls = events.filter((event) => event.type === 'call.entered' && event.fn === '__early_ioremap');
    expect(calls[0]).toMatchObject({ caller: expect.stringMatching(firstCaller(name)), origin: `${name}:5` });
  });
  it('end in the trees that the kernel printed', () => {
    expect(procIomem(state)).toBe(besideCapture(name, 'iomem.txt'));
    expect(procIoports(state)).toBe(besideCapture(name, 'ioports.txt'));
  });
  it('leave no slot in use, and walks that lead where the kernel mapped', () => {
    expect(slotsInUse(state)).toBe(0);
    expect(walk(state, vaddr(0xffff_ffff_ff5f_d000n))).toMatchObject({ kind: 'mapped', phys: physAddr(0xfee0_0000n) });
    expect(walk(state, state.profile.symbols['_text']!)).toMatchObject({ kind: 'mapped', phys: physAddr(imageStart(name)) });
    expect(walk(state, vaddr(state.profile.pageOffset + 0x10_0123n))).toMatchObject({ kind: 'mapped', phys: physAddr(0x10_0123n) });
    for (const area of state.control.vmalloc.areas) expect(walk(state, vaddr(area.start))).toMatchObject({ kind: 'mapped', phys: physAddr(area.phys) });
  });
});

/** iounmap clears entries without a call; the recorder adds the stores. */
function isClearedByIounmap(events: readonly BootEvent[], event: BootEvent): boolean {
  const at = events.indexOf(event);
  const call = events.slice(0, at).findLast((before) => before.type === 'call.entered');
  return call?.type === 'call.entered' && call.fn === 'iounmap';
}

describe('a capture with a fault in the kernel', () => {
  const name = 'pc-smp2-6.1.0-56';
  const lines = linesOf(captureText(name));

  it('shows the slot that leaks when an unmap was made to return at once', () => {
    const at = lines.findLastIndex(({ f }) => f === 'early_iounmap');
    const end = lines.findLastIndex(({ f }) => f === 'ret:early_iounmap');
    const skip: Line = { n: lines[at + 1]!.n, f: 'injected:skip', of: lines[at]!.n };
    expect(slotsInUse(recorded(name, renumbered([...lines.slice(0, at + 1), skip, ...lines.slice(end + 1)])).state)).toBe(1);
  });
  it('is recorded by what follows from the calls when nobody traced the stores', () => {
    const few = lines.filter(({ f }) => f !== 'native_set_pte' && f !== 'native_flush_tlb_one_user');
    const { run, state } = recorded(name, renumbered(few));
    expect(run.followed).toBeGreaterThan(100);
    expect(slotsInUse(state)).toBe(0);
    expect(walk(state, vaddr(0xffff_ffff_ff5f_d000n))).toMatchObject({ kind: 'mapped', phys: physAddr(0xfee0_0000n) });
  });
});
