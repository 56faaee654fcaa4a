import { didYouMean, E820 } from '@kwind/x86';
import { efiAreas, type Machine } from '../../machine.ts';
import { earlyParams } from '../../../arch/x86/kernel/setup/early.ts';
import { ScriptError } from '../errors.ts';
import { Args, type MachineLine } from './args.ts';

interface LineSpec {
  readonly usage: string;
  /** One sentence. */
  readonly doc: string;
  apply(machine: Machine, args: Args): Machine;
}

const e820Types: Readonly<Record<string, number>> = {
  usable: E820.RAM,
  reserved: E820.RESERVED,
  acpi: E820.ACPI,
  nvs: E820.NVS,
  unusable: E820.UNUSABLE,
  pmem: E820.PMEM,
  pram: E820.PRAM,
};

const MIB = 1n << 20n;
const LOW_LIMIT = 0xc000_0000n;
const FOUR_GIB = 1n << 32n;
const TABLES = 0x2_0000n;

/** What SeaBIOS reports for so much memory: the last 128 KiB below 3 GiB hold its tables, the rest lies above 4 GiB. */
function ram(machine: Machine, args: Args): Machine {
  const size = args.number('a size');
  if (size < 2n * MIB) args.fail('this is too little memory.', 'Give at least 2M.');
  const low = size < LOW_LIMIT ? size : LOW_LIMIT;
  const high = size - low;
  const entry = (start: bigint, end: bigint, type: number) => ({ start, size: end - start, type });
  const map = [
    entry(0n, 0x9_fc00n, E820.RAM),
    entry(0x9_fc00n, 0xa_0000n, E820.RESERVED),
    entry(0xf_0000n, MIB, E820.RESERVED),
    entry(MIB, low - TABLES, E820.RAM),
    entry(low - TABLES, low, E820.RESERVED),
    entry(0xfffc_0000n, FOUR_GIB, E820.RESERVED),
    ...(high > 0n ? [entry(FOUR_GIB, FOUR_GIB + high, E820.RAM)] : []),
  ];
  return { ...machine, e820: [...machine.e820, ...map] };
}

function e820(machine: Machine, args: Args): Machine {
  const range = args.range();
  const text = args.text('a type');
  const type = Object.hasOwn(e820Types, text) ? e820Types[text]! : /^\d{1,9}$/.test(text) ? Number(text) : undefined;
  if (type === undefined)
    return args.fail(
      `"${text}" is no type of memory.`,
      didYouMean(text, Object.keys(e820Types), `There are ${Object.keys(e820Types).join(', ')}, or a number.`),
    );
  return { ...machine, e820: [...machine.e820, { ...range, type }] };
}

function mp(machine: Machine, args: Args): Machine {
  if (args.left === 1) {
    const text = args.text('an address, or none');
    if (text === 'none') return { ...machine, mp: 'none' };
    return args.fail(
      `an MP table needs the address of its pointer, its own, and its size; "${text}" is neither these nor none.`,
    );
  }
  const floating = args.number('the address of the floating pointer');
  if (floating % 16n !== 0n) args.fail('the floating pointer stands at a multiple of 16.');
  return { ...machine, mp: { floating, table: args.range() } };
}

function cmdline(machine: Machine, args: Args): Machine {
  const names = Object.keys(earlyParams);
  const params: string[] = [];
  while (args.left > 0) params.push(args.oneOf('a kernel parameter that is simulated', names));
  return { ...machine, cmdline: [...machine.cmdline, ...params] };
}

const spaces = ['io', 'mem'] as const;

/** Everything that a description may say. A line with the same first word adds to what stands there, or replaces it. */
export const machineLines: Readonly<Record<string, LineSpec>> = {
  firmware: {
    usage: 'firmware bios|uefi',
    doc: 'Who hands over; bios unless said.',
    apply: (machine, args) => ({ ...machine, firmware: args.oneOf('a firmware', ['bios', 'uefi']) }),
  },
  cpus: {
    usage: 'cpus N',
    doc: 'Number of processors; 1 unless said.',
    apply: (machine, args) => ({ ...machine, cpus: Number(args.number('a number')) }),
  },
  cmdline: { usage: 'cmdline PARAMETER …', doc: 'Kernel parameters.', apply: cmdline },
  ram: { usage: 'ram SIZE', doc: 'The memory map that SeaBIOS gives a PC with so much memory.', apply: ram },
  e820: {
    usage: 'e820 START SIZE usable|reserved|acpi|nvs|unusable|pmem|pram|NUMBER',
    doc: 'An entry of the firmware’s memory map; where entries overlap the larger type counts.',
    apply: e820,
  },
  rom: {
    usage: 'rom START SIZE',
    doc: 'An option ROM between 0xc0000 and 0xf0000.',
    apply: (machine, args) => {
      const { start, size } = args.range();
      return { ...machine, roms: [...machine.roms, { start, length: size }] };
    },
  },
  dmi: {
    usage: 'dmi START SIZE',
    doc: 'The DMI table.',
    apply: (machine, args) => ({ ...machine, dmi: args.range() }),
  },
  mp: {
    usage: 'mp POINTER TABLE SIZE, mp none',
    doc: 'The MP table and the floating pointer to it. With none nobody looks; without the line the kernel looks everywhere in vain.',
    apply: mp,
  },
  acpi: {
    usage: 'acpi NAME START SIZE',
    doc: 'An ACPI table, in the order of the root table.',
    apply: (machine, args) => {
      const name = args.text('the name of a table');
      return { ...machine, acpi: [...machine.acpi, { name, ...args.range() }] };
    },
  },
  efi: {
    usage: `efi ${efiAreas.join('|')} START SIZE`,
    doc: 'A part of what UEFI hands over.',
    apply: (machine, args) => {
      const name = args.oneOf('a part of UEFI', efiAreas);
      return { ...machine, efi: [...machine.efi, { name, ...args.range() }] };
    },
  },
  ioapic: {
    usage: 'ioapic START',
    doc: 'An I/O APIC.',
    apply: (machine, args) => ({ ...machine, ioapics: [...machine.ioapics, args.number('an address')] }),
  },
  hpet: {
    usage: 'hpet START',
    doc: 'The timer.',
    apply: (machine, args) => ({ ...machine, hpet: args.number('an address') }),
  },
  mmconfig: {
    usage: 'mmconfig START SIZE',
    doc: 'PCI configuration space in memory, 1 MiB a bus.',
    apply: (machine, args) => ({ ...machine, mmconfig: args.range() }),
  },
  window: {
    usage: 'window io|mem START SIZE',
    doc: 'What the PCI host bridge passes on.',
    apply: (machine, args) => {
      const space = args.oneOf('io or mem', spaces);
      return { ...machine, windows: [...machine.windows, { space, ...args.range() }] };
    },
  },
  device: {
    usage: 'device NAME io|mem START SIZE [DRIVER]',
    doc: 'A range of a PCI device (0000:00:1f.2) or of another one; a driver requests it, and maps it when it is memory.',
    apply(machine, args) {
      const range = { name: args.text('a name'), space: args.oneOf('io or mem', spaces), ...args.range() };
      const device = args.left > 0 ? { ...range, driver: args.text('a driver') } : range;
      return { ...machine, devices: [...machine.devices, device] };
    },
  },
  claim: {
    usage: 'claim NAME io|mem START SIZE',
    doc: 'A range that somebody requests whom no bus knows.',
    apply: (machine, args) => {
      const name = args.text('a name');
      const space = args.oneOf('io or mem', spaces);
      return { ...machine, claims: [...machine.claims, { name, space, ...args.range() }] };
    },
  },
};

/** A machine as a description says. @throws ScriptError script/syntax with place and hint */
export function describe(start: Machine, lines: readonly MachineLine[]): Machine {
  return lines.reduce((machine, line) => {
    const spec = Object.hasOwn(machineLines, line.word) ? machineLines[line.word] : undefined;
    if (!spec) {
      const hint = didYouMean(
        line.word,
        Object.keys(machineLines),
        `There are ${Object.keys(machineLines).join(', ')}.`,
      );
      throw new ScriptError('script/syntax', line.place, `a machine has no "${line.word}".`, hint);
    }
    const args = new Args(line, spec.usage);
    const described = spec.apply(machine, args);
    args.end();
    return described;
  }, start);
}
