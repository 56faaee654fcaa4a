import { describe, expect, it } from 'vitest';
import { IOMEM_RESOURCE, IOPORT_RESOURCE, IORESOURCE, profile, resourcePointer } from '@kwind/x86';
import type { MachineState } from '@kwind/state';
import { given } from '@kwind/testkit';
import { procIomem, procIoports } from './proc-resources.ts';

type Range = readonly [start: bigint, end: bigint, name: string];

/** A machine whose resources hang each below the one before. */
function nested(name: string, root: bigint, ranges: readonly Range[]): MachineState {
  return given(profile(name)).when((k) => {
    let parent = root;
    for (const [i, [start, end, text]] of ranges.entries()) {
      const id = resourcePointer(2 + i);
      k.emit({ type: 'resource.created', id, start, end, name: text, flags: IORESOURCE.MEM, desc: 0 });
      k.emit({ type: 'resource.claimed', id, start, end, name: text, parent });
      parent = id;
    }
  }).state;
}

describe('/proc/ioports', () => {
  it('has four digits and two spaces a level', () => {
    expect(
      procIoports(
        nested('linux-6.1', IOPORT_RESOURCE, [
          [0n, 0xcf7n, 'PCI Bus 0000:00'],
          [0x70n, 0x77n, 'rtc0'],
        ]),
      ),
    ).toBe('0000-0cf7 : PCI Bus 0000:00\n  0070-0077 : rtc0\n');
  });

  it('is empty at power-on', () => {
    expect(procIoports(given(profile('linux-6.1')).when(() => {}).state)).toBe('');
  });
});

describe('/proc/iomem', () => {
  it('has eight digits, and more where they are needed', () => {
    expect(
      procIomem(
        nested('linux-6.1', IOMEM_RESOURCE, [
          [0x1000n, 0xff_ffff_ffffn, 'System RAM'],
          [0x1_0000_0000n, 0x1_7fff_ffffn, 'PCI Bus 0000:00'],
        ]),
      ),
    ).toBe('00001000-ffffffffff : System RAM\n  100000000-17fffffff : PCI Bus 0000:00\n');
  });

  it('prints a resource without a name as the kernel does', () => {
    expect(procIomem(nested('linux-6.1', IOMEM_RESOURCE, [[0x1000n, 0x1fffn, '']]))).toBe(
      '00001000-00001fff : <BAD>\n',
    );
  });

  it('stops indenting after five levels', () => {
    const chain = Array.from({ length: 8 }, (_, i): Range => [0x1000n, 0xffffn - BigInt(i), `level ${i}`]);
    const indents = procIomem(nested('linux-6.1', IOMEM_RESOURCE, chain))
      .trimEnd()
      .split('\n')
      .map((line) => line.search(/\S/));
    expect(indents).toEqual([0, 2, 4, 6, 8, 10, 10, 10]);
  });

  it.each([
    ['linux-insides', '00001000-00001fff : System RAM\n'],
    ['linux-4.4', '00000000-00000000 : System RAM\n'],
    ['linux-6.12', '00000000-00000000 : System RAM\n'],
  ])('of %s shows a reader without privilege its ranges, or zeros', (name, text) => {
    const state = nested(name, IOMEM_RESOURCE, [[0x1000n, 0x1fffn, 'System RAM']]);
    expect(procIomem(state, { privileged: false })).toBe(text);
    expect(procIomem(state)).toBe('00001000-00001fff : System RAM\n');
  });

  it('hides ports at their own width', () => {
    expect(procIoports(nested('linux-6.1', IOPORT_RESOURCE, [[0x70n, 0x77n, 'rtc0']]), { privileged: false })).toBe(
      '0000-0000 : rtc0\n',
    );
  });
});
