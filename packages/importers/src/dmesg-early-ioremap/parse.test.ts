import { ToolError } from '@kwind/x86';
import { describe, expect, it } from 'vitest';
import { bootStart, dump70, log61, mapLine, stamped, unmapLine, warn44, warn61 } from './drawn-log.ts';
import { playNaively } from './naive-slots.ts';
import { parseBootLog } from './parse.ts';
import type { BootLog } from './types.ts';

const parse = (lines: readonly string[]): BootLog => parseBootLog(lines.join('\n'), { name: 'boot.log' });
const argsOf = (log: BootLog): string[] =>
  log.calls.map(({ call }) => `${call.fn}(${call.args.map((arg) => `0x${arg.toString(16)}`).join(', ')})`);

function errorOf(action: () => unknown): unknown {
  try {
    action();
  } catch (error) {
    return error;
  }
  return undefined;
}

const pairs = [mapLine(0, 0xf0000, 0x10000), mapLine(1, 0xf5a20, 0x178), unmapLine(1, 0x178), unmapLine(0, 0x10000)];
const calls = [
  '__early_ioremap(0xf0000, 0x10000)',
  '__early_ioremap(0xf5a20, 0x178)',
  'early_iounmap(0xffffffffff240a20, 0x178)',
  'early_iounmap(0xffffffffff200000, 0x10000)',
];

describe('the calls of a boot log', () => {
  it('have the arguments of the caller, with the exact size from the unmap', () => {
    expect(argsOf(parse(log61(...pairs)))).toEqual(calls);
  });

  it('have claims, an origin, and who called', () => {
    const [, second] = parse(log61(...pairs)).calls;
    expect(second).toMatchObject({
      kind: 'seen',
      what: 'map',
      slot: 1,
      line: 19,
      sizeKnown: true,
      callerIsGuess: true,
      wrapper: '',
    });
    expect(second?.call).toMatchObject({
      caller: 'dmi_setup+0xfa/0x26f',
      stack: ['start_kernel+0x64/0x6fc'],
      origin: 'boot.log:19',
    });
    expect(second?.call.claims).toEqual(
      [
        { what: 'slot', value: 1n },
        { what: 'offset', value: 0xa20n },
        { what: 'slotVirt', value: 0xffffffffff240000n },
        { what: 'pages', value: 1n },
        { what: 'line', value: pairs[1] },
      ].map((claim) => ({ ...claim, origin: 'boot.log:19' })),
    );
  });

  it('are the same in 4.x, where the WARNING line comes first and the trace shows the wrapper', () => {
    const old = pairs.map((line) => line.replace('(0x00000000', '('));
    const log = parse(
      stamped(['Linux version 4.4.0 (a@b)', 'Command line: early_ioremap_debug']).concat(
        old.flatMap((line) => warn44(line)),
      ),
    );
    expect(argsOf(log)).toEqual(calls);
    expect(log.calls[0]).toMatchObject({
      wrapper: 'early_memremap',
      callerIsGuess: false,
      call: { caller: 'dmi_scan_machine+0x8f/0x1c2', stack: ['start_kernel+0x85/0x4a0'] },
    });
  });

  it('are the same after 6.12, where the start is printed and the stack is a plain dump', () => {
    const lines = [
      '__early_ioremap(0x00000000000f0000, 00010000) [0] => ffffffffff200000 + 00000000',
      '__early_ioremap(0x00000000000f5000, 00001000) [1] => ffffffffff240000 + 00000a20',
      ...pairs.slice(2),
    ];
    const log = parse([...bootStart(), ...lines.flatMap((line) => dump70(line))]);
    expect(argsOf(log)).toEqual(calls);
    expect(log.printOrder).toBe('start-first');
    expect(log.calls.map(({ call }) => call.caller)).toEqual(calls.map(() => 'dmi_setup+0xfa/0x26f'));
  });

  it.each([
    ['\r\n', (lines: readonly string[]) => lines.join('\r\n')],
    [
      'no timestamps',
      (lines: readonly string[]) => lines.map((line) => line.replace('[    0.000000] ', '')).join('\n'),
    ],
    [
      'thread prefixes and levels',
      (lines: readonly string[]) =>
        lines.map((line) => line.replace('] ', '][    T0] ').replace('[', '<4>[')).join('\n'),
    ],
    ['colours', (lines: readonly string[]) => lines.map((line) => `\u001b[32m${line}\u001b[0m`).join('\n')],
    [
      'journal prefixes',
      (lines: readonly string[]) => lines.map((line) => `Nov 22 16:28:00 host kernel: ${line.slice(15)}`).join('\n'),
    ],
    ['an unknown prefix', (lines: readonly string[]) => lines.map((line) => `ttyS0| ${line}`).join('\n')],
    [
      'firmware text before and inside',
      (lines: readonly string[]) =>
        [
          'SeaBIOS (version 1.16)',
          'Booting...',
          ...lines.flatMap((line, at) => (at % 5 === 4 ? [line, 'Poking KASLR using RDTSC...'] : [line])),
        ].join('\n'),
    ],
  ])('do not change with %s', (_, write) => {
    const log = parseBootLog(write(log61(...pairs)));
    expect(argsOf(log)).toEqual(calls);
    expect(log.calls.map(({ call }) => call.caller)).toEqual(calls.map(() => 'dmi_setup+0xfa/0x26f'));
  });

  it('are the same from lines as from a text', () => {
    const lines = log61(...pairs);
    expect(parseBootLog(lines)).toEqual(parseBootLog(lines.join('\n')));
  });

  it('of a map that stays have the largest size that fits, and say so', () => {
    const log = parse(log61(mapLine(0, 0xf5a20, 0x178)));
    expect(argsOf(log)).toEqual(['__early_ioremap(0xf5a20, 0x5e0)']);
    expect(log.calls[0]).toMatchObject({ sizeKnown: false });
    expect(log.counts).toMatchObject({ maps: 1, unmaps: 0, stillMapped: 1 });
    expect(log.notes.map(({ kind }) => kind)).toEqual(['size-unknown']);
  });
});

describe('calls that the kernel refused', () => {
  it('for a wrong size give the true size, and the mapping stays', () => {
    const refused = 'early_iounmap(ffffffffff200a20, 00000100) [0] size not consistent 00000178';
    const log = parse(log61(mapLine(0, 0xf5a20, 0x178), refused, mapLine(1, 0x1000, 8)));
    expect(argsOf(log).slice(0, 2)).toEqual([
      '__early_ioremap(0xf5a20, 0x178)',
      'early_iounmap(0xffffffffff200a20, 0x100)',
    ]);
    expect(log.calls[1]).toMatchObject({ what: 'unmap-refused', slot: 0 });
    expect(playNaively(log.calls)).toMatchObject({ disagreements: [], inUse: [0, 1] });
  });

  it('for want of a slot have result 0', () => {
    const eight = Array.from({ length: 8 }, (_, slot) => mapLine(slot, 0x1000 * slot, 0x1000));
    const log = parse(log61(...eight, '__early_ioremap(0x00000000000f5a20, 00000178) not found slot'));
    expect(log.calls[8]).toMatchObject({ what: 'map-refused', call: { args: [0xf5a20n, 0x178n] } });
    expect(log.calls[8]?.call.claims).toContainEqual({ what: 'result', value: 0n, origin: 'boot.log:124' });
    expect(playNaively(log.calls).disagreements).toEqual([]);
  });

  it('for an address that no slot holds keep it, or a stand-in when it is hashed', () => {
    const log = parse(
      log61(
        ...pairs,
        'early_iounmap(ffffffffff200000, 00010000) not found slot',
        'early_iounmap((____ptrval____), 00010000) not found slot',
      ),
    );
    expect(argsOf(log).slice(4)).toEqual(['early_iounmap(0xffffffffff200000, 0x10000)', 'early_iounmap(0x1, 0x10000)']);
    expect(log.calls.slice(4)).toMatchObject([{ pointer: 'printed' }, { pointer: 'unknown' }]);
    expect(playNaively(log.calls).disagreements).toEqual([]);
  });

  it('of NULL find the first free slot', () => {
    const log = parse(log61(...pairs, 'early_iounmap(          (null), 00010000) [0]', mapLine(0, 0x1000, 8)));
    expect(log.counts.assumed).toBe(0);
    expect(log.notes.filter(({ weight }) => weight === 'contradiction')).toEqual([]);
    expect(argsOf(log)[4]).toBe('early_iounmap(0x0, 0x10000)');
  });

  it.each([
    ['4.4', warn44('', { caller: 'acpi_os_map_memory+0x26/0x14e', wrapper: 'early_ioremap' })],
    ['6.1', warn61('', { caller: 'acpi_os_map_memory+0x26/0x14e' })],
    [
      '6.18',
      warn61('', { caller: 'acpi_os_map_memory+0x26/0x14e' }).map((line) =>
        line.replace(/WARNING: .*/, 'WARNING: mm/early_ioremap.c:139 at __early_ioremap+0xae/0x180, CPU#0: swapper/0'),
      ),
    ],
  ])('without a word are kept as warnings, not as calls (%s)', (_, block) => {
    const log = parse([...log61(...pairs.slice(0, 2)), ...block, ...pairs.slice(2).flatMap((line) => warn61(line))]);
    expect(log.calls).toHaveLength(4);
    expect(log.silentWarnings).toMatchObject([
      { fn: '__early_ioremap', caller: 'acpi_os_map_memory+0x26/0x14e', afterCalls: 2 },
    ]);
  });

  it('do not come from warnings of others', () => {
    const other = warn61('').map((line) =>
      line.replace(/at mm.*/, 'at arch/x86/mm/ioremap.c:216 __ioremap_caller+0x100/0x3d0'),
    );
    expect(parse([...log61(...pairs), ...other]).silentWarnings).toEqual([]);
  });
});

describe('the leak check', () => {
  const leak = stamped([
    '------------[ cut here ]------------',
    'Debug warning: early ioremap leak of 1 areas detected.',
    'please boot with early_ioremap_debug and report the dmesg.',
    'WARNING: CPU: 0 PID: 1 at mm/early_ioremap.c:90 check_early_ioremap_leak+0x4e/0x70',
    '---[ end trace 0000000000000000 ]---',
  ]);

  it('is a call with result 1', () => {
    const log = parse([...log61(mapLine(0, 0xf5a20, 0x178)), ...leak]);
    expect(log.calls[1]).toMatchObject({ what: 'leak-check', call: { fn: 'check_early_ioremap_leak', args: [] } });
    expect(log.calls[1]?.call.claims[0]).toMatchObject({ what: 'result', value: 1n });
    expect(log.notes.filter(({ weight }) => weight === 'contradiction')).toEqual([]);
  });

  it('contradicts a log that leaves another number mapped', () => {
    expect(parse([...log61(...pairs), ...leak]).notes).toContainEqual(
      expect.objectContaining({ kind: 'leak', weight: 'contradiction' }),
    );
  });
});

describe('what a boot log says of the boot', () => {
  it('is version, command line, flags, memory map and registers', () => {
    const start = stamped([
      'Linux version 6.12.117+deb13-amd64 (debian) #1 SMP',
      'Command line: root=/dev/vda early_ioremap_debug nokaslr no_hash_pointers',
      'BIOS-e820: [mem 0x0000000000000000-0x000000000009fbff] usable',
      'BIOS-e820: [mem 0x000000000009fc00-0x000000000009ffff] reserved',
    ]);
    const block = warn61(mapLine(0, 0xf0000, 0x10000)).map((line) =>
      line.replace('CR4: 00000000000000a0', 'CR4: 00000000000010a0'),
    );
    expect(parse([...start, ...block])).toMatchObject({
      kernelVersion: '6.12.117+deb13-amd64 (debian) #1 SMP',
      release: '6.12.117+deb13-amd64',
      commandLine: 'root=/dev/vda early_ioremap_debug nokaslr no_hash_pointers',
      flags: { earlyIoremapDebug: true, nokaslr: true, noHashPointers: true, la57: true },
      kaslr: { state: 'off' },
      e820: [
        { who: 'BIOS-e820', start: 0n, end: 0x9fbffn, type: 'usable', line: 3 },
        { start: 0x9fc00n, end: 0x9ffffn, type: 'reserved', line: 4 },
      ],
      registers: [
        { name: 'CR3', value: 0x30b6000n },
        { name: 'CR4', value: 0x10a0n },
      ],
    });
  });

  it('has the release from a register dump when the version line is lost', () => {
    expect(parse(warn61(mapLine(0, 0xf0000, 0x10000)))).toMatchObject({ kernelVersion: '', release: '6.1.0-56-amd64' });
  });

  it('has the KASLR offset of a panic', () => {
    const offset = stamped([
      'Kernel Offset: 0x1c800000 from 0xffffffff81000000 (relocation range: 0xffffffff80000000-0xffffffffbfffffff)',
    ]);
    expect(parse([...log61(...pairs), ...offset]).kaslr).toMatchObject({ state: 'on', offset: 0x1c800000n });
  });
});

describe('a log without debug messages', () => {
  it('is refused, with what to do', () => {
    expect(errorOf(() => parse(['hello', 'world']))).toMatchObject({ code: 'import/format' });
    expect(errorOf(() => parse([...bootStart()]))).toMatchObject({
      code: 'import/nothing-found',
      hint: expect.stringContaining('log_buf_len'),
    });
    const unasked = stamped(['Linux version 6.1.0', 'Command line: quiet']);
    expect(errorOf(() => parse(unasked))).toMatchObject({
      code: 'import/nothing-found',
      hint: expect.stringContaining('early_ioremap_debug'),
    });
    expect(errorOf(() => parse([]))).toBeInstanceOf(ToolError);
  });
});
