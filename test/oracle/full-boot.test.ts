// A whole boot, simulated from a description of the machine, against what the real machines of that description did.
import { readFileSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { profile, type KernelProfile } from '@kwind/x86';
import { toEvent, type BootEvent, type EventBatch } from '@kwind/events';
import { procIomem, procIoports } from '@kwind/exporters';
import { kernelFunctions, parseScript, runScript } from '@kwind/kernel';
import { LiveMachine } from '@kwind/recorder';
import type { MachineState } from '@kwind/state';
import { readCapture, stepsOf, type Capture } from './capture.ts';
import { readProc } from './resource-capture.ts';

function simulate(text: string, target: KernelProfile): { readonly state: MachineState; readonly events: readonly BootEvent[] } {
  const batches: EventBatch[] = [];
  const machine = new LiveMachine(target, (batch) => batches.push(batch));
  runScript(machine, parseScript(text, 'boot.kws'), kernelFunctions);
  machine.flush();
  return { state: machine.snapshot(), events: batches.flatMap((batch) => [...batch].map(toEvent)) };
}

/** The i440FX with 1 GiB and two processors, as its log and its capture describe it. */
const pc = `machine pc {
  ram 1G
  e820 0xfd00000000 0x300000000 reserved
  cpus 2
  rom 0xc0000 0x9c00; rom 0xca000 0xe00; rom 0xcb000 0x600
  dmi 0xf5a10 0x184
  acpi RSDP 0xf59d0 0x24
  acpi RSDT 0x3ffe1b33 0x34
  acpi FACP 0x3ffe19df 0x74
  acpi DSDT 0x3ffe0040 0x199f
  acpi FACS 0x3ffe0000 0x40
  acpi APIC 0x3ffe1a53 0x80
  acpi HPET 0x3ffe1ad3 0x38
  acpi WAET 0x3ffe1b0b 0x28
  ioapic 0xfec00000; hpet 0xfed00000
  window io 0 0xcf8; window io 0xd00 0xf300
  window mem 0xa0000 0x20000; window mem 0x40000000 0xbec00000; window mem 0x100000000 0x80000000
  device 0000:00:01.3 io 0x600 0x40
  device 0000:00:01.3 io 0x700 0x10
  device QEMU0002:00 io 0x510 0xc
  device PNP0103:00 mem 0xfed00000 0x400
  device 0000:00:01.1 io 0x1f0 8; device 0000:00:01.1 io 0x3f6 1
  device 0000:00:01.1 io 0x170 8; device 0000:00:01.1 io 0x376 1
  device 0000:00:01.1 io 0xc040 0x10
  device 0000:00:02.0 mem 0xfd000000 0x1000000; device 0000:00:02.0 mem 0xfebf0000 0x1000
  device 0000:00:03.0 mem 0xfebc0000 0x20000; device 0000:00:03.0 io 0xc000 0x40
  device 0000:00:03.0 mem 0xfeb80000 0x40000
  claim "ACPI PM1a_EVT_BLK" io 0x600 4; claim "ACPI PM1a_CNT_BLK" io 0x604 2
  claim "ACPI PM_TMR" io 0x608 4; claim "ACPI GPE0_BLK" io 0xafe0 4
  claim serial io 0x3f8 8
}
boot full`;

const watched = ['__early_ioremap', 'early_iounmap', 'native_set_fixmap'];
const show = (fn: string, values: readonly bigint[]): string => `${fn}(${values.map((value) => value.toString(16)).join(', ')})`;

const stepsIn = (capture: Capture): readonly string[] =>
  stepsOf(capture).flatMap(({ fn, values }) => (watched.includes(fn) || fn === 'ret:__early_ioremap' ? [show(fn, values)] : []));

const stepsOfModel = (events: readonly BootEvent[]): readonly string[] =>
  events.flatMap((event) => {
    if (event.type === 'call.entered' && watched.includes(event.fn)) return [show(event.fn, event.args)];
    return event.type === 'call.returned' && event.fn === '__early_ioremap' ? [show('ret:__early_ioremap', [event.result])] : [];
  });

describe.each([
  ['q35-6.1.0-56', 'boot full q35'],
  ['pc-smp2-6.1.0-56', pc],
] as const)('a whole boot described like %s', (name, text) => {
  const capture = readCapture(name);
  const { state, events } = simulate(text, capture.profile);

  it('makes the early mappings and fixmaps of the real one in its order, as far as the shipped capture goes: to paging_init', () => {
    const real = stepsIn(capture);
    expect(stepsOfModel(events).slice(0, real.length)).toEqual(real);
    expect(real.length).toBeGreaterThan(70);
  });
  it('leaves /proc/iomem and /proc/ioports as the real one printed them, byte for byte', () => {
    const { state: shipped } = simulate(text, profile('linux-6.1'));
    for (const one of [state, shipped]) {
      expect(procIoports(one)).toBe(readProc(name, 'ioports'));
      if (one === shipped) expect(procIomem(one)).toBe(readProc(name, 'iomem'));
    }
  });
});

describe('the first four mappings of ioremap()', () => {
  it('lie where they lay on a real q35; after them the stacks of processes, which nobody simulates, come in between', () => {
    const captured = gunzipSync(readFileSync(new URL('captures/ioremap-q35-6.1.0-56.jsonl.gz', import.meta.url))).toString('utf8');
    const real = [...captured.matchAll(/"f":"ret:__ioremap_caller".*?"r":"([0-9a-f]+)"/g)].slice(0, 4).map(([, address]) => BigInt(`0x${address}`));
    const { events } = simulate('boot full q35', profile('linux-6.1'));
    const model = events.flatMap((event) => (event.type === 'call.returned' && event.fn === '__ioremap_caller' ? [event.result] : []));
    expect(model.slice(0, 4)).toEqual(real);
    expect(real).toHaveLength(4);
  });
});

describe('a whole boot with early_ioremap_debug', () => {
  it('prints what the serial console of a real q35 shows', () => {
    const log = gunzipSync(readFileSync(new URL('../../traces/logs/q35-nokaslr.log.gz', import.meta.url))).toString('latin1');
    const lines = [...log.matchAll(/(?:__early_ioremap|early_iounmap)\([^)]*\) \[\d\].*/g)].map(([line]) => line.trim());
    const { events } = simulate('machine loud like q35 { cmdline early_ioremap_debug }\nboot full', profile('linux-6.1', ['no_hash_pointers=y']));
    const printed = events.flatMap((event) => (event.type === 'warn.raised' && event.debug ? [event.message] : []));
    expect(printed).toEqual(lines);
    expect(printed).toHaveLength(78);
  });
});
