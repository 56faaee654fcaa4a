import { describe, expect, it } from 'vitest';
import { E820 } from '@kwind/x86';
import { parseScript, printScript, ScriptError } from '../index.ts';
import type { BootStatement } from '../ast.ts';
import { machineLines } from './lines.ts';
import { readyMade } from './ready-made.ts';

/** The machine that the last statement boots. */
function machineOf(text: string) {
  const { statements } = parseScript(text, 'm.kws');
  return (statements.at(-1) as BootStatement).full!.machine;
}
function refusal(text: string): ScriptError {
  try {
    parseScript(text, 'm.kws');
  } catch (error) {
    return error as ScriptError;
  }
  throw new Error('the script was accepted');
}

describe('a machine description', () => {
  it('says what the machine has, in any order', () => {
    const machine = machineOf(`machine mine {
  device 0000:00:1f.2 mem 0xfebd5000 4K ahci   # a driver requests it
  e820 0x0 640K usable; e820 0x100000 0x3ff00000 1
  acpi RSDP 0xf59d0 0x24
  mp 0xf5ba0 0xf5bb0 0xd8
  firmware uefi; cpus 2; claim "ACPI PM_TMR" io 0x608 4
}
boot full`);
    expect(machine).toMatchObject({
      name: 'mine',
      firmware: 'uefi',
      cpus: 2,
      e820: [
        { start: 0n, size: 0xa_0000n, type: E820.RAM },
        { start: 0x10_0000n, size: 0x3ff0_0000n, type: E820.RAM },
      ],
      devices: [{ name: '0000:00:1f.2', space: 'mem', start: 0xfebd_5000n, size: 0x1000n, driver: 'ahci' }],
      acpi: [{ name: 'RSDP', start: 0xf_59d0n, size: 0x24n }],
      mp: { floating: 0xf_5ba0n, table: { start: 0xf_5bb0n, size: 0xd8n } },
      claims: [{ name: 'ACPI PM_TMR', space: 'io', start: 0x608n, size: 4n }],
    });
  });

  it('adds to another with like, and leaves that as it is', () => {
    const text = 'machine more like q35 { device 0000:00:09.0 mem 0xfea00000 0x1000 }\n';
    const [more, q35] = [machineOf(`${text}boot full`), machineOf(`${text}boot full q35`)];
    expect(more.name).toBe('more');
    expect(more.devices).toHaveLength(q35.devices.length + 1);
    expect(more.acpi).toEqual(q35.acpi);
  });

  it('gives a PC with much memory the rest above 4 GiB', () => {
    const { e820 } = machineOf('machine big { ram 4G }\nboot full');
    expect(e820.at(-1)).toEqual({ start: 1n << 32n, size: 1n << 30n, type: E820.RAM });
  });

  it('is the one chosen or described last, else small-pc', () => {
    expect(machineOf('boot full').name).toBe('small-pc');
    expect(machineOf('machine uefi\nboot full').name).toBe('uefi');
    expect(machineOf('machine a { ram 64M }\nmachine b { ram 64M }\nboot full').name).toBe('b');
    expect(machineOf('machine a { ram 64M }\nmachine b { ram 64M }\nboot full a').name).toBe('a');
  });

  it.each(Object.keys(readyMade))('%s is ready-made', (name) => {
    expect(machineOf(`boot full ${name}`).e820.length).toBeGreaterThan(3);
  });

  it('is printed so that it reads back', () => {
    const text =
      'machine mine like q35 { claim "a b" io 0x10 1; mp none }\nmachine empty { }\nmachine q35\nboot full mine\nboot full\nboot';
    const printed = printScript(parseScript(text, 'm.kws'));
    expect(printed).toBe(
      'machine mine like q35 {\n  claim "a b" io 0x10 1\n  mp none\n}\nmachine empty { }\nmachine q35\nboot full mine\nboot full\nboot\n',
    );
    expect(printScript(parseScript(printed, 'm.kws'))).toBe(printed);
  });

  it.each(Object.entries(machineLines))('%s says how it is written', (word, { usage, doc }) => {
    expect(usage.startsWith(word)).toBe(true);
    expect(doc).toMatch(/\.$/);
  });
});

describe('a description that is refused', () => {
  it.each([
    ['machine m { rma 64M }', 'script/syntax', 'm.kws:1:13: a machine has no "rma".', 'Did you mean ram?'],
    ['machine m { ram 64X }', 'script/syntax', 'm.kws:1:17: "64X" is not a size.', 'Numbers are'],
    ['machine m { ram }', 'script/syntax', 'm.kws:1:13: ram lacks a size.', 'Write ram SIZE.'],
    ['machine m { ram 64M 1 }', 'script/syntax', 'm.kws:1:21: "1" is too much here.', 'Write ram SIZE.'],
    ['machine m { ram 1M }', 'script/syntax', 'm.kws:1:17: this is too little memory.', ''],
    [
      'machine m { e820 0 64K usabel }',
      'script/syntax',
      'm.kws:1:24: "usabel" is no type of memory.',
      'Did you mean usable?',
    ],
    ['machine m { e820 0 0 usable }', 'script/syntax', 'm.kws:1:20: this range is empty', ''],
    [
      'machine m { dmi 0xffffffffffffffff 2 }',
      'script/syntax',
      'm.kws:1:36: this range is empty, or ends beyond 64 bits.',
      '',
    ],
    [
      'machine m { dmi 0x1ffffffffffffffff 2 }',
      'script/syntax',
      'm.kws:1:17: "0x1ffffffffffffffff" is not a start address.',
      '',
    ],
    [
      'machine m { firmware coreboot }',
      'script/syntax',
      'm.kws:1:22: "coreboot" is not a firmware.',
      'There are bios, uefi.',
    ],
    [
      'machine m { mp 0xf5ba8 0xf5bb0 0xd8 }',
      'script/syntax',
      'm.kws:1:16: the floating pointer stands at a multiple of 16.',
      '',
    ],
    ['machine m { mp 0xf5ba0 }', 'script/syntax', 'm.kws:1:16: an MP table needs', ''],
    [
      'machine m { cmdline quiet }',
      'script/syntax',
      'm.kws:1:21: "quiet" is not a kernel parameter that is simulated.',
      '',
    ],
    ['machine m { device a mme 0 1 }', 'script/syntax', 'm.kws:1:22: "mme" is not io or mem.', 'Did you mean mem?'],
    ['machine m { ram 64M', 'script/syntax', 'm.kws:1:11: this { is never closed.', ''],
    ['machine m like q36 { }', 'script/name', 'm.kws:1:16: there is no machine "q36".', 'Did you mean q35?'],
    ['machine q36', 'script/name', 'm.kws:1:9: there is no machine "q36".', 'Did you mean q35?'],
    ['boot full q36', 'script/name', 'm.kws:1:11: there is no machine "q36".', 'Did you mean q35?'],
    ['boot half', 'script/syntax', 'm.kws:1:6: "half" stands where the statement should end.', 'boot full'],
    ['boot full q35 twice', 'script/syntax', 'm.kws:1:15', ''],
    ['machine', 'script/syntax', 'm.kws:1:8', ''],
    ['machine toString', 'script/name', 'there is no machine "toString"', ''],
    ['machine m { toString 1 }', 'script/syntax', 'a machine has no "toString"', ''],
  ])('%s', (text, code, what, hint) => {
    const error = refusal(text);
    expect(error.code).toBe(code);
    expect(error.message).toContain(what);
    expect(error.hint).toContain(hint);
  });
});
